from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.ledger import Ledger
from setsuden.meter import Measurement, Meter
from setsuden.quantity import Estimate
from setsuden.sensors import discover
from setsuden.sensors.protocol import Component
from setsuden.testing import FakeGpu, FakeMachine, FakeNvml, fake_channel
from tests.meter.support import Bench, joules


def test_a_window_holds_watts_times_seconds() -> None:
    bench = Bench({"fake/cpu": 25.0})
    with bench.meter as meter, meter.window("epoch", batch_size=32) as window:
        bench.clock.advance(4.0)
        window.annotate(samples=100)
    assert window.measurement is not None
    assert joules(window.measurement) == pytest.approx(100.0)
    assert window.measurement.duration_s == 4.0
    assert window.measurement.attributes == {"batch_size": 32, "samples": 100}
    assert window.measurement.average_power is not None
    assert window.measurement.average_power.value == pytest.approx(25.0)
    assert joules(meter.result) == pytest.approx(100.0)


def test_windows_nest_and_know_their_parents() -> None:
    bench = Bench()
    with bench.meter as meter, meter.window("outer") as outer:
        bench.clock.advance(1.0)
        with meter.window("inner") as inner:
            bench.clock.advance(2.0)
        bench.clock.advance(1.0)
    assert inner.measurement is not None
    assert outer.measurement is not None
    assert inner.measurement.parent_id == outer.window_id
    assert outer.measurement.parent_id == meter.result.window_id
    assert meter.result.parent_id is None
    assert (joules(inner.measurement), joules(outer.measurement)) == (pytest.approx(20.0), pytest.approx(40.0))


def test_windows_may_overlap() -> None:
    bench = Bench()
    with bench.meter as meter:
        a = meter.begin("a")
        bench.clock.advance(1.0)
        b = meter.begin("b")
        bench.clock.advance(1.0)
        first = meter.end(a)
        bench.clock.advance(1.0)
        second = meter.end(b, samples=3)
    assert (joules(first), joules(second)) == (pytest.approx(20.0), pytest.approx(20.0))
    assert second.attributes == {"samples": 3}


@settings(deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 400.0), st.booleans()), min_size=1, max_size=20),
    relative_error=st.floats(0.0, 0.9),
)
def test_windows_that_follow_each_other_add_up_to_their_union(
    steps: list[tuple[float, float, bool]], relative_error: float
) -> None:
    """However power, lengths and background samples fall."""
    bench = Bench({"a": 1.0}, (fake_channel("a", relative_error=relative_error, update_interval_s=0.1),))
    parts: list[Measurement] = []
    with bench.meter as meter:
        whole = meter.begin("whole")
        number = meter.begin("part 0")
        for index, (seconds, watts, sampled) in enumerate(steps):
            bench.sensor.watts["a"] = watts
            bench.clock.advance(seconds)
            if sampled:
                meter.sample()
            ended, number = meter.switch(number, f"part {index + 1}")
            parts.append(ended)
        parts.append(meter.end(number))
        union = meter.end(whole)
    true_j = sum(seconds * watts for seconds, watts, _ in steps)
    assert sum(map(joules, parts)) == pytest.approx(joules(union), rel=1e-12, abs=1e-9)
    assert joules(union) == pytest.approx(true_j, rel=1e-9, abs=1e-9)
    assert sum(part.duration_s for part in parts) == pytest.approx(union.duration_s)
    assert union.energy is not None
    assert union.energy.low <= true_j + 1e-9
    assert union.energy.high >= true_j - 1e-9


def test_background_samples_change_no_joule() -> None:
    def energy(ticks: int) -> float:
        bench = Bench({"fake/cpu": lambda t: 2.0 * t})
        with bench.meter:
            bench.tick(10.0 / ticks, ticks)
        return joules(bench.meter.result)

    assert energy(1) == pytest.approx(energy(1000))


def test_a_part_inside_another_is_shown_but_not_counted() -> None:
    channels = (
        fake_channel("rapl/package-0"),
        fake_channel("rapl/core", contained_in="rapl/package-0"),
        fake_channel("nvml/0", component=Component.GPU),
    )
    bench = Bench({"rapl/package-0": 30.0, "rapl/core": 20.0, "nvml/0": 70.0}, channels)
    with bench.meter:
        bench.clock.advance(1.0)
    assert joules(bench.meter.result) == pytest.approx(100.0)
    assert {part.channel: part.counted for part in bench.meter.result.channels} == {
        "rapl/package-0": True, "rapl/core": False, "nvml/0": True,
    }  # fmt: skip


