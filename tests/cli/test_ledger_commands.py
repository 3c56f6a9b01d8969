"""``runs``, ``show``, ``compare`` and ``export`` over a ledger with known joules."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.ledger import Count, Ledger
from setsuden.ledger.channel import OpenedWindow
from setsuden.quantity import Factor
from setsuden.sensors.protocol import Component
from setsuden.testing import fake_channel
from tests.ledger.support import channel
from tests.meter.support import Bench
from tests.schemas_support import validate


def setsuden(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def document(*words: str) -> dict[str, object]:
    result = setsuden(*words, "--json")
    assert result.exit_code == 0, result.output
    loaded = json.loads(result.stdout)
    assert isinstance(loaded, dict)
    return loaded


def record(name: str, watts: float, **settings: object) -> str:
    channels = (fake_channel("rapl/package-0", relative_error=0.05),)
    with Ledger.open() as ledger:
        bench = Bench({"rapl/package-0": watts}, channels, ledger=ledger, name=name, **settings)
        with bench.meter as meter:
            for epoch in range(2):
                with meter.window("epoch", index=epoch), meter.window("step"):
                    bench.tick(times=10)
        assert meter.run_id is not None
        return meter.run_id


@pytest.fixture
def two() -> tuple[str, str]:
    return record("small", 10.0, tags=["x"], idle_s=2.0), record("large", 40.0)


def test_an_empty_ledger_says_how_to_begin_and_is_not_created(tmp_path: Path) -> None:
    result = setsuden("runs")
    assert result.exit_code == 0
    assert "setsuden run -- CMD" in result.stdout
    assert document("runs") == {"runs": []}
    assert list(tmp_path.iterdir()) == []


def test_runs_lists_the_newest_first(two: tuple[str, str]) -> None:
    found = document("runs")
    validate("runs", found)
    runs = found["runs"]
    assert isinstance(runs, list)
    assert [run["id"] for run in runs] == [two[1], two[0]]
    lines = setsuden("runs").stdout.splitlines()
    assert lines[1].startswith(two[1])
    assert "400 J [" in lines[1]
    assert two[1] not in setsuden("runs", "--tag", "x").stdout


@pytest.mark.usefixtures("two")
def test_a_tag_that_no_run_has_does_not_make_the_ledger_empty() -> None:
    said = setsuden("runs", "--tag", "none")
    assert said.exit_code == 0
    assert said.stdout.startswith("No such run in ")
    assert "setsuden run -- CMD" not in said.stdout
    assert document("runs", "--tag", "none") == {"runs": []}


def test_a_damaged_run_is_named_and_the_others_are_listed(two: tuple[str, str]) -> None:
    with Ledger.open() as ledger, ledger.transaction() as connection:
        connection.execute("UPDATE runs SET summary = json_set(summary, '$.energy.low', 9e9) WHERE id = ?", (two[0],))
    found = document("runs")
    validate("runs", found)
    assert isinstance(found["runs"], list)
    assert ([run["id"] for run in found["runs"]], found["unreadable"]) == ([two[1]], [two[0]])
    assert document("runs", "--tag", "x") == {"runs": [], "unreadable": [two[0]]}
    for language in ("en", "ja"):
        *_, named, _ = setsuden("runs", "--lang", language).stdout.splitlines()
        assert named.startswith(two[0])
        assert "setsuden ledger check" in named
    shown, checked = setsuden("show", two[0]), setsuden("ledger", "check")
    assert (shown.exit_code, checked.exit_code) == (1, 1)
    assert two[0] in shown.stderr
    assert two[0] in checked.stdout
    assert two[1] not in checked.stdout


def test_show_gives_the_whole_run(two: tuple[str, str]) -> None:
    shown = document("show", two[0])
    validate("show", shown)
    assert shown["identity"] is None
    windows = shown["windows"]
    assert isinstance(windows, list)
    assert [window["name"] for window in windows] == ["small", "epoch", "step", "epoch", "step"]
    text = setsuden("show", two[0][-6:]).stdout
    for expected in ("small: finished", "100 J [", "idle baseline", "  step", "rapl/package-0"):
        assert expected in text


def test_show_gives_joules_and_rate_of_a_sample_where_windows_count_them() -> None:
    with Ledger.open() as ledger:
        bench = Bench({"fake/cpu": 40.0}, ledger=ledger)
        with bench.meter as meter:
            with meter.window("train", samples=10_000):
                bench.tick(times=10)
            with meter.window("save"):
                bench.tick(times=10)
    head, train, save = setsuden("show").stdout.split("window ")[1].splitlines()[:3]
    assert "per sample" in head
    assert "20.00 mJ/sample [" in train
    assert " 2,000 " in train
    assert "sample" not in save


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_command_speaks_both_languages(two: tuple[str, str], language: str) -> None:
    for words in (["runs"], ["show", "last"], ["compare", *two]):
        result = setsuden(*words, "--lang", language)
        assert result.exit_code == 0, result.output
        assert two[1] in result.stdout


def test_compare_says_which_took_more(two: tuple[str, str]) -> None:
    compared = document("compare", *two)
    validate("compare", compared)
    (difference,) = compared["differences"]  # type: ignore[misc]
    assert difference["verdict"] == "more"
    assert difference["energy"]["value"] == pytest.approx(300.0)
    assert difference["shared_error"] is True
    assert difference["energy"]["low"] == pytest.approx(300.0 * 0.95, rel=0.001)
    assert difference["ratio"]["value"] == pytest.approx(4.0)
    assert "more (4.0" in setsuden("compare", *two).stdout
    assert "less" in setsuden("compare", two[1], two[0]).stdout


def test_a_difference_inside_the_intervals_is_too_close_to_call() -> None:
    # The edges of the two may hide 0.02 J.
    first, second = record("a", 10.0), record("b", 10.001)
    assert document("compare", first, second)["differences"][0]["verdict"] == "too close to call"  # type: ignore[index]
    assert "too close to call" in setsuden("compare", first, second).stdout


def test_runs_that_count_different_components_are_pointed_out(two: tuple[str, str]) -> None:
    with Ledger.open() as ledger:
        bench = Bench({"g": 10.0}, (fake_channel("g", component=Component.GPU),), ledger=ledger)
        with bench.meter:
            bench.tick()
    assert document("compare", two[0], "last")["same_coverage"] is False
    assert "cpu / gpu" in setsuden("compare", two[0], "last").stdout


def test_runs_of_different_boundaries_are_not_compared(two: tuple[str, str]) -> None:
    from dataclasses import replace

    from setsuden.quantity import FACILITY

    with Ledger.open() as ledger:
        root = ledger.run(two[0]).root
        assert root is not None
        assert root.energy is not None
        run = ledger.start_run("import", "facility")
        run.finish(summary=replace(root, energy=root.energy.within(FACILITY)))
    result = setsuden("compare", two[0], "last")
    assert result.exit_code == 2
    assert "different boundaries" in result.stderr


def test_one_run_is_no_comparison(two: tuple[str, str]) -> None:
    result = setsuden("compare", two[0])
    assert result.exit_code == 2
    assert "at least two" in result.stderr


def test_an_unknown_run_is_named(two: tuple[str, str]) -> None:
    for words in (["show", "nope"], ["compare", two[0], "nope"], ["export", "nope"]):
        result = setsuden(*words)
        assert result.exit_code == 2
        assert "'nope'" in result.stderr


def test_export_takes_out_host_user_and_folder(two: tuple[str, str]) -> None:
    exported = json.loads(setsuden("export", *two).stdout)
    validate("export", exported)
    assert exported["redacted"] is True
    with Ledger.open() as ledger:
        identity = ledger.run(two[0]).identity
    text = json.dumps(exported)
    assert str(Path.home()) + "/" not in text
    if len(identity["host"]) >= 4:
        assert identity["host"] not in text
    whole = json.loads(setsuden("export", two[0], "--with-host").stdout)
    validate("export", whole)
    assert whole["runs"][0]["identity"] == identity


def test_export_as_csv_has_one_line_per_window(two: tuple[str, str], tmp_path: Path) -> None:
    result = setsuden("export", two[0], "--format", "csv", "-o", str(tmp_path / "out.csv"))
    assert result.exit_code == 0
    assert result.stdout == ""
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert [row["window"] for row in rows] == ["small", "epoch", "step", "epoch", "step"]
    assert float(rows[0]["energy_j"]) == pytest.approx(100.0)
    assert float(rows[0]["dynamic_j"]) == pytest.approx(0.0, abs=1e-9)
    assert json.loads(rows[1]["attributes"]) == {"index": 0}


def test_an_export_that_cannot_be_written_leaves_nothing(two: tuple[str, str], tmp_path: Path) -> None:
    result = setsuden("export", two[0], "-o", str(tmp_path / "no" / "out.json"))
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no database" * 200)
    result = setsuden("show", "--ledger", str(tmp_path / "x"))
    assert result.exit_code == 1
    assert "not a ledger" in result.stderr


def test_export_leaves_out_the_command_line_unless_asked() -> None:
    setsuden("run", "--", sys.executable, "-c", "pass", "--token=secret")
    assert "--token=secret" not in setsuden("export", "last").stdout
    assert "--token=secret" in setsuden("export", "last", "--with-host").stdout


def test_looked_up_figures_stand_one_to_a_line_and_plain_numbers_without_a_unit() -> None:
    factors = (
        Factor("share of the processor", 2.0, 2.0, 2.0, "1", "2 cores"),
        Factor("design power per core", 25 / 6, 2.4375, 10.0, "W", "27 rows"),
        Factor("power over design power", 0.75, 0.5, 1.13, "1", "Teads"),
    )
    channels = (fake_channel("model/cpu")._replace(factors=factors),)
    with Ledger.open() as ledger:
        bench = Bench({"model/cpu": 10.0}, channels, ledger=ledger)
        with bench.meter:
            bench.tick()
    lines = setsuden("show", "last").stdout.splitlines()
    begin = lines.index("looked-up figures:") + 1
    assert lines[begin : begin + 3] == [
        "  share of the processor: 2 (2 cores)",
        "  design power per core: 4.17 W [2.44, 10] (27 rows)",
        "  power over design power: 0.75 [0.5, 1.13] (Teads)",
    ]
    japanese = setsuden("show", "last", "--lang", "ja").stdout.splitlines()
    assert "  対象のプロセッサ（コア数または割合）: 2（2 コア）" in japanese


def test_a_run_that_was_cut_off_before_anything_was_recorded_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open() as ledger:
        run = ledger.start_run("meter", "early")
        run.add_channels([channel()])
        run.write_samples(0, [(0.0, 0.0, 0.0, 0.0, None)])
        opening = [Count(0.0, 0.0, 0.0, 0.0)]
        run.open_windows([OpenedWindow(1, "early", None, "2026-01-01T00:00:00+00:00", 0.0, opening, {}, 0)])
    monkeypatch.setattr("setsuden.ledger.record.is_alive", lambda *_: False)
    listed = setsuden("runs").stdout.splitlines()[1]
    assert "cut off" in listed
    assert listed.count("unknown") == 2
    shown = setsuden("show").stdout
    assert "ended before anything was recorded" in shown
    assert " 0 s" not in shown
    assert " 0 J" not in shown
    validate("show", document("show"))


def test_runs_of_a_tag_are_summed_with_every_joule_once() -> None:
    for name in ("rank 0", "rank 1"):
        record(name, 10.0, tags=["ddp"])  # both clocks begin at the same second
    assert "total" not in document("runs")
    found = document("runs", "--tag", "ddp", "-n", "1")
    validate("runs", found)
    whole = found["total"]
    assert isinstance(whole, dict)
    assert (whole["runs"], whole["energy"]["value"], whole["unknown"]) == (2, pytest.approx(100.0), [])
    assert [flag["code"] for flag in whole["flags"]] == ["SET-COUNTED-ONCE"]
    text = setsuden("runs", "--tag", "ddp").stdout
    assert "these runs together (2): 100 J [" in text
    assert "SET-COUNTED-ONCE: 2 of the runs watched one machine at the same time" in text
    assert "一度だけ算入" in setsuden("runs", "--tag", "ddp", "--lang", "ja").stdout
    priced = json.loads(setsuden("campaign", "--tag", "ddp", "--json").stdout)
    validate("campaign", priced)
    assert priced["flags"] == whole["flags"]
    assert priced["energy_kwh"]["value"] * 3.6e6 == pytest.approx(100.0)
    assert "SET-COUNTED-ONCE" in setsuden("campaign", "--tag", "ddp").stdout
