"""Two replayed traces with a known gain, offset, delay and refresh: what the comparison finds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.imports.calibration import Correction, compare
from setsuden.ledger import Ledger
from setsuden.meter import Meter
from setsuden.testing import FakeClock, FakeSensor, fake_channel
from tests.imports.support import file, imported
from tests.schemas_support import validate

BURSTS = ((25, 34), (42, 51), (55, 57), (68, 93), (100, 105), (121, 140), (149, 151), (163, 170))
LENGTH_S = 200.0


def truth(t: float) -> float:
    return 30.0 + 90.0 * any(a <= t < b for a, b in BURSTS)


def recorded(gain: float, offset_w: float, delay_s: float, noise_w: float = 0.0, level: float | None = None) -> str:
    """A run in which truth = gain x sensor + offset, the sensor ``delay_s`` late."""
    clock, rng = FakeClock(), np.random.default_rng(1)

    def biased(t: float) -> float:
        power_w = level if level is not None else truth(t - delay_s)
        return max(0.0, (power_w - offset_w) / gain + noise_w * rng.standard_normal())

    channels = (fake_channel("truth", relative_error=0.01), fake_channel("sensor"))
    sensor = FakeSensor(clock, {"truth": truth, "sensor": biased}, channels)
    meter = Meter("bench", sensors=[sensor], clock=clock, rate_hz=0, idle_s=0)
    with meter:
        for _ in range(round(LENGTH_S / 0.25)):
            clock.advance(0.25)
            meter.sample()
    assert meter.run_id is not None
    return meter.run_id


def compared(run: str, most_s: float = 60.0) -> Correction:
    with Ledger.open(create=False) as ledger:
        record = ledger.run(run)
        return compare(record, "sensor", record, "truth", most_s=most_s)


@pytest.mark.parametrize(("gain", "offset_w"), [(1.0, 0.0), (1.12, 0.0), (0.9, 8.0), (1.3, -5.0)])
@pytest.mark.parametrize("delay_s", [0.0, 1.0, -2.5])
def test_gain_offset_and_delay_are_found_back(gain: float, offset_w: float, delay_s: float) -> None:
    found = compared(recorded(gain, offset_w, delay_s, noise_w=1.0))
    assert found.gain.value == pytest.approx(gain, abs=0.03)
    assert found.offset.value == pytest.approx(offset_w, abs=2.5)
    # Every tenth interval of 5-95 % misses; none should by more than its own width.
    for known, estimate in ((gain, found.gain), (offset_w, found.offset)):
        assert estimate.low - estimate.half_width <= known <= estimate.high + estimate.half_width
    assert found.delay.low <= delay_s <= found.delay.high
    assert found.gain.high - found.gain.low < 0.1
    assert found.reference_error == 0.01


def test_it_is_deterministic() -> None:
    run = recorded(1.1, 3.0, 0.5, noise_w=2.0)
    assert compared(run) == compared(run)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError, match="too evenly"):
        compared(recorded(1.0, 0.0, 0.0, level=50.0))
    run = recorded(1.0, 0.0, 0.0)
    with Ledger.open(create=False) as ledger:
        record = ledger.run(run)
        with pytest.raises(InputError, match="its own reference"):
            compare(record, "truth", record, "truth")
        with pytest.raises(InputError, match="no such channel"):
            compare(record, "other", record, "truth")


def test_how_often_a_counter_is_refreshed_shows_in_its_steps() -> None:
    clock = FakeClock()
    joules = {"last": 0.0}

    def stepped(t: float) -> float:
        """All joules of two seconds at once, in the first quarter of the next ones."""
        joules["last"] = t
        return 8.0 * truth(t) if t % 2.0 < 0.25 else 0.0

    sensor = FakeSensor(clock, {"truth": truth, "sensor": stepped})
    meter = Meter("bench", sensors=[sensor], clock=clock, rate_hz=0, idle_s=0)
    with meter:
        for _ in range(800):
            clock.advance(0.25)
            meter.sample()
    assert meter.run_id is not None
    found = compared(meter.run_id)
    assert found.update_interval.low <= 2.0 <= found.update_interval.high
    assert found.update_interval.value == pytest.approx(2.0, rel=0.01)
    assert compared(recorded(1.0, 0.0, 0.0)).update_interval.low == 0.0


def calibrate(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["calibrate", *words])
    return result.exit_code, result.output


def test_the_command_keeps_the_correction_with_the_run_and_changes_no_joule() -> None:
    run = recorded(1.12, 4.0, 1.0)
    with Ledger.open(create=False) as ledger:
        before = ledger.run(run).summary
    code, output = calibrate("--sensor", "sensor", "--against", "truth", "--run", run, "--json")
    assert code == 0, output
    validate("sensor-correction", json.loads(output))
    with Ledger.open(create=False) as ledger:
        record = ledger.run(run)
        assert record.document("correction/sensor") == json.loads(output)
        assert record.summary == before
        assert [event.code for event in record.events] == ["SET-SENSOR-COMPARED"]
    for language in ("en", "ja"):
        code, output = calibrate("--sensor", "sensor", "--against", "truth", "--run", run, "--lang", language)
        assert code == 0, output
        assert "1.1" in output


def test_a_wall_meter_that_was_imported_can_be_the_reference(tmp_path: Path) -> None:
    run = recorded(1.25, 10.0, 0.0)
    begin = 1767225600.0  # the fake clock's start
    rows = [f"{begin + t - 3.0},{truth(t)}" for t in np.arange(0.0, LENGTH_S, 0.5)]
    assert (
        imported("csv", file(tmp_path, "wall.csv", "time,power_w\n" + "\n".join(rows)), "--name", "wall").exit_code == 0
    )
    words = ["--sensor", "sensor", "--against", "csv/board", "--against-run", "last", "--run", run, "--json"]
    code, output = calibrate(*words)
    assert code == 0, output
    found = json.loads(output)
    assert found["gain"]["value"] == pytest.approx(1.25, abs=0.03)
    assert found["delay"]["value"] == pytest.approx(3.0, abs=0.5)


@pytest.mark.parametrize("gain", [0.8, 1.0, 1.4])
@pytest.mark.parametrize("late_s", [0.0, 0.3, 0.7])
def test_a_meter_that_shows_means_over_its_second_does_not_pull_the_gain_down(
    tmp_path: Path, gain: float, late_s: float
) -> None:
    run = recorded(1.0, 0.0, 0.0)
    fine = np.arange(-2.0, LENGTH_S, 0.01)
    drawn = np.concatenate([[0.0], np.cumsum([0.01 * truth(t) for t in fine])])
    ends = np.arange(0.0, LENGTH_S - 1.0, 1.0)
    means = drawn[np.searchsorted(fine, ends - late_s)] - drawn[np.searchsorted(fine, ends - late_s - 1.0)]
    rows = [f"{1767225600.0 + t},{gain * w + 20.0}" for t, w in zip(ends, means, strict=True)]
    path = file(tmp_path, "wall.csv", "time,power_w\n" + "\n".join(rows))
    assert imported("csv", path, "--name", "wall").exit_code == 0
    words = ["--sensor", "sensor", "--against", "csv/board", "--against-run", "last", "--run", run, "--json"]
    code, output = calibrate(*words)
    assert code == 0, output
    found = json.loads(output)
    assert found["gain"]["value"] == pytest.approx(gain, rel=0.012)
    assert found["gain"]["low"] <= gain <= found["gain"]["high"]
    assert found["offset"]["low"] <= 20.0 <= found["offset"]["high"]


@pytest.mark.parametrize("words", [["--sensor", "sensor"], ["--against", "truth"], ["--sensor", "x", "--against", "y"]])
def test_wrong_use_exits_with_2(words: list[str]) -> None:
    recorded(1.0, 0.0, 0.0)
    code, _ = calibrate(*words)
    assert code == 2