def test_threads_have_their_own_innermost_window() -> None:
    bench = Bench()
    parents = {}
    with bench.meter as meter, meter.window("main") as outer:

        def work() -> None:
            with meter.window("worker") as window:
                meter.annotate(worker=True)
            parents["worker"] = window.measurement

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        meter.annotate(main=True)
    worker = parents["worker"]
    assert worker is not None
    assert worker.parent_id == 1
    assert worker.attributes == {"worker": True}
    assert outer.measurement is not None
    assert outer.measurement.attributes == {"main": True}


def test_two_meters_at_once_do_not_disturb_each_other() -> None:
    one, two = Bench({"a": 10.0}), Bench({"a": 30.0})
    with one.meter, two.meter:
        one.clock.advance(1.0)
        two.clock.advance(2.0)
    assert (joules(one.meter.result), joules(two.meter.result)) == (pytest.approx(10.0), pytest.approx(60.0))


def test_ending_a_window_twice_is_an_error_that_names_the_open_ones() -> None:
    bench = Bench()
    with bench.meter as meter:
        number = meter.begin("a")
        meter.end(number)
        with pytest.raises(InputError, match=r"Open now: \[1\]"):
            meter.end(number)


@pytest.mark.parametrize("value", [float("nan"), [1], {"a": 1}, object()])
def test_attributes_that_are_no_plain_values_are_refused(value: object) -> None:
    bench = Bench()
    with bench.meter as meter, pytest.raises(InputError, match="'loss'"):
        meter.begin("a", loss=value)


@pytest.mark.parametrize("value", [np.int64(3), np.float32(3.0), np.array(3)])
def test_a_single_number_of_numpy_is_an_attribute_like_any_other(value: object) -> None:
    bench = Bench()
    with bench.meter as meter, meter.window("a", samples=value) as window:
        pass
    assert window.measurement is not None
    assert json.dumps(window.measurement.attributes) in ('{"samples": 3}', '{"samples": 3.0}')


def test_windows_outside_the_meter_are_refused() -> None:
    bench = Bench()
    with pytest.raises(InputError, match="not running"):
        bench.meter.begin("early")
    with bench.meter:
        with pytest.raises(InputError, match="still running"):
            _ = bench.meter.result
        with pytest.raises(InputError, match="already been started"):
            bench.meter.start()
    with pytest.raises(InputError, match="not running"):
        bench.meter.begin("late")


@pytest.mark.parametrize(
    ("setting", "value"), [("rate_hz", -1), ("rate_hz", 5000), ("rate_hz", float("nan")), ("idle_s", -1)]
)
def test_settings_out_of_range_are_refused(setting: str, value: float) -> None:
    from setsuden.meter import Meter

    with pytest.raises(InputError, match=setting):
        Meter("x", **{setting: value})  # type: ignore[arg-type]


def test_windows_left_open_are_closed_with_the_meter() -> None:
    ledger = Ledger.open()
    bench = Bench(ledger=ledger)
    with bench.meter as meter:
        meter.begin("left open")
        bench.clock.advance(1.0)
    assert [window.name for window in ledger.run("last").windows] == ["run", "left open"]
    assert bench.sensor.closed
    ledger.close()


def test_sampling_faster_than_a_counter_moves_does_not_widen_the_interval(tmp_path: Path) -> None:
    def measured(folder: Path, every_s: float) -> Estimate:
        machine = FakeMachine(folder, nvml=FakeNvml(FakeGpu(watts=200.0, tick_s=0.1)))
        found = discover(machine.host)
        meter = Meter("x", sensors=found.sensors, clock=machine.clock, ledger=False, rate_hz=0, idle_s=0)
        machine.advance(1.0)
        with meter:
            for _ in range(round(10.0 / every_s)):
                machine.advance(every_s)
                meter.sample()
        return next(part.gross for part in meter.result.channels if part.component == "gpu")

    slow, fast = measured(tmp_path / "a", 0.5), measured(tmp_path / "b", 0.01)
    assert fast.value == pytest.approx(slow.value)
    assert fast.high - fast.low == pytest.approx(slow.high - slow.low, rel=0.05)
