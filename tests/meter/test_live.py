from __future__ import annotations

import pytest

from setsuden.meter.live import watch
from setsuden.meter.setup import find_setup
from setsuden.sensors.protocol import Component
from setsuden.testing import FakeClock, FakeSensor, fake_channel


def test_each_tick_shows_the_watts_since_the_one_before_and_the_joules_since_the_start() -> None:
    clock = FakeClock()
    channels = (
        fake_channel("cpu"),
        fake_channel("core", contained_in="cpu"),
        fake_channel("gpu", component=Component.GPU),
    )
    sensor = FakeSensor(clock, {"cpu": lambda t: 10.0 if t < 2 else 30.0, "core": 5.0, "gpu": 100.0}, channels)
    found = list(watch(find_setup([sensor], clock, None), 2.0, 3, sleep=clock.advance))
    powers = [tick.power.value for tick in found if tick.power is not None]
    energies = [tick.energy.value for tick in found if tick.energy is not None]
    assert powers == [pytest.approx(110.0), pytest.approx(130.0), pytest.approx(130.0)]
    assert energies == [pytest.approx(220.0), pytest.approx(480.0), pytest.approx(740.0)]
    assert [tick.elapsed_s for tick in found] == [2.0, 4.0, 6.0]
    assert sensor.closed


def test_a_late_tick_does_not_shift_the_schedule() -> None:
    clock = FakeClock()
    found = []
    for tick in watch(find_setup([FakeSensor(clock, {"a": 1.0})], clock, None), 1.0, 3, sleep=clock.advance):
        found.append(round(tick.elapsed_s, 6))
        clock.advance(0.25)
    assert found == [1.0, 2.0, 3.0]


def test_nothing_to_read_is_unknown_not_zero() -> None:
    clock = FakeClock()
    (tick,) = watch(find_setup([], clock, None), 1.0, 1, sleep=clock.advance)
    assert tick.power is None
    assert tick.energy is None
