"""A meter that was told to correct a channel: windows, records, baselines and commands say so."""

from __future__ import annotations

import json
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.imports.calibration import compare
from setsuden.ledger import Ledger
from setsuden.ledger.document import run_document
from setsuden.meter import Meter
from setsuden.meter.corrections import load_corrections
from setsuden.sensors.correction import Correction
from setsuden.testing import FakeClock, FakeSensor
from tests.meter.support import Bench, codes, joules
from tests.schemas_support import validate
from tests.sensors.test_correction import line

WATTS = {"fake/cpu": 40.0, "fake/gpu": 100.0}


@pytest.fixture
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ledger.sqlite"
    monkeypatch.setenv("SETSUDEN_LEDGER", str(path))
    return path


def measured(**settings: Any) -> Bench:
    bench = Bench(WATTS, idle_s=0, **settings)
    with bench.meter:
        bench.tick(times=20)
    return bench


def test_nothing_is_corrected_unasked() -> None:
    assert joules(measured().meter.result) == pytest.approx(1400.0)
    assert "SET-CORRECTED" not in codes(measured().meter.result)


def test_a_correction_moves_its_channel_only_and_every_window_says_so() -> None:
    bench = Bench(WATTS, idle_s=0, corrections=[line(1.25, 10.0)])
    with bench.meter as meter, meter.window("inner") as inner:
        bench.tick(times=20)
    for found in (meter.result, inner.measurement):
        assert found is not None
        assert [part.gross.value for part in found.channels] == pytest.approx([600.0, 1000.0])
        (flag,) = [flag for flag in found.flags if flag.code == "SET-CORRECTED"]
        for word in ("gain 1.25", "offset 10 W", "run-a", "csv/board of run run-b"):
            assert word in flag.detail


def test_the_record_keeps_the_whole_correction(own_ledger: Path) -> None:
    meter = measured(ledger=own_ledger, corrections=[line(1.25, 10.0)]).meter
    assert meter.run_id is not None
    with Ledger.open(own_ledger) as ledger:
        record = ledger.run(meter.run_id)
        document = json.loads(json.dumps(run_document(record)))
    validate("show", document)
    kept = {channel["id"]: channel["correction"] for channel in document["channels"]}
    assert kept["fake/gpu"] is None
    assert Correction.from_json(kept["fake/cpu"]) == line(1.25, 10.0)
    assert {factor.name for factor in record.factors} >= {"gain of fake/cpu", "offset of fake/cpu", "delay of fake/cpu"}
    said = CliRunner().invoke(main, ["show", meter.run_id]).output
    assert "SET-CORRECTED" in said
    assert "corrected" in said


def test_a_run_that_was_cut_off_says_so_too(own_ledger: Path) -> None:
    with Ledger.open(own_ledger) as ledger:
        bench = Bench(WATTS, idle_s=0, ledger=ledger, corrections=[line(2.0)])
        bench.meter.start()
        bench.tick(times=20)
        assert bench.meter.run_id is not None
        with ledger.transaction() as connection:
            connection.execute("UPDATE runs SET writer = '{}', heartbeat_at = 0")
        root = ledger.run(bench.meter.run_id).root
        assert codes(root) == ["SET-CUT-OFF", "SET-CORRECTED"]
        assert joules(root) == pytest.approx(1800.0, rel=0.06)
        bench.meter.stop()


def test_an_idle_baseline_is_not_reused_across_a_correction(own_ledger: Path) -> None:
    bench = Bench(WATTS, idle_s=10, ledger=own_ledger)
    with bench.meter:
        bench.tick(times=20)
    plain, moved = (
        Meter("x", sensors=[FakeSensor(FakeClock(), WATTS)], clock=FakeClock(), rate_hz=0, ledger=own_ledger,
              corrections=corrections)
        for corrections in ((), (line(1.25),))
    )  # fmt: skip
    with plain, moved:
        assert plain.idle is not None
        assert moved.idle is None


def test_a_corrected_channel_cannot_be_compared_again(own_ledger: Path) -> None:
    meter = measured(ledger=own_ledger, corrections=[line(1.25)]).meter
    assert meter.run_id is not None
    with Ledger.open(own_ledger) as ledger:
        record = ledger.run(meter.run_id)
        with pytest.raises(InputError, match="was corrected while it was recorded"):
            compare(record, "fake/cpu", record, "fake/gpu")


def kept(path: Path, *, host: str | None = None) -> str:
    """A run with a correction; returns its id."""
    with Ledger.open(path) as ledger:
        writer = ledger.start_run("meter", "bench")
        writer.put_document("correction/fake/cpu", line(1.25).to_json())
        writer.finish()
        if host is not None:
            with ledger.transaction() as connection:
                connection.execute("UPDATE runs SET identity = ?", (json.dumps({"host": host}),))
        return writer.id


def test_corrections_come_from_runs_and_from_files(own_ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    file.write_text(json.dumps(replace(line(), channel="fake/gpu").to_json()))
    run = kept(own_ledger)
    assert [found.channel for found in load_corrections([run, file])] == ["fake/cpu", "fake/gpu"]
    assert load_corrections(["last"]) == load_corrections([run], own_ledger)
    assert load_corrections([]) == ()


def test_sources_without_a_usable_correction_are_refused(own_ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    for text in ("not json", "{}", "[1]"):
        file.write_text(text)
        with pytest.raises(InputError, match=r"found\.json"):
            load_corrections([file])
    kept(own_ledger, host=f"not-{platform.node()}")
    with pytest.raises(InputError, match="another machine"):
        load_corrections(["last"])
    with Ledger.open(own_ledger) as ledger:
        ledger.start_run("meter", "without").finish()
    with pytest.raises(InputError, match="no correction was found"):
        load_corrections(["last"])
    with pytest.raises(InputError, match="no such run"):
        load_corrections(["nonsense"])


def test_the_commands_apply_it_and_say_so(own_ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    file.write_text(json.dumps(replace(line(2.0), channel="model/dram").to_json()))
    runner = CliRunner()
    written = tmp_path / "run.json"
    run = ["run", "--rate", "0", "--json-file", str(written), "--correct", str(file), "--", "true"]
    result = runner.invoke(main, run)
    assert result.exit_code == 0, result.output
    assert "SET-CORRECTED" in result.stderr
    document = json.loads(written.read_text())
    validate("run", document)
    assert "SET-CORRECTED" in [flag["code"] for flag in document["measurement"]["flags"]]
    watch = ["watch", "--count", "1", "--interval", "0.05", "--correct", str(file)]
    result = runner.invoke(main, [*watch, "--json"])
    document = json.loads(result.stdout)
    validate("watch", document)
    assert {part["channel"] for part in document["ticks"][0]["channels"] if part["corrected"]} == {"model/dram"}
    for language in ("en", "ja"):
        assert "gain 2" in runner.invoke(main, [*watch, "--lang", language]).stderr
    result = runner.invoke(main, ["run", "--correct", "nonsense", "--", "true"])
    assert result.exit_code == 2
    file.write_text(json.dumps(line(channel="rapl/none").to_json()))
    result = runner.invoke(main, ["run", "--no-ledger", "--correct", str(file), "--", "true"])
    assert result.exit_code == 2
    assert "model/dram" in result.stderr
