"""Schedules against brute force, on any forecast."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.placement.training import best_start, elastic, pauses, switches

forecasts = st.lists(st.floats(1, 1000), min_size=3, max_size=9).map(np.array)


def cost(forecast: np.ndarray, chosen: np.ndarray, switch: float) -> float:
    again = np.flatnonzero(chosen[1:] & ~chosen[:-1]) + 1
    paid = again[len(again) - switches(chosen) :]
    return float(forecast[chosen].sum() + switch * forecast[paid].sum())


@settings(deadline=None)
@given(forecast=forecasts, hours=st.integers(1, 3))
def test_the_best_start_is_the_least_of_all_stretches(forecast: np.ndarray, hours: int) -> None:
    sums = [forecast[i : i + hours].sum() for i in range(forecast.size - hours + 1)]
    assert sums[best_start(forecast, hours)] == pytest.approx(min(sums))


@settings(deadline=None)
@given(forecast=forecasts, hours=st.integers(1, 3), switch=st.floats(0, 3))
def test_pausing_is_the_least_of_all_subsets_with_every_restart_paid(
    forecast: np.ndarray, hours: int, switch: float
) -> None:
    found = pauses(forecast, hours, switch)
    assert found.sum() == hours
    every = []
    for picked in combinations(range(forecast.size), hours):
        chosen = np.zeros(forecast.size, dtype=bool)
        chosen[list(picked)] = True
        every.append(cost(forecast, chosen, switch))
    assert cost(forecast, found, switch) == pytest.approx(min(every))


@given(forecast=forecasts, hours=st.integers(1, 3))
def test_free_pauses_take_the_cheapest_hours_and_dear_ones_one_stretch(forecast: np.ndarray, hours: int) -> None:
    free = pauses(forecast, hours, 0.0)
    assert forecast[free].sum() == pytest.approx(np.sort(forecast)[:hours].sum())
    assert switches(pauses(forecast, hours, 1e9)) == 0


@settings(deadline=None)
@given(forecast=st.lists(st.floats(1, 1000), min_size=2, max_size=3).map(np.array), work=st.floats(0.1, 3))
def test_scaling_is_the_least_of_a_fine_grid_of_allocations(forecast: np.ndarray, work: float) -> None:
    gains = (1.0, 0.6)
    found = elastic(forecast, work, gains)
    done = np.minimum(found, 1) + 0.6 * np.maximum(found - 1, 0)
    assert done.sum() == pytest.approx(work)
    steps = np.linspace(0, 2, 9)
    grid = np.stack(np.meshgrid(*[steps] * forecast.size), axis=-1).reshape(-1, forecast.size)
    enough = grid[(np.minimum(grid, 1) + 0.6 * np.maximum(grid - 1, 0)).sum(axis=1) >= work]
    if enough.size:
        assert found @ forecast <= (enough @ forecast).min() * (1 + 1e-9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: best_start(np.ones(3), 4),
        lambda: pauses(np.ones(3), 4, 0.0),
        lambda: elastic(np.ones(3), 4.0, [1.0]),
        lambda: elastic(np.ones(3), 1.0, [1.0, 1.2]),
    ],
)
def test_a_job_that_does_not_fit_is_refused(call: object) -> None:
    with pytest.raises(InputError):
        call()  # type: ignore[operator]
