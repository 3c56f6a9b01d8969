"""Forecasts in closed form."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.quantity import NODE, Estimate, Provenance
from setsuden.study.forecast import NO_ERROR, Systematic, drift, forecast, per_sample, systematic
from setsuden.study.record import Repeat
from setsuden.study.spread import spread, student_t95


def joules(value: float, share: float = 0.0) -> Estimate:
    return Estimate.relative(value, share, "J", Provenance.MEASURED, NODE)


def repeat(at_s: float, joules_per_sample: float) -> Repeat:
    return Repeat(
        "a", 0, 0, "run", 1, at_s, 0.0, 1.0, 100, joules(joules_per_sample * 100), None, {}, ()
    )  # fmt: skip


def test_without_any_error_the_forecast_is_a_product_with_what_no_pilot_can_see() -> None:
    found = forecast(spread(([2.0, 2.0], [1.0, 1.0])), NO_ERROR, 0.0, 1e6, "J", [joules(1.0)])
    assert (found.low, found.value, found.high) == (pytest.approx(2e6 / 1.03), 2e6, pytest.approx(2.06e6))
    assert found.boundary == NODE


def test_scatter_sensor_and_drift_add_as_independent() -> None:
    scatter = spread(([9.0, 10.0, 11.0], [1.0] * 3))
    found = forecast(scatter, Systematic(0.1, 0.2), 0.05, 10.0, "J", [joules(1.0)])
    next_one = student_t95(2) * 0.1 * math.sqrt(4 / 3)
    beyond = math.log1p(math.hypot(0.05, 0.03))
    up, down = (math.sqrt(next_one**2 + math.log(reach) ** 2 + beyond**2) for reach in (1.2, 1 / 0.9))
    assert math.log(found.high / found.value) == pytest.approx(up)
    assert math.log(found.value / found.low) == pytest.approx(down)


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=8), st.floats(0, 0.999))
def test_what_is_positive_keeps_a_positive_interval_that_can_be_turned_over(values: list[float], share: float) -> None:
    found = per_sample(spread((values, [1.0] * len(values))), Systematic(share, share), "s/sample", [joules(1.0)])
    assert 0 < found.low <= found.value <= found.high <= 1001 * found.value
    assert 1 / found.low <= 1001 / found.value or share > 0.99


def test_only_a_sensor_that_may_have_read_nothing_reaches_down_to_zero() -> None:
    assert per_sample(spread(([1.0, 1.0], [1.0, 1.0])), Systematic(1.0, 1.0), "J/sample", [joules(1.0)]).low == 0.0


def test_the_mean_is_surer_than_the_next_run() -> None:
    scatter = spread(([9.0, 10.0, 11.0], [1.0] * 3))
    mean = per_sample(scatter, NO_ERROR, "J/sample", [joules(1.0)])
    single = forecast(scatter, NO_ERROR, 0.0, 1.0, "J", [joules(1.0)])
    assert mean.high < single.high
    assert mean.low > single.low


def test_the_sensor_error_is_the_mean_reach_of_the_windows() -> None:
    found = systematic([joules(10.0, 0.1), joules(20.0, 0.3)])
    assert (found.down, found.up) == (pytest.approx(0.2), pytest.approx(0.2))
    assert systematic([joules(0.0)]) == NO_ERROR


def test_provenance_is_that_of_the_weakest_window() -> None:
    modelled = replace(joules(1.0), provenance=Provenance.ESTIMATED)
    assert (
        per_sample(spread(([1.0, 1.0], [1.0, 1.0])), NO_ERROR, "J/sample", [joules(1.0), modelled]).provenance
        == "estimated"
    )


@pytest.mark.parametrize("like", [Provenance.MEASURED, Provenance.ESTIMATED, Provenance.ASSUMED])
def test_what_is_still_to_come_is_never_called_measured(like: Provenance) -> None:
    found = forecast(
        spread(([2.0, 2.0], [1.0, 1.0])), NO_ERROR, 0.0, 10.0, "J", [replace(joules(1.0), provenance=like)]
    )
    expected = Provenance.ESTIMATED if like is Provenance.MEASURED else like
    assert found.provenance is expected


def test_a_steady_rise_is_found_whatever_the_level_of_each_configuration() -> None:
    groups = [
        [repeat(t, level * math.exp(0.001 * (t - 50))) for t in (0.0 + offset, 50.0, 100.0 - offset)]
        for level, offset in ((1.0, 0.0), (300.0, 10.0), (0.01, 20.0))
    ]
    assert drift(groups) == pytest.approx(0.1, rel=1e-6)


def test_a_fall_counts_like_a_rise_and_single_repeats_say_nothing() -> None:
    assert drift([[repeat(0.0, math.exp(0.1)), repeat(100.0, math.exp(-0.1))]]) == pytest.approx(0.2)
    assert drift([[repeat(0.0, 1.0)], []]) == 0.0


@given(
    st.lists(st.floats(0.5, 2.0), min_size=2, max_size=8),
    st.floats(0, 0.9),
    st.floats(0, 0.9),
    st.floats(0, 0.9),
)
def test_more_doubt_never_narrows_a_forecast(values: list[float], share: float, more: float, moved: float) -> None:
    scatter = spread((values, [1.0] * len(values)))
    narrow = forecast(scatter, Systematic(share, share), 0.0, 3.0, "J", [joules(1.0)])
    wide = forecast(scatter, Systematic(share + more, share + more), moved, 3.0, "J", [joules(1.0)])
    assert wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high
    assert wide.low >= 0
