"""Monte Carlo agrees with closed forms and with the intervals that went in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.quantity import NODE, Estimate, Provenance
from setsuden.quantity.draws import combine, draw, shaped


@settings(max_examples=30, deadline=None)
@given(st.floats(1, 1e6), st.floats(0.01, 0.5), st.floats(0.01, 2.0))
def test_draws_have_the_quantiles_of_the_interval(value: float, down: float, up: float) -> None:
    estimate = Estimate(value, value * (1 - down), value * (1 + up), "J", Provenance.MEASURED)
    drawn = draw(estimate, 40_000, np.random.default_rng(1))
    low, middle, high = np.quantile(drawn, (0.05, 0.5, 0.95))
    assert low == pytest.approx(estimate.low, rel=0.03)
    assert middle == pytest.approx(value, rel=0.03)
    assert high == pytest.approx(estimate.high, rel=0.03)
    assert (drawn > 0).all()


def test_halfway_to_a_quantile_a_positive_figure_is_the_geometric_mean_of_value_and_end() -> None:
    half = 1.6448536269514722 / 2
    estimate = Estimate(8.0, 2.0, 18.0, "J", Provenance.MEASURED)
    assert shaped(estimate, np.array([-half, 0.0, half])) == pytest.approx([4.0, 8.0, 12.0])


def test_halfway_to_a_quantile_a_figure_of_either_sign_is_the_mean_of_value_and_end() -> None:
    half = 1.6448536269514722 / 2
    estimate = Estimate(1.0, -3.0, 2.0, "1", Provenance.MEASURED)
    assert shaped(estimate, np.array([-half, 0.0, half])) == pytest.approx([-1.0, 1.0, 1.5])


def test_a_figure_that_may_be_zero_is_never_drawn_below_it() -> None:
    drawn = draw(Estimate(1.0, 0.0, 3.0, "J", Provenance.MEASURED), 40_000, np.random.default_rng(1))
    assert drawn.min() == 0.0
    assert np.quantile(drawn, (0.5, 0.95)) == pytest.approx([1.0, 3.0], rel=0.03)


def test_a_sum_of_independent_gaussians_matches_the_closed_form() -> None:
    parts = [Estimate(0.0, -w, w, "1", Provenance.MEASURED) for w in (3.0, 4.0)]
    result = combine(lambda a, b: a + b, parts, "1", n=200_000)
    assert result.high == pytest.approx(5.0, rel=0.02)
    assert result.low == pytest.approx(-5.0, rel=0.02)


def test_independent_combination_is_tighter_than_interval_arithmetic() -> None:
    a = Estimate.relative(100, 0.1, "J", Provenance.MEASURED, NODE)
    drawn = combine(lambda x, y: x + y, [a, a], "J", boundary=NODE)
    assert drawn.half_width < (a + a).half_width


def test_the_same_seed_gives_the_same_interval() -> None:
    a = Estimate.relative(100, 0.3, "J", Provenance.ESTIMATED)
    assert combine(lambda x: 2 * x, [a], "J") == combine(lambda x: 2 * x, [a], "J")


def test_the_weakest_provenance_survives() -> None:
    a = Estimate.relative(1, 0.1, "J", Provenance.MEASURED)
    b = Estimate.relative(1, 0.1, "1", Provenance.ASSUMED)
    assert combine(lambda x, y: x * y, [a, b], "J").provenance is Provenance.ASSUMED
