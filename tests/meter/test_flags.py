from __future__ import annotations

import pytest

from setsuden.quantity import Provenance
from setsuden.sensors.flags import COUNTER_RESET
from setsuden.sensors.protocol import Component, Method
from setsuden.testing import fake_channel
from tests.meter.support import Bench, codes


def test_a_steady_window_of_a_fast_sensor_has_no_flag() -> None:
    bench = Bench()
    with bench.meter:
        bench.tick(times=20)
    assert codes(bench.meter.result) == []


def test_a_window_shorter_than_the_counters_refresh_is_below_resolution_and_widened() -> None:
    slow = fake_channel("nvml/0", component=Component.GPU, update_interval_s=0.1)
    bench = Bench({"nvml/0": 200.0}, (slow,))
    with bench.meter as meter:
        bench.tick(times=10)
        with meter.window("step") as window:
            bench.clock.advance(0.05)
    measurement = window.measurement
    assert measurement is not None
    assert "SET-BELOW-RESOLUTION" in codes(measurement)
    assert measurement.energy is not None
    assert measurement.energy.low == 0.0
    assert measurement.energy.high == pytest.approx(10.0 + 0.1 * 200.0)


def test_a_counter_that_has_not_moved_yet_is_below_resolution() -> None:
    coarse = fake_channel("rapl/package-0", update_interval_s=0.0)
    bench = Bench({"rapl/package-0": 0.0}, (coarse._replace(resolution_j=1.0),))
    with bench.meter:
        bench.clock.advance(0.001)
    assert "SET-BELOW-RESOLUTION" in codes(bench.meter.result)
    assert bench.meter.result.energy is not None
    assert bench.meter.result.energy.high == 1.0


def test_a_window_of_a_few_refreshes_is_too_short() -> None:
    bench = Bench({"nvml/0": 200.0}, (fake_channel("nvml/0", component=Component.GPU, update_interval_s=0.1),))
    with bench.meter:
        bench.clock.advance(0.5)
    assert codes(bench.meter.result) == ["SET-TOO-SHORT"]


def test_power_that_swings_is_noisy_and_steady_power_is_not() -> None:
    swinging = Bench({"a": lambda t: 100.0 if int(t / 0.5) % 2 else 20.0})
    with swinging.meter:
        swinging.tick(times=20)
    assert codes(swinging.meter.result) == ["SET-NOISY"]


def test_ticks_before_the_window_do_not_make_it_noisy() -> None:
    bench = Bench({"a": lambda t: 500.0 if t < 5 else 20.0})
    with bench.meter as meter:
        bench.tick(times=10)
        with meter.window("steady") as window:
            bench.tick(times=10)
    assert window.measurement is not None
    assert codes(window.measurement) == []


def test_waiting_for_data_more_than_a_tenth_of_the_time_is_input_bound() -> None:
    for loader_s, expected in ((0.5, []), (2.0, ["SET-INPUT-BOUND"])):
        bench = Bench()
        with bench.meter as meter:
            bench.clock.advance(10.0)
            meter.annotate(loader_s=loader_s)
        assert codes(meter.result) == expected


def test_a_sensors_flag_reaches_the_windows_it_happened_in_and_no_other() -> None:
    bench = Bench()
    with bench.meter as meter:
        with meter.window("before") as before:
            bench.tick()
        with meter.window("during") as during:
            bench.sensor.flag("fake/cpu", COUNTER_RESET)
            bench.tick()
        with meter.window("after") as after:
            bench.tick()
    found = [codes(window.measurement) for window in (before, during, after)]
    assert found == [[], [COUNTER_RESET], []]
    assert COUNTER_RESET in codes(meter.result)
    assert meter.result.channels[0].flags == (COUNTER_RESET,)


def test_only_modelled_joules_say_that_nothing_was_measured() -> None:
    model = fake_channel("model/cpu", method=Method.MODEL, provenance=Provenance.ESTIMATED, relative_error=0.4)
    bench = Bench({"model/cpu": 20.0}, (model,))
    with bench.meter:
        bench.clock.advance(10.0)
    assert codes(bench.meter.result) == ["SET-NO-SENSOR"]
    assert bench.meter.result.energy is not None
    assert bench.meter.result.energy.provenance is Provenance.ESTIMATED


def test_no_channel_at_all_is_unknown_not_zero() -> None:
    from setsuden.meter import Meter

    with Meter("blind", sensors=[], ledger=False, rate_hz=0) as meter:
        pass
    assert meter.result.energy is None
    assert meter.result.average_power is None
    assert codes(meter.result) == ["SET-NO-SENSOR"]
