"""Means and how sure they are."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.study.spread import Spread, pooled_sd, spread, student_t95

# 95th percentiles as printed in any table of Student's t
PRINTED = {1: 6.314, 2: 2.920, 3: 2.353, 4: 2.132, 5: 2.015, 10: 1.812, 20: 1.725, 30: 1.697, 120: 1.658}


def of(*values: float, pooled: tuple[float, int] | None = None) -> Spread:
    return spread((values, [1.0] * len(values)), pooled=pooled)


@pytest.mark.parametrize(("degrees", "printed"), PRINTED.items())
def test_student_t_agrees_with_the_printed_table(degrees: int, printed: float) -> None:
    assert student_t95(degrees) == pytest.approx(printed, abs=5e-4)


@pytest.mark.parametrize("degrees", [1, 2, 7, 40, 400])
def test_student_t_agrees_with_scipy(degrees: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert student_t95(degrees) == pytest.approx(float(stats.t.ppf(0.95, degrees)), rel=1e-9)


def test_student_t_refuses_no_degrees_of_freedom() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        student_t95(0)


def test_the_mean_of_three_by_hand() -> None:
    found = of(9.0, 10.0, 11.0)
    assert found.mean == 10.0
    assert found.relative_sd == pytest.approx(0.1)
    assert found.mean_share == pytest.approx(2.91999 * 0.1 / math.sqrt(3), rel=1e-4)
    assert found.next_share == pytest.approx(2.91999 * 0.1 * math.sqrt(4 / 3), rel=1e-4)


def test_a_single_figure_takes_the_pooled_scatter_or_admits_that_it_knows_none() -> None:
    assert of(5.0, pooled=(0.02, 30)).mean_share == pytest.approx(0.02 * student_t95(30))
    assert of(5.0).mean_share == 0.5


def test_two_repeats_borrow_the_scatter_of_others() -> None:
    found = of(9.0, 11.0, pooled=(0.05, 21))
    assert found.degrees == 1 + 4
    assert found.relative_sd == pytest.approx(math.sqrt((0.02 + 4 * 0.05**2) / 5))
    assert of(9.0, 11.0, pooled=(0.1, 1)) == of(9.0, 11.0)  # there are no others


def test_borrowed_scatter_keeps_its_promise_where_scatter_differs() -> None:
    rng = random.Random(3)
    hits = trials = 0
    for _ in range(200):
        sds = [0.1 * math.exp(0.5 * rng.gauss(0, 1)) for _ in range(20)]
        drawn = [[math.exp(sd * rng.gauss(0, 1)) for _ in range(3)] for sd in sds]
        pooled = pooled_sd(of(a, b) for a, b, _ in drawn)
        for a, b, following in drawn:
            found = of(a, b, pooled=pooled)
            hits += abs(math.log(following / found.mean)) <= found.next_share
            trials += 1
    assert 0.9 <= hits / trials <= 0.97


def test_nothing_has_no_spread() -> None:
    with pytest.raises(ValueError, match="unknown"):
        of()
    assert pooled_sd([of(1.0)]) is None


def test_the_pooled_scatter_weighs_groups_by_their_degrees() -> None:
    sd, degrees = pooled_sd([of(9.0, 11.0), of(99.0, 100.0, 101.0), of(5.0)]) or (0.0, 0)
    assert degrees == 3
    assert sd == pytest.approx(math.sqrt((0.02 * 1 + 0.0001 * 2) / 3))


@given(st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=20), st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(values: list[float], factor: float) -> None:
    scaled = of(*(value * factor for value in values))
    assert scaled.mean_share == pytest.approx(of(*values).mean_share, rel=1e-6, abs=1e-9)


def test_nine_intervals_in_ten_hold_the_truth() -> None:
    rng = random.Random(7)
    mean_hits = next_hits = 0
    for _ in range(4000):
        found = of(*(rng.gauss(100.0, 5.0) for _ in range(4)))
        mean_hits += abs(found.mean - 100.0) <= found.mean_share * found.mean
        next_hits += abs(rng.gauss(100.0, 5.0) - found.mean) <= found.next_share * found.mean
    assert mean_hits / 4000 == pytest.approx(0.90, abs=0.015)
    assert next_hits / 4000 == pytest.approx(0.90, abs=0.015)


def test_a_ratio_is_the_sum_over_the_sum_as_in_a_long_run() -> None:
    # 10 J each, but one window stalled: 30 J for 201 samples, not the mean of 0.1, 0.1 and 10 J/sample
    found = spread(([10.0, 10.0, 10.0], [100.0, 100.0, 1.0]))
    assert found.mean == pytest.approx(30 / 201)
    residuals = [(10.0 - 30 / 201 * samples) / (30 / 201 * 67) for samples in (100, 100, 1)]
    assert found.relative_sd == pytest.approx(math.sqrt(sum(r * r for r in residuals) / 2))


def test_a_product_of_ratios_adds_their_residuals() -> None:
    joules, seconds, samples = [9.0, 11.0], [0.9, 1.1], [10.0, 10.0]
    alone = spread((joules, samples))
    both = spread((joules, samples), (seconds, samples))
    assert both.mean == pytest.approx(1.0 * 0.1)
    assert both.relative_sd == pytest.approx(2 * alone.relative_sd)


def test_nothing_drawn_is_nothing_and_not_an_error() -> None:
    assert spread(([0.0, 0.0], [5.0, 5.0])).mean == 0.0
