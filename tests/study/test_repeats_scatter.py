"""Scatter of a ratio of means: against scipy, and the coverage of its intervals by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from setsuden.quantity import Estimate, Provenance
from setsuden.study.repeats.scatter import further_repeats, of_one, paired, stretched, unpaired, widened

A = [100.0, 104.0, 97.0, 101.0, 99.0]
B = [88.0, 91.0, 90.0, 86.5, 89.0]
DRAWS = 1500


def test_the_difference_of_two_means_is_that_of_welch_and_of_student() -> None:
    welch = stats.ttest_ind(B, A, equal_var=False)
    exact = welch.confidence_interval(0.90)
    assert unpaired(A, B).degrees == math.floor(welch.df)
    # Degrees of freedom are rounded down: the interval is never narrower than Welch's.
    half = (exact.high - exact.low) / 2
    assert half <= unpaired(A, B).joules <= 1.05 * half
    pairs = stats.ttest_rel(B, A).confidence_interval(0.90)
    assert paired(A, B).joules == pytest.approx((pairs.high - pairs.low) / 2)


def test_the_ratio_has_the_relative_errors_of_both_means() -> None:
    relative = [np.std(some, ddof=1) / np.mean(some) / math.sqrt(5) for some in (A, B)]
    found = unpaired(A, B)
    assert found.share == pytest.approx(stats.t.ppf(0.95, found.degrees) * math.hypot(*relative))
    residuals = np.divide(B, np.mean(B)) - np.divide(A, np.mean(A))
    half = stats.t.ppf(0.95, 4) * np.std(residuals, ddof=1) / math.sqrt(5)
    assert paired(A, B).share == pytest.approx(half)


def test_repeats_that_are_all_alike_leave_the_meter_alone() -> None:
    assert unpaired([10.0, 10.0], [9.0, 9.0])[:3] == (0.0, 0.0, 1)
    assert paired([10.0, 10.0], [9.0, 9.0]).share == 0.0


@given(st.lists(st.floats(1.0, 1e6), min_size=2, max_size=8), st.lists(st.floats(1.0, 1e6), min_size=2, max_size=8))
def test_swapping_the_sides_and_changing_the_unit_change_nothing(first: list[float], second: list[float]) -> None:
    there, back = unpaired(first, second), unpaired(second, first)
    assert (there.share, there.joules, there.degrees) == pytest.approx((back.share, back.joules, back.degrees))
    scaled = unpaired([1000 * one for one in first], [1000 * one for one in second])
    assert (scaled.share, scaled.joules) == pytest.approx((there.share, 1000 * there.joules), rel=1e-6, abs=1e-9)


def draws(rng: np.random.Generator, mean: float, relative_sd: float, n: int, kind: str) -> NDArray[np.float64]:
    """``DRAWS`` rows of ``n`` runs with this mean."""
    if kind == "normal":
        return mean * (1 + relative_sd * rng.standard_normal((DRAWS, n)))
    sigma = math.sqrt(math.log1p(relative_sd**2))
    return np.asarray(mean * np.exp(sigma * rng.standard_normal((DRAWS, n)) - sigma**2 / 2))


@pytest.mark.parametrize("kind", ["normal", "lognormal"])
@pytest.mark.parametrize(("first_sd", "second_sd"), [(0.02, 0.02), (0.10, 0.02), (0.15, 0.15)])
@pytest.mark.parametrize(("n", "m"), [(3, 3), (5, 5), (5, 10)])
def test_the_unpaired_interval_holds_nine_truths_in_ten(
    kind: str, first_sd: float, second_sd: float, n: int, m: int
) -> None:
    rng = np.random.default_rng(20261122)
    first, second = draws(rng, 100.0, first_sd, n, kind), draws(rng, 88.0, second_sd, m, kind)
    inside = [
        abs(math.log(b.mean() / a.mean()) - math.log(0.88)) <= unpaired(list(a), list(b)).share
        for a, b in zip(first, second, strict=True)
    ]
    # 1,500 draws: a standard error of 0.8 %.
    assert 0.88 <= np.mean(inside) <= 0.97


@pytest.mark.parametrize("n", [3, 5, 10])
def test_the_paired_interval_holds_nine_truths_in_ten_however_the_turns_drift(n: int) -> None:
    rng = np.random.default_rng(20261122)
    drift = 1 + 0.3 * np.linspace(0, 1, n)  # the machine gets dearer by a third from the first turn to the last
    first, second = draws(rng, 100.0, 0.02, n, "normal") * drift, draws(rng, 97.0, 0.02, n, "normal") * drift
    found = [(paired(list(a), list(b)).share, b.mean() / a.mean()) for a, b in zip(first, second, strict=True)]
    assert 0.88 <= np.mean([abs(math.log(ratio / 0.97)) <= share for share, ratio in found]) <= 0.97
    apart = [unpaired(list(a), list(b)).share for a, b in zip(first, second, strict=True)]
    assert np.median([share for share, _ in found]) < 0.5 * np.median(apart)


def metered(value: float, error: float) -> Estimate:
    return Estimate.relative(value, error, "J", Provenance.MEASURED)


@pytest.mark.parametrize(("gain_a", "gain_b"), [(0.0, 0.0), (0.05, 0.05), (-0.05, 0.05), (0.05, -0.05)])
def test_with_the_meters_error_the_intervals_hold_wherever_the_meter_errs(gain_a: float, gain_b: float) -> None:
    rng = np.random.default_rng(7)
    truths = draws(rng, 100.0, 0.06, 4, "normal"), draws(rng, 88.0, 0.04, 4, "normal")
    shown = truths[0] / (1 + gain_a), truths[1] / (1 + gain_b)  # two meters, each within its 5 %
    means, ratios = [], []
    for a, b in zip(*shown, strict=True):
        mean = of_one(list(a))
        interval = widened(metered(mean.mean, 0.05), mean.mean_share * mean.mean)
        means.append(interval.low <= 100.0 <= interval.high)
        ratio = stretched(metered(b.mean(), 0.05) / metered(a.mean(), 0.05), unpaired(list(a), list(b)).share)
        ratios.append(ratio.low <= 0.88 <= ratio.high)
    assert np.mean(means) >= 0.90
    assert np.mean(ratios) >= 0.90


@pytest.mark.parametrize("pairs", [False, True])
def test_as_many_repeats_as_are_foretold_decide_about_four_times_in_five(pairs: bool) -> None:
    rng = np.random.default_rng(3)
    first, second = [100.0, 108.0, 95.0], [98.0, 93.0, 99.0]
    found = (paired if pairs else unpaired)(first, second)
    truth = math.log(np.mean(second) / np.mean(first))
    further = further_repeats(found, -truth, 3, pairs=pairs)
    assert further is not None
    n = 3 + further
    if pairs:  # scatter of the ratio from turn to turn, all of it on one side
        a, b = draws(rng, 100.0, 1e-9, n, "normal"), draws(rng, 100.0, math.sqrt(found.variance), n, "normal")
    else:
        sides = [of_one(side).relative_sd for side in (first, second)]
        a, b = draws(rng, 100.0, sides[0], n, "normal"), draws(rng, 100.0, sides[1], n, "normal")
    b = b * math.exp(truth)
    judge = paired if pairs else unpaired
    decided = [
        math.log(two.mean() / one.mean()) + judge(list(one), list(two)).share < 0 for one, two in zip(a, b, strict=True)
    ]
    assert 0.74 <= np.mean(decided) <= 0.88


def test_no_number_of_repeats_helps_against_the_meter_and_very_many_are_not_named() -> None:
    found = unpaired(A, B)
    assert further_repeats(found, 0.0, 5, pairs=False) is None
    assert further_repeats(found, -0.1, 5, pairs=False) is None
    assert further_repeats(found, 1e-6, 5, pairs=False) is None
    assert further_repeats(found, 0.10, 5, pairs=False) == 1
