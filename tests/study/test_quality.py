"""Accuracy intervals, energy to a target, quantiles of latency."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.quantity import NODE, Estimate, Provenance
from setsuden.study.quality import energy_to_target, latency_quantile, target_accuracy, wilson
from setsuden.study.record import CurvePoint, Quality


def trained(*points: tuple[float, float], share: float = 0.0) -> Quality:
    curve = tuple(CurvePoint(i + 1.0, 100, accuracy, 1.0, joules, 1.0) for i, (accuracy, joules) in enumerate(points))
    energy = Estimate.relative(points[-1][1], share, "J", Provenance.MEASURED, NODE)
    right = round(points[-1][0] * 100)
    return Quality("m", 8, "sgd", 0.1, "fp32", right, 100, 100, 1.0, energy, curve, False)


def test_wilson_by_hand() -> None:
    # 8 right of 10 at z = 1.644854: centre (0.8 + z^2/20)/(1 + z^2/10), half-width likewise
    found = wilson(8, 10)
    assert (found.low, found.value, found.high) == (
        pytest.approx(0.5408, abs=1e-4),
        0.8,
        pytest.approx(0.9314, abs=1e-4),
    )


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_stays_between_nothing_and_everything(counts: tuple[int, int]) -> None:
    found = wilson(*counts)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high


def test_more_questions_make_it_surer() -> None:
    assert wilson(800, 1000).half_width < wilson(80, 100).half_width


@pytest.mark.parametrize("counts", [(1, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(*counts)


def test_energy_to_a_target_lies_between_the_evaluations_around_it() -> None:
    found = energy_to_target(trained((0.4, 10.0), (0.8, 30.0), (0.9, 50.0)), 0.6)
    assert found is not None
    assert (found.low, found.value, found.high) == (10.0, pytest.approx(20.0), 30.0)


def test_the_sensor_error_widens_the_energy_to_a_target() -> None:
    found = energy_to_target(trained((0.4, 10.0), (0.8, 30.0), share=0.1), 0.6)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(9.0), pytest.approx(33.0))


def test_a_target_never_reached_has_no_energy() -> None:
    assert energy_to_target(trained((0.4, 10.0), (0.5, 30.0)), 0.6) is None


def test_a_first_crossing_counts_even_when_the_accuracy_falls_again() -> None:
    found = energy_to_target(trained((0.7, 10.0), (0.5, 30.0)), 0.7)
    assert found is not None
    assert found.value == pytest.approx(10.0)


def test_the_target_is_the_declared_one_then_the_floor_then_five_points_below_the_best() -> None:
    results = [trained((0.8, 1.0)), trained((0.9, 1.0))]
    assert target_accuracy(0.95, 0.7, results) == 0.95
    assert target_accuracy(None, 0.7, results) == 0.7
    assert target_accuracy(None, None, results) == pytest.approx(0.85)
    assert target_accuracy(None, None, []) is None


def test_a_quantile_of_latency_comes_with_an_interval_of_order_statistics() -> None:
    found = latency_quantile([i / 1000 for i in range(1, 101)], 0.5, Provenance.MEASURED)
    assert found is not None
    # 90 % interval of the median of 100: ranks 42 and 59, as in tables of order statistics
    assert (found.low, found.value, found.high) == (pytest.approx(42), pytest.approx(50), pytest.approx(60, abs=1))
    assert latency_quantile([], 0.5, Provenance.MEASURED) is None


@given(st.lists(st.floats(1e-6, 10), min_size=1, max_size=50), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_quantile_is_one_of_the_latencies(latencies: list[float], share: float) -> None:
    found = latency_quantile(latencies, share, Provenance.MEASURED)
    assert found is not None
    assert found.value / 1e3 in [pytest.approx(latency) for latency in latencies]


def test_what_diverged_sets_no_target() -> None:
    steady, lost = trained((0.6, 10.0)), replace(trained((0.9, 10.0)), diverged=True)
    assert target_accuracy(None, None, [steady, lost]) == pytest.approx(0.55)
    assert target_accuracy(None, None, [lost]) is None
