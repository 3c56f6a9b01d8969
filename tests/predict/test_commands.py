"""``setsuden predict`` and ``setsuden calibrate``, as a user runs them and against their schemas."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.meter import Meter
from setsuden.predict import device_file
from setsuden.predict.calibrate import Bench, Rates, Step, benches, calibrate, rates
from setsuden.predict.job import Work, predict
from setsuden.sensors import SystemClock
from setsuden.testing import FakeClock, FakeSensor
from tests.meter.test_load import FakeProbe
from tests.schemas_support import validate

CARD = "NVIDIA GeForce RTX 3090"
NET = Work("resnet18", 11.7, 1.82, 2.48, (3, 224, 224))


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(device_file.ENVIRONMENT_VARIABLE, str(tmp_path / "device.json"))
    monkeypatch.setenv("SETSUDEN_LEDGER", str(tmp_path / "ledger.sqlite"))
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.output


def scripted(clock: FakeClock, name: str, gmacs: float, seconds: float, units: int = 4) -> Bench:
    work = Work(name, 1.0, gmacs, 1.0)
    return Bench(name, lambda: Step(work, False, units, lambda: clock.advance(seconds)))


def calibrated(
    clock: FakeClock, tmp_path: Path, minutes: float = 1.0, count: int = 8, **settings: Any
) -> device_file.DeviceFile:
    sensors = [FakeSensor(clock, {"cpu": 50.0})]
    told = {"ledger": False, "rate_hz": 0, "idle_s": 0, "sensors": sensors, "clock": clock, **settings}
    meter = Meter("c", **told)
    todo = tuple(scripted(clock, f"net{k}", 0.1 * 2**k, 0.01 * 2**k) for k in range(count))
    return calibrate("bench CPU", minutes=minutes, todo=todo, bare=Rates(1e11, 1e10), meter=meter, clock=clock)


def test_a_prediction_matches_its_schema_and_energy_is_time_times_power() -> None:
    code, output = run("predict", "lenet", "--device", CARD, "--batch-size", "32", "--train",
                       "--samples", "60000", "--epochs", "3", "--site", "JP", "--json")  # fmt: skip
    assert code == 0
    document = json.loads(output)
    validate("predict", document)
    assert document["samples"] == 180_000
    joules = document["energy"]["value"] * 3.6e6
    assert joules == pytest.approx(document["time"]["value"] * document["power"]["value"], rel=1e-9)
    assert document["level"] == "data sheet"
    assert document["carbon"]["value"] > 0
    assert {figure["provenance"] for key, figure in document.items() if key in ("time", "power", "energy")} == {
        "estimated"
    }


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_text_says_level_interval_and_what_would_help(language: str) -> None:
    code, output = run("predict", "mlp", "--device", "Intel Xeon Gold 5120", "--requests", "1000", "--lang", language)
    assert code == 0
    assert "[" in output
    assert "setsuden calibrate" in output
    assert {"en": "Every figure is estimated", "ja": "推定"}[language] in output
    assert "{" not in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--train"], "--samples"),
        (["--train", "--samples", "5", "--requests", "5"], "--requests"),
        (["--samples", "5"], "--train"),
        (["--device", "here"], "setsuden calibrate"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_a_way_out(arguments: list[str], said: str) -> None:
    given = arguments if "--device" in arguments else [*arguments, "--device", CARD]
    code, output = run("predict", "mlp", *given)
    assert code == 2
    assert said in output


def test_twice_the_samples_take_twice_the_energy() -> None:
    one, two = (predict(NET, CARD, samples=n, batch_size=64) for n in (1000, 2000))
    assert two.energy.value == pytest.approx(2 * one.energy.value)
    assert two.power == one.power


def test_measured_rows_of_the_device_change_level_and_narrow_the_answer(networks: list[dict[str, str]]) -> None:
    own = [row for row in networks if row["device"] == CARD]
    alone = predict(NET, CARD, samples=100, batch_size=256, precision="fp16")
    informed = predict(NET, CARD, samples=100, batch_size=256, precision="fp16", rows=own)
    assert informed.level == "data sheet + calibration runs"
    assert informed.calibration_rows == len(own)
    assert informed.time.high / informed.time.low < alone.time.high / alone.time.low
    assert predict(NET, "Tesla T4", samples=100, rows=own).level == "data sheet"


def test_rows_can_come_from_a_file(networks: list[dict[str, str]], tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(networks[0]))
        writer.writeheader()
        writer.writerows(networks[:40])
    code, output = run("predict", "vgg-11", "--device", CARD, "--rows", str(path), "--json")
    assert code == 0
    assert json.loads(output)["level"] == "data sheet + calibration runs"


def test_work_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="without multiply-accumulates"):
        predict(Work("identity", 1.0, 0.0, 1.0), CARD, samples=1)
    with pytest.raises(InputError, match="above zero"):
        predict(NET, CARD, samples=0)


def test_calibration_counts_units_seconds_and_joules(tmp_path: Path) -> None:
    found = calibrated(FakeClock(), tmp_path)
    validate("calibrate", found.to_json())
    row = found.rows[3]
    assert row["units_per_s"] == pytest.approx(4 / 0.08)
    assert row["power_w"] == pytest.approx(50.0)
    assert row["energy_j"] == pytest.approx(50.0 * 0.02)
    assert found.meter == "cpu"
    assert found.minutes is not None
    assert 0 < found.minutes < 1.5


@pytest.mark.parametrize(("others", "idle_w"), [(0.0, 50.0), (0.5, None)])
def test_a_calibration_beside_other_programs_says_so_and_keeps_no_idle_power(
    tmp_path: Path, others: float, idle_w: float | None
) -> None:
    clock = FakeClock()
    probe = FakeProbe(clock)
    probe.busy = 2 * others
    found = calibrated(clock, tmp_path, probe=probe, idle_s=5.0, sleep=clock.advance)
    validate("calibrate", found.to_json())
    assert found.busy == (idle_w is None)
    assert found.idle_w == (None if idle_w is None else pytest.approx(idle_w))
    path = device_file.write(found)
    assert device_file.read(path) == found


def test_calibration_stops_when_the_time_is_up(tmp_path: Path) -> None:
    clock = FakeClock()
    start = clock.elapsed()
    found = calibrated(clock, tmp_path, minutes=0.2, count=40)
    assert 0 < len(found.rows) < 40
    assert clock.elapsed() - start < 120 * 0.2 + 2 * 0.01 * 2 ** len(found.rows)


def test_calibration_measures_at_least_one_configuration(tmp_path: Path) -> None:
    assert len(calibrated(FakeClock(), tmp_path, minutes=0.0001).rows) == 1


def test_a_calibrated_machine_predicts_models_between_the_measured_ones(tmp_path: Path) -> None:
    found = calibrated(FakeClock(), tmp_path, minutes=5)
    asked = predict(Work("new", 1.0, 0.56, 1.0), found.device, samples=1, batch_size=4, rows=found.rows,
                    calibrated_here=True)  # fmt: skip
    assert asked.level == "calibrated here"
    assert asked.time.value == pytest.approx(0.056 / 4, rel=0.3)
    assert asked.power.value == pytest.approx(50.0, rel=0.05)


def test_the_calibration_file_comes_back_as_written_and_damage_is_named(tmp_path: Path) -> None:
    found = calibrated(FakeClock(), tmp_path)
    path = device_file.write(found)
    assert device_file.read() == found
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="calibration file"):
        device_file.read()


def test_calibrating_here_and_predicting_here_belong_together(tmp_path: Path) -> None:
    code, output = run("calibrate", "--minutes", "0.001", "--name", "this box", "--json")
    assert code == 0, output
    document = json.loads(output[output.index("{") :])
    validate("calibrate", document)
    assert {row["device_class"] for row in document["rows"]} == {"cpu"}
    code, output = run("predict", "mlp", "--json")
    assert code == 0
    assert json.loads(output)["level"] == "calibrated here"
    assert json.loads(output)["device_class"] == "cpu"


def test_the_plan_trains_and_serves() -> None:
    names = [bench.name for bench in benches()]
    assert len(names) == len(set(names))
    assert any("training" in name for name in names)
    assert any("inference" in name for name in names)


def test_the_bare_rates_of_this_machine_are_plausible() -> None:
    found = rates(SystemClock(), seconds=0.0)
    assert 1e8 < found.flops < 1e15
    assert 1e7 < found.bytes_per_s < 1e13
