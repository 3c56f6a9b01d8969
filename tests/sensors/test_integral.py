"""Power integrated by hand: what each stretch between two readings is worth, and what may have been missed."""

from __future__ import annotations

import pytest

from setsuden.sensors import Sample
from setsuden.sensors.integral import PowerTally
from setsuden.sensors.tally import Moment, Moments, between


def at(t_s: float, slept_s: float = 0.0) -> Moment:
    return Moment(t_s, t_s, slept_s)


def joules(sample: Sample) -> tuple[float, float, float]:
    return sample.low_j, sample.energy_j, sample.high_j


def test_two_readings_are_worth_their_mean_for_the_time_between_them() -> None:
    tally = PowerTally(400.0, 100.0, at(10.0))
    assert joules(tally.good(200.0, at(10.5))) == pytest.approx((75.0, 75.0, 75.0))
    assert joules(tally.good(0.0, at(11.5))) == pytest.approx((175.0, 175.0, 175.0))


def test_before_the_first_reading_it_drew_as_much_give_or_take_all_of_it() -> None:
    tally = PowerTally(400.0, None, at(10.0))
    sample = tally.good(100.0, at(10.5))
    assert joules(sample) == pytest.approx((0.0, 50.0, 200.0))
    assert sample.flags == ("SET-ENERGY-GAP",)


def test_a_first_reading_at_once_misses_nothing() -> None:
    sample = PowerTally(400.0, None, at(10.0)).good(100.0, at(10.0))
    assert joules(sample) == (0.0, 0.0, 0.0)
    assert sample.flags == ()


def test_while_it_cannot_be_read_it_goes_on_as_before_between_nothing_and_the_limit() -> None:
    tally = PowerTally(400.0, 100.0, at(0.0))
    sample = tally.failed("SET-CAUSE", at(0.5))
    assert joules(sample) == pytest.approx((0.0, 50.0, 200.0))
    assert sample.flags == ("SET-CAUSE",)
    settled = tally.good(300.0, at(1.0))
    assert joules(settled) == pytest.approx((0.0, 200.0, 400.0))
    assert settled.flags == ("SET-ENERGY-GAP",)


def test_a_reading_at_the_limit_is_good_and_one_beyond_it_is_not() -> None:
    assert PowerTally(400.0, 400.0, at(0.0)).good(400.0, at(1.0)).flags == ()
    assert "SET-POWER-IMPLAUSIBLE" in PowerTally(400.0, 400.0, at(0.0)).good(401.0, at(1.0)).flags


def test_between_two_samples_stands_what_was_settled_in_between() -> None:
    tally = PowerTally(400.0, None, at(0.0))
    first, second = tally.good(100.0, at(1.0)), tally.good(300.0, at(1.5))
    assert between(first, second) == pytest.approx((100.0, 100.0, 100.0))


def test_a_gap_that_is_open_at_the_first_sample_and_settled_at_the_second_keeps_its_outer_bounds() -> None:
    first, second = Sample(0.0, 100.0, 0.0, 400.0, None, ()), Sample(1.0, 250.0, 200.0, 450.0, 1.0, ())
    assert between(first, second) == (150.0, 50.0, 200.0)
    assert between(second, first) == (0.0, 0.0, 0.0)


def test_sleep_is_what_the_clock_since_boot_runs_ahead() -> None:
    moments = Moments(clock=None)  # type: ignore[arg-type]
    assert moments.at(1.0, 101.0).slept_s == 0.0
    assert moments.at(2.0, 102.4).slept_s == 0.0  # read one after the other: no sleep
    assert moments.at(3.0, 110.4).slept_s == pytest.approx(7.0)
    assert moments.at(4.0, 111.4).slept_s == 0.0
