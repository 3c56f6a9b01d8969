from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.ledger import Ledger, Measurement
from setsuden.meter import Meter
from setsuden.testing import fake_channel
from tests.meter.support import Bench, codes
from tests.meter.test_load import FakeProbe


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


def gaining(relative_error: float, idle_w: float, busy_w: float, **channel: float | None) -> Measurement:
    """Ten seconds of ``busy_w`` after a baseline of five seconds of ``idle_w``, on a channel with a gain error."""
    settings: dict[str, Any] = {"update_interval_s": 0.0, **channel}
    bench = Bench(
        {"a": lambda t: busy_w if 5 <= t < 15 else idle_w},
        (fake_channel("a", relative_error=relative_error, **settings),),
        idle_s=5.0,
    )
    with bench.meter:
        bench.clock.advance(10.0)
    return bench.meter.result


def test_the_baselines_interval_carries_the_channels_error() -> None:
    (part,) = gaining(0.1, 10.0, 10.0).channels
    assert part.idle is not None
    assert (part.idle.low, part.idle.high) == (pytest.approx(90.0), pytest.approx(110.0))


def test_a_gain_that_gross_and_idle_share_acts_on_their_difference() -> None:
    same = gaining(0.1, 10.0, 10.0).dynamic
    assert same is not None
    assert (same.low, same.value, same.high) == pytest.approx((0.0, 0.0, 0.0))
    more = gaining(0.1, 10.0, 30.0).dynamic
    assert more is not None
    assert (more.low, more.value, more.high) == pytest.approx((180.0, 200.0, 220.0))
    less = gaining(0.1, 30.0, 10.0).dynamic
    assert less is not None
    assert (less.low, less.value, less.high) == pytest.approx((-220.0, -200.0, -180.0))


def test_a_lopsided_gain_stays_lopsided_above_idle() -> None:
    dynamic = gaining(1.6, 10.0, 30.0, relative_error_below=0.5).dynamic
    assert dynamic is not None
    assert (dynamic.low, dynamic.high) == pytest.approx((100.0, 520.0))


def test_what_the_edges_hide_adds_up_above_idle() -> None:
    # Edges of the window: 0.1 s x 30 W; of the baseline: 0.1 s x 10 W over 5 s, held for 10 s.
    dynamic = gaining(0.1, 10.0, 30.0, update_interval_s=0.1).dynamic
    assert dynamic is not None
    assert dynamic.low == pytest.approx(200.0 * 0.9 - 3.0 - 2.0)
    assert dynamic.high == pytest.approx(200.0 * 1.1 + 3.0 + 2.0)


@given(
    gain=st.floats(-0.2, 0.2),
    idle_w=st.floats(0.0, 100.0),
    busy_w=st.floats(0.0, 100.0),
)
def test_whatever_the_gain_the_truth_above_idle_is_inside(gain: float, idle_w: float, busy_w: float) -> None:
    dynamic = gaining(0.2, idle_w, busy_w).dynamic
    assert dynamic is not None
    assert dynamic.low - 1e-6 <= (1 + gain) * (busy_w - idle_w) * 10.0 <= dynamic.high + 1e-6


def test_idle_power_that_drifted_is_an_error_of_its_own() -> None:
    bench = Bench(
        {"a": lambda t: 10.0 if t < 5 else 30.0 if t < 15 else 12.0},
        (fake_channel("a", relative_error=0.1, update_interval_s=0.0),),
        idle_s=5.0,
    )
    with bench.meter:
        bench.clock.advance(10.0)
    dynamic = bench.meter.result.dynamic
    assert dynamic is not None
    assert (dynamic.low, dynamic.value, dynamic.high) == pytest.approx((180.0 - 20.0, 200.0, 220.0))


def test_idle_before_and_after_is_not_inside_the_run(ledger: Ledger) -> None:
    meter = run_with(ledger, 10.0)
    assert meter.result.duration_s == pytest.approx(10.0)


def beside(others: float, ledger: Ledger, idle_s: float | None = 10.0) -> Meter:
    """A run after a baseline during which other programs kept ``others`` of two CPUs at work."""
    bench = Bench(ledger=ledger, idle_s=idle_s)
    probe = FakeProbe(bench.clock)
    probe.busy = 2 * others  # half of which is this program's own
    meter = Meter(
        sensors=[bench.sensor], clock=bench.clock, probe=probe, rate_hz=0, ledger=ledger, idle_s=idle_s,
        sleep=bench.clock.advance,
    )  # fmt: skip
    with meter:
        bench.clock.advance(10.0)
    return meter


def test_a_baseline_beside_busy_programs_is_flagged_and_not_reused(ledger: Ledger) -> None:
    disturbed = beside(0.5, ledger)
    (flag,) = [flag for flag in disturbed.result.flags if flag.code == "SET-IDLE-BUSY"]
    assert flag.detail == "Other programs kept 25% of the processor busy while the idle power was taken."
    assert disturbed.result.dynamic is not None
    assert ledger.run("last").document("meter")["idle"]["busy_share"] == pytest.approx(0.25)
    assert beside(0.0, ledger, None).idle is None


def test_a_busy_baseline_does_not_drive_out_a_quiet_one(ledger: Ledger) -> None:
    quiet = beside(0.2, ledger)
    assert "SET-IDLE-BUSY" not in codes(quiet.result)
    beside(0.5, ledger)
    reused = beside(0.0, ledger, None).idle
    assert reused is not None
    assert reused.reused
    assert reused.busy_share == pytest.approx(0.1)


def test_where_the_load_cannot_be_read_a_baseline_is_neither_busy_nor_quiet(ledger: Ledger) -> None:
    meter = run_with(ledger, 10.0)
    assert meter.idle is not None
    assert meter.idle.busy_share is None
    assert "SET-IDLE-BUSY" not in codes(meter.result)
    assert run_with(ledger, None).idle is not None


def test_a_constant_draw_has_nothing_above_idle_not_even_rounding() -> None:
    bench = Bench(
        {"a": 0.1}, (fake_channel("a", relative_error=0.093, relative_error_below=0.47, update_interval_s=0.0),),
        idle_s=0.7,
    )  # fmt: skip
    with bench.meter:
        for _ in range(7):
            bench.clock.advance(0.3)
    (part,) = bench.meter.result.channels
    assert part.dynamic is not None
    assert part.dynamic.value == 0.0


def test_what_is_above_idle_by_more_than_rounding_stays() -> None:
    (part,) = gaining(0.0, 10.0, 10.0 * (1 + 1e-6)).channels
    assert part.dynamic is not None
    assert part.dynamic.value == pytest.approx(1e-4, rel=1e-3)
