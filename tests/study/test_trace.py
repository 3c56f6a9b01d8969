"""Power over time, thinned for a chart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from setsuden.ledger import Ledger
from setsuden.meter import Meter
from setsuden.study.trace import MOST_POINTS, power_trace
from setsuden.testing import FakeClock, FakeSensor


def record(seconds: int, watts: Any, **settings: Any) -> tuple[Any, float]:
    clock = FakeClock()
    sensor = FakeSensor(clock, {"fake/cpu": watts})
    with Ledger.open() as ledger:
        with Meter("run", ledger=ledger, sensors=[sensor], clock=clock, rate_hz=0, idle_s=0) as meter:
            start_s = clock.elapsed()
            for _ in range(seconds):
                clock.advance(1.0)
                meter.sample()
            run_id = meter.run_id
        assert run_id is not None
        marks = [(start_s - 5, "before"), (start_s + 3, "inside"), (start_s + 1e6, "after")]
        return power_trace(ledger.run(run_id), marks), start_s


def test_the_trace_holds_the_watts_and_the_marks_inside_it() -> None:
    trace, _ = record(10, 7.0)
    assert trace["power_w"]["cpu"] == [pytest.approx(7.0)] * len(trace["t_s"])
    assert trace["marks"] == [{"t_s": 3.0, "label": "inside"}]


def test_thinning_keeps_the_energy() -> None:
    trace, _ = record(2000, lambda t: 50.0 if int(t) % 7 == 0 else 5.0)
    watts = np.array(trace["power_w"]["cpu"])
    assert len(watts) == MOST_POINTS
    truth_j = sum(50.0 if second % 7 == 0 else 5.0 for second in range(2000))
    assert watts.mean() * 2000 == pytest.approx(truth_j, rel=1e-3)


def test_without_two_samples_there_is_no_trace() -> None:
    clock = FakeClock()
    with Ledger.open() as ledger:
        with Meter("run", ledger=ledger, sensors=[], clock=clock, rate_hz=0, idle_s=0) as meter:
            run_id = meter.run_id
        assert run_id is not None
        assert power_trace(ledger.run(run_id), []) is None
