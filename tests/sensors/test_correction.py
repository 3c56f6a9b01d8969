"""A correction that is applied: what moves, what widens, what is flagged, and that nothing happens unasked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.quantity import Estimate, Provenance
from setsuden.sensors import between, flags
from setsuden.sensors.correction import CorrectedSensor, Correction, corrected, uncorrected
from setsuden.testing import FakeClock, FakeSensor, fake_channel
from setsuden.testing.sensor_contract import Rig, SensorContract


def estimate(value: float, unit: str, half: float = 0.0) -> Estimate:
    return Estimate(value, value - half, value + half, unit, Provenance.MEASURED)


def line(gain: float = 1.0, offset_w: float = 0.0, **changed: Any) -> Correction:
    plain = Correction(
        "run-a", "fake/cpu", "run-b", "csv/board", estimate(gain, "1"), estimate(offset_w, "W"), estimate(0.5, "s"),
        estimate(0.1, "s"), 0.0, 0.0, 1000.0, 40, 0.9, False,
    )  # fmt: skip
    return replace(plain, **changed)


def on(clock: FakeClock, watts: Any, correction: Correction, **channel: Any) -> CorrectedSensor:
    inner = FakeSensor(clock, {"fake/cpu": watts}, (fake_channel("fake/cpu", **channel),))
    return CorrectedSensor(inner, [correction])


class TestTheContractOfSensors(SensorContract):
    @pytest.fixture
    def rig(self) -> Rig:
        clock = FakeClock()
        inner = FakeSensor(clock, {"fake/cpu": 40.0, "fake/other": 7.0})
        sensor = CorrectedSensor(inner, [line(1.25, -10.0)])
        return Rig(sensor, clock.advance, {"fake/cpu": 40.0, "fake/other": 7.0})


@given(
    st.floats(0.5, 2.0), st.floats(-20, 20), st.floats(30, 500), st.lists(st.floats(0.01, 50.0), min_size=1, max_size=9)
)
def test_joules_are_gain_times_joules_plus_offset_times_seconds(
    gain: float, offset_w: float, watts: float, steps: list[float]
) -> None:
    clock = FakeClock()
    sensor = on(clock, watts, line(gain, offset_w))
    (first,) = sensor.read()
    for step_s in steps:
        clock.advance(step_s)
        (last,) = sensor.read()
    seconds = last.t_s - first.t_s
    value, low, high = between(first, last)
    assert value == pytest.approx(max(0.0, (gain * watts + offset_w) * seconds), rel=1e-9, abs=1e-6)
    assert low <= value <= high


def test_the_interval_holds_the_errors_of_the_channel_of_the_line_and_of_the_reference() -> None:
    half_known = replace(line(1.2), gain=Estimate(1.2, 1.14, 1.26, "1", Provenance.MEASURED), reference_error=0.02)
    (channel,) = on(FakeClock(), 40.0, half_known, relative_error=0.05).channels
    assert channel.relative_error == pytest.approx(1.05 * 1.02 * 1.05 - 1)
    assert channel.relative_error_below == pytest.approx(1 - 0.95 * 0.98 * 0.95)
    assert channel.relative_error > 0.05


def test_an_offset_that_is_not_known_well_widens_with_time() -> None:
    clock = FakeClock()
    sensor = on(clock, 40.0, replace(line(), offset=estimate(5.0, "W", half=2.0)))
    (first,) = sensor.read()
    clock.advance(100.0)
    (last,) = sensor.read()
    assert between(first, last) == pytest.approx((4500.0, 4300.0, 4700.0))


def test_what_the_sensor_missed_stays_missed_and_is_scaled() -> None:
    clock = FakeClock()
    inner = FakeSensor(clock, {"fake/cpu": 40.0})
    sensor = CorrectedSensor(inner, [line(2.0)])
    (first,) = sensor.read()
    clock.advance(5.0)
    sensor.read()
    clock.advance(5.0)
    inner.doubt("fake/cpu", 30.0, 50.0)
    inner.flag("fake/cpu", flags.ENERGY_GAP)
    (last,) = sensor.read()
    assert between(first, last) == pytest.approx((800.0, 740.0, 900.0))
    assert last.flags == (flags.ENERGY_GAP,)


def test_outside_the_range_of_the_line_the_interval_covers_both_figures_and_a_flag_says_so() -> None:
    clock = FakeClock()
    sensor = on(clock, lambda t: 40.0 if t < 10 else 200.0, line(1.5, from_w=20.0, to_w=100.0))
    (first,) = sensor.read()
    clock.advance(10.0)
    (inside,) = sensor.read()
    clock.advance(10.0)
    (outside,) = sensor.read()
    assert inside.flags == ()
    assert outside.flags == (flags.CORRECTION_RANGE,)
    assert between(first, inside) == pytest.approx((600.0, 600.0, 600.0))
    assert between(inside, outside) == pytest.approx((3000.0, 2000.0, 3000.0))


def test_a_counter_that_moves_in_steps_is_judged_over_many_of_them() -> None:
    clock = FakeClock()
    sensor = on(
        clock, lambda t: 400.0 if t % 1.0 < 0.1 else 0.0, line(1.1, from_w=30.0, to_w=50.0), update_interval_s=1.0
    )
    seen: list[str] = []
    for _ in range(400):
        clock.advance(0.1)
        (sample,) = sensor.read()
        seen += sample.flags
    assert seen == []
    assert sample.energy_j == pytest.approx(1.1 * 1600.0)


def test_a_lag_on_one_clock_counts_as_resolution_but_the_difference_of_two_clocks_does_not() -> None:
    late = estimate(2.0, "s", half=0.5)
    (two,) = on(FakeClock(), 40.0, replace(line(), delay=late), update_interval_s=0.1).channels
    (one,) = on(FakeClock(), 40.0, replace(line(), delay=late, reference_run="run-a"), update_interval_s=0.1).channels
    assert two.update_interval_s == 0.1
    assert one.update_interval_s == pytest.approx(2.6)


def test_the_channel_says_what_was_applied_and_where_it_comes_from() -> None:
    (channel,) = on(FakeClock(), 40.0, line(1.25, 3.0)).channels
    assert channel.id == "fake/cpu"
    assert channel.label.endswith(", corrected")
    assert {factor.name: factor.value for factor in channel.factors} == {
        "gain of fake/cpu": 1.25, "offset of fake/cpu": 3.0, "delay of fake/cpu": 0.5
    }  # fmt: skip
    assert all("run-a" in factor.source and "run-b" in factor.source for factor in channel.factors)


def test_a_correction_by_a_weaker_reference_weakens_the_provenance() -> None:
    weak = replace(line(), gain=Estimate(1.1, 1.0, 1.2, "1", Provenance.ESTIMATED))
    (channel,) = on(FakeClock(), 40.0, weak).channels
    assert channel.provenance is Provenance.ESTIMATED


def test_only_the_sensors_that_are_named_are_wrapped() -> None:
    clock = FakeClock()
    named, other = FakeSensor(clock, {"fake/cpu": 1.0}), FakeSensor(clock, {"fake/gpu": 1.0})
    found = corrected([named, other], [line()])
    assert isinstance(found[0], CorrectedSensor)
    assert found[1] is other
    assert uncorrected(found) == (named, other)


@pytest.mark.parametrize(
    ("corrections", "message"),
    [([line(channel="rapl/package-9")], "no such channel"), ([line(), line(1.1)], "two corrections")],
)
def test_what_cannot_be_applied_is_refused(corrections: list[Correction], message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        corrected([FakeSensor(FakeClock(), {"fake/cpu": 1.0})], corrections)
    assert refused.value.remedy


def test_it_comes_back_from_json() -> None:
    assert Correction.from_json(line(1.2, 3.0).to_json()) == line(1.2, 3.0)


@pytest.mark.parametrize(
    "damage",
    [
        {"gain": None}, {"gain": estimate(0.0, "1").to_json()}, {"from_w": 50.0, "to_w": 40.0},
        {"reference_error": 1.5}, {"bins": "many"},
    ],
)  # fmt: skip
def test_a_damaged_correction_is_refused_with_a_remedy(damage: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        Correction.from_json({**line().to_json(), **damage}, "some file")
    assert "some file" in str(refused.value)
    assert refused.value.remedy
    for nonsense in (None, [], 3, {}):
        with pytest.raises(InputError):
            Correction.from_json(nonsense)
