"""Watts to joules: closed forms, bounds over holes, counters that begin anew."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.imports.imported import DISORDER, GAP, JUMPED
from setsuden.imports.integrate import from_counter, from_power

watts = st.lists(st.floats(0, 1e4), min_size=2, max_size=30)


def test_constant_power_is_power_times_time() -> None:
    trace = from_power([0, 10, 20, 30], [100] * 4, "x")
    assert trace.energy_j[-1] == 3000.0
    assert (trace.low_j == trace.energy_j).all()
    assert (trace.high_j == trace.energy_j).all()
    assert trace.flags == ()


def test_a_ramp_is_integrated_exactly() -> None:
    t = np.linspace(0, 10, 11)
    assert from_power(t.tolist(), (5 * t).tolist(), "x").energy_j[-1] == pytest.approx(250.0)


def test_a_hole_is_bridged_bounded_and_named() -> None:
    trace = from_power([0, 1, 2, 3, 103, 104], [10, 50, 50, 50, 50, 100], "x")
    assert trace.gaps_s == 100.0
    assert trace.flags == (GAP,)
    certain = 30 + 50 + 50 + 75
    assert trace.energy_j[-1] == pytest.approx(certain + 100 * 50)
    assert trace.low_j[-1] == pytest.approx(certain + 100 * 10)
    assert trace.high_j[-1] == pytest.approx(certain + 100 * 100)


@given(watts, st.integers(1, 29))
def test_two_halves_add_up_to_the_whole(powers: list[float], cut: int) -> None:
    cut = min(cut, len(powers) - 1)
    times = [float(k) for k in range(len(powers))]
    whole = from_power(times, powers, "x").energy_j[-1]
    halves = 0.0
    if cut >= 1:
        halves += from_power(times[: cut + 1], powers[: cut + 1], "x").energy_j[-1]
    if cut < len(powers) - 1:
        halves += from_power(times[cut:], powers[cut:], "x").energy_j[-1]
    assert halves == pytest.approx(whole)


@given(st.permutations(list(range(8))))
def test_the_order_of_samples_does_not_matter_but_is_told(order: list[int]) -> None:
    powers = [10.0 * k for k in range(8)]
    trace = from_power([float(k) for k in order], [powers[k] for k in order], "x")
    assert trace.energy_j[-1] == pytest.approx(from_power(list(map(float, range(8))), powers, "x").energy_j[-1])
    assert (DISORDER in trace.flags) == (order != sorted(order))


def test_a_counter_counts_through_a_hole() -> None:
    trace = from_counter([0, 1, 2, 100], [5, 15, 25, 1005], "x")
    assert trace.energy_j.tolist() == [0, 10, 20, 1000]
    assert trace.flags == ()


def test_a_counter_that_begins_anew_loses_at_most_what_full_power_would_have_drawn() -> None:
    trace = from_counter([0, 1, 2, 3, 4], [100, 110, 120, 4, 14], "x")
    assert trace.energy_j[-1] == pytest.approx(10 + 10 + 4 + 10)
    assert trace.high_j[-1] == pytest.approx(10 + 10 + 10 + 10)
    assert trace.flags == (GAP,)


@pytest.mark.parametrize("lower_j", [0.5, 2e5, 9e5])
def test_a_counter_that_falls_to_more_than_was_drawn_since_invents_nothing(lower_j: float) -> None:
    counts = [1e6 + 80.0 * k - (lower_j + 80.0 if k >= 30 else 0.0) for k in range(60)]
    trace = from_counter([float(k) for k in range(60)], counts, "x")
    assert trace.low_j[-1] <= 80.0 * 59 <= trace.high_j[-1] == pytest.approx(trace.energy_j[-1])
    assert trace.energy_j[-1] == pytest.approx(80.0 * 59)
    assert trace.flags == (GAP,)


@pytest.mark.parametrize(("jump_j", "believed"), [(2_000.0, True), (4e6, False)])
def test_a_counter_that_rises_by_far_more_than_elsewhere_may_have_jumped(jump_j: float, believed: bool) -> None:
    counts = [1e6 + 80.0 * k + (jump_j if k >= 30 else 0.0) for k in range(60)]
    trace = from_counter([float(k) for k in range(60)], counts, "x")
    assert trace.energy_j[-1] == pytest.approx(80.0 * 59 + jump_j * believed)
    assert trace.low_j[-1] <= 80.0 * 59 <= 80.0 * 59 + jump_j <= trace.high_j[-1]
    assert trace.flags == (JUMPED,)


def test_one_count_of_zero_is_bounded_on_both_sides() -> None:
    counts = [1e6 + 80.0 * k if k != 30 else 0.0 for k in range(60)]
    trace = from_counter([float(k) for k in range(60)], counts, "x")
    assert trace.energy_j[-1] == pytest.approx(80.0 * 59, rel=0.02)
    assert trace.low_j[-1] <= 80.0 * 59 <= trace.high_j[-1]
    assert trace.flags == (GAP, JUMPED)


def test_a_coarse_counter_does_not_jump_at_each_of_its_steps() -> None:
    trace = from_counter([float(k) for k in range(600)], [3600.0 * (80 * k // 3600) for k in range(600)], "x")
    assert (trace.flags, trace.step_j) == ((), 3600.0)


def test_unknown_samples_leave_a_hole_not_a_zero() -> None:
    times = [float(k) for k in range(12)]
    powers = [100.0] * 4 + [math.nan] * 5 + [100.0] * 3
    trace = from_power(times, powers, "x")
    assert trace.energy_j[-1] == pytest.approx(1100.0)
    assert trace.flags == (GAP,)


@pytest.mark.parametrize(
    ("times", "powers", "problem"),
    [
        ([0.0], [1.0], "two samples"),
        ([0.0, 0.0], [1.0, 2.0], "two samples"),
        ([0.0, 1.0], [1.0, -2.0], "not negative"),
        ([0.0, 1.0], [1.0, math.inf], "infinite"),
        ([0.0, math.nan], [1.0, 1.0], "finite"),
    ],
)
def test_nonsense_is_refused(times: list[float], powers: list[float], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        from_power(times, powers, "x")
