from __future__ import annotations

import pytest

from setsuden.ledger import Ledger
from setsuden.meter import Meter
from setsuden.testing import fake_channel
from tests.meter.support import Bench, codes


def run_with(ledger: Ledger, idle_s: float | None) -> Meter:
    """12 W in the first 10 seconds and after 20, 50 W between."""
    bench = Bench({"fake/cpu": lambda t: 50.0 if 10 <= t < 20 else 12.0}, ledger=ledger, idle_s=idle_s)
    if idle_s is None:
        bench.clock.advance(10.0)
        bench.sensor.read()
    with bench.meter as meter:
        bench.clock.advance(10.0)
    return meter


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.open()


def test_energy_splits_into_idle_and_dynamic(ledger: Ledger) -> None:
    result = run_with(ledger, 10.0).result
    (part,) = result.channels
    assert part.gross.value == pytest.approx(500.0)
    assert part.idle is not None
    assert part.idle.value == pytest.approx(120.0)
    assert result.dynamic is not None
    assert result.dynamic.value == pytest.approx(380.0)


def test_without_a_baseline_nothing_is_split(ledger: Ledger) -> None:
    for idle_s in (0.0, None):
        result = run_with(ledger, idle_s).result
        assert result.dynamic is None
        assert result.channels[0].idle is None


def test_a_kept_baseline_is_reused_and_says_so(ledger: Ledger) -> None:
    run_with(ledger, 10.0)
    meter = run_with(ledger, None)
    assert meter.result.dynamic is not None
    assert meter.result.dynamic.value == pytest.approx(380.0)
    about = ledger.run("last").document("meter")
    assert about["idle"]["reused"] is True
    assert meter.idle is not None
    assert meter.idle.reused


def test_a_baseline_of_other_channels_is_not_reused(ledger: Ledger) -> None:
    run_with(ledger, 10.0)
    bench = Bench({"other": 12.0}, ledger=ledger)
    with bench.meter:
        bench.clock.advance(1.0)
    assert bench.meter.result.dynamic is None


def test_idle_power_that_changed_meanwhile_is_flagged_and_widens_the_interval(ledger: Ledger) -> None:
    bench = Bench({"fake/cpu": lambda t: 10.0 if t < 20 else 30.0}, ledger=ledger, idle_s=10.0)
    with bench.meter:
        bench.clock.advance(10.0)
    (part,) = bench.meter.result.channels
    assert codes(bench.meter.result) == ["SET-IDLE-DRIFT"]
    assert part.idle is not None
    assert part.idle.value == pytest.approx(100.0)
    assert part.idle.high == pytest.approx(300.0)


def test_the_baselines_interval_carries_the_channels_error(ledger: Ledger) -> None:
    bench = Bench(
        {"a": 10.0}, (fake_channel("a", relative_error=0.1, update_interval_s=0.0),), ledger=ledger, idle_s=5.0
    )
    with bench.meter:
        bench.clock.advance(10.0)
    (part,) = bench.meter.result.channels
    assert part.idle is not None
    assert part.dynamic is not None
    assert (part.idle.low, part.idle.high) == (pytest.approx(90.0), pytest.approx(110.0))
    assert (part.dynamic.low, part.dynamic.high) == (pytest.approx(-20.0), pytest.approx(20.0))


def test_idle_before_and_after_is_not_inside_the_run(ledger: Ledger) -> None:
    meter = run_with(ledger, 10.0)
    assert meter.result.duration_s == pytest.approx(10.0)
