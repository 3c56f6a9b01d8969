"""A machine whose speed wanders: what earlier runs tell about it, and what a forecast makes of that."""

from __future__ import annotations

from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.ledger import Ledger
from setsuden.predict import speed
from setsuden.predict.earlier import Earlier
from setsuden.predict.early import EarlyForecast
from setsuden.predict.progress import progress
from setsuden.predict.speed import NONE, SPREAD, Speeds, Usual
from tests.meter.support import Bench
from tests.schemas_support import validate

PER_S = 5000.0


def watched(speeds: np.ndarray, usual: Usual | None, *, told: bool = True, total: int = 5000) -> EarlyForecast:
    """A step every tenth of a second at the usual speed, longer or shorter as the machine is slower or faster."""
    forecast = EarlyForecast(total, earlier=Earlier(usual))
    clock, so_far = 0.0, NONE
    forecast.observe(0.0, 0.0, 0)
    for step, now in enumerate(speeds, 1):
        clock += 0.1 * (PER_S / now) ** 0.7
        so_far += float(now)
        forecast.observe(clock, 40 * clock, step, speeds=so_far if told else None)
    return forecast


def test_the_loop_that_tells_the_speed_takes_less_than_a_few_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert 0.0 < speed.reading() < 1e6
    monkeypatch.setattr(speed, "_CLOCK", type("Coarse", (), {"resolution": 0.0156}))
    assert speed.reading() == 0.0
    assert speed.reading() + 0.0 == 0.0
    assert NONE + 0.0 == NONE


def test_a_start_in_a_slow_minute_is_set_right_by_what_earlier_runs_saw() -> None:
    slow = np.full(60, PER_S / 1.4)
    known = Usual(tuple((PER_S * factor, 60.0) for factor in (0.97, 1.0, 1.03)))
    with_usual, without = watched(slow, known).total_time(), watched(slow, None).total_time()
    assert with_usual is not None
    assert without is not None
    assert without.value == pytest.approx(500 * 1.4**0.7, rel=1e-6)
    assert with_usual.value == pytest.approx(500, rel=0.08)
    assert with_usual.low < 500 < with_usual.high


def test_a_run_that_stays_slow_is_believed_in_the_end() -> None:
    known = Usual(((PER_S, 60.0),))
    found = watched(np.full(2000, PER_S / 1.4), known, total=4000).total_time()
    assert found is not None
    assert found.value == pytest.approx(400 * 1.4**0.7, rel=0.02)


@given(st.floats(0.3, 3.0), st.floats(0.3, 3.0))
def test_the_correction_never_passes_the_ratio_of_the_speeds(now: float, before: float) -> None:
    usual = Usual(((PER_S * before, 30.0),))
    plain = watched(np.full(40, PER_S * now), None).total_time()
    found = watched(np.full(40, PER_S * now), usual).total_time()
    assert plain is not None
    assert found is not None
    ratio = sorted((1.0, now / before))
    assert ratio[0] - 1e-9 <= found.value / plain.value <= ratio[1] + 1e-9


def test_a_machine_that_differs_from_run_to_run_makes_the_interval_wider() -> None:
    steady = Usual(tuple((PER_S, 60.0) for _ in range(10)))
    unsteady = Usual(tuple((PER_S * exp(0.2 * (-1) ** i), 60.0) for i in range(10)))
    widths = []
    for usual in (steady, unsteady):
        found = watched(np.full(40, PER_S), usual).total_time()
        assert found is not None
        widths.append(found.half_width)
    assert widths[0] < widths[1]


def test_without_readings_what_is_known_of_the_machine_changes_nothing() -> None:
    known = Usual(((PER_S, 60.0),))
    slow = np.full(60, PER_S / 1.4)
    assert watched(slow, known, told=False).total_time() == watched(slow, None, told=False).total_time()


def test_the_usual_speed_is_the_mean_of_logarithms_weighted_by_time() -> None:
    usual = Usual(((4000.0, 100.0), (5000.0, 300.0)))
    assert log(usual.per_s) == pytest.approx((log(4000) + 3 * log(5000)) / 4)
    assert Usual(((4000.0, 10.0),)).spread == pytest.approx((2 / 3) ** 0.5 * SPREAD)
    assert Usual(((4000.0, 1e9), (5000.0, 600.0))).per_s == pytest.approx((4000 * 5000) ** 0.5)
    with pytest.raises(ValueError, match="needs a run"):
        Usual(())


def test_few_readings_tell_nothing() -> None:
    speeds = NONE
    for _ in range(speed.LEAST_READINGS - 1):
        speeds += PER_S
    assert speeds.since(NONE) is None
    assert (speeds + PER_S).since(NONE) == pytest.approx(PER_S)


def trained(tmp_path: Path, *, step_s: float = 0.1, steps: int = 400, channel: str = "fake/cpu") -> dict[str, Any]:
    around = Bench({channel: 50.0}, ledger=tmp_path / "ledger.sqlite")
    with around.meter as meter, progress(steps, meter=meter, say=lambda _: None) as run:
        for _ in range(steps):
            around.clock.advance(step_s)
            run.step()
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        document = ledger.run("last").document("forecast")
    validate("forecast", document)
    found: dict[str, Any] = document["runs"][0]["said"][0]
    return found


def test_a_run_leaves_its_speed_to_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = trained(tmp_path)
    assert first["speed_share"] is None
    assert first["duration_error"] == pytest.approx(0.0, abs=1e-6)
    monkeypatch.setattr(speed, "reading", lambda: 4000.0)
    second = trained(tmp_path)
    assert second["speed_share"] == pytest.approx(0.8)
    assert second["duration"]["value"] < first["duration"]["value"]
    assert second["narrowed_by"] == {"by": "speed", "step": None, "runs": 1}


def test_a_short_run_leaves_nothing(tmp_path: Path) -> None:
    trained(tmp_path, step_s=0.01)
    assert trained(tmp_path)["speed_share"] is None


def test_several_trainings_of_one_meter_all_leave_their_speed(tmp_path: Path) -> None:
    around = Bench({"fake/cpu": 50.0}, ledger=tmp_path / "ledger.sqlite")
    with around.meter as meter:
        for _ in range(3):
            with progress(100, meter=meter, say=lambda _: None) as run:
                for _ in range(100):
                    around.clock.advance(0.1)
                    run.step()
        again = Bench({"fake/cpu": 50.0}, ledger=tmp_path / "ledger.sqlite")
    with again.meter as meter:
        kept = speed.usual(meter.recall(speed.NAME, speed.USUAL_FOR_S))
    assert kept is not None
    assert [seconds for _, seconds in kept.runs] == pytest.approx([10.0] * 3)


def test_short_steps_follow_the_interpreter_and_long_ones_less() -> None:
    powers = [speed.like_work(step_s) for step_s in (0.0, 1e-4, 1e-3, 2e-3, 1e-2, 1.0)]
    assert powers[0] == powers[3] == pytest.approx(0.95)
    assert powers[1:] == sorted(powers[1:], reverse=True)
    assert powers[1] == 1.2
    assert powers[-1] == 0.7


def test_speeds_add_up() -> None:
    assert Speeds(6.0, 2) == NONE + 2.0 + 4.0
