"""Which hours to run in, decided on a forecast: one stretch, with pauses, or with more or fewer workers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError

Array = NDArray[np.float64]


def best_start(forecast: Array, hours: int) -> int:
    """The start, hours from now, of the stretch with the least forecast intensity; the earliest of equals.

    forecast   one figure per hour of the window; the stretch must fit in it
    """
    _check(forecast.size, hours)
    sums = np.convolve(forecast, np.ones(hours), mode="valid")
    least = sums.min()
    return int(np.flatnonzero(sums <= least * (1 + 1e-12))[0])


def pauses(forecast: Array, hours: int, switch_hours: float) -> NDArray[np.bool_]:
    """The hours to run in with the least forecast carbon, each pause paid for; exact, by dynamic programming.

    switch_hours   energy of one checkpoint and restart, in hours of running; paid at the intensity of the hour in which
                   it runs again

    Let a(t, k) and b(t, k) be the least cost of having run k hours by hour t, running or not in hour t.
    """
    _check(forecast.size, hours)
    n = forecast.size
    running = np.full((n, hours + 1), np.inf)
    resting = np.full((n, hours + 1), np.inf)
    came_running = np.zeros((n, hours + 1), dtype=np.bool_)  # how the best a(t, k) was reached
    rested_running = np.zeros((n, hours + 1), dtype=np.bool_)
    running[0, 1], resting[0, 0] = forecast[0], 0.0
    for t in range(1, n):
        # starting for the first time is no restart
        again = resting[t - 1, :-1] + switch_hours * forecast[t] * (np.arange(hours) > 0)
        on = running[t - 1, :-1]
        came_running[t, 1:] = on <= again
        running[t, 1:] = np.minimum(on, again) + forecast[t]
        rested_running[t] = running[t - 1] < resting[t - 1]
        resting[t] = np.minimum(running[t - 1], resting[t - 1])
    chosen = np.zeros(n, dtype=np.bool_)
    k, active = hours, bool(running[n - 1, hours] < resting[n - 1, hours])  # of equals, done earlier
    for t in range(n - 1, -1, -1):
        if active:
            chosen[t] = True
            active = bool(came_running[t, k])
            k -= 1
        else:
            active = bool(rested_running[t, k])
        if k == 0:
            break
    return chosen


def switches(chosen: NDArray[np.bool_]) -> int:
    """How often a schedule resumes after its first start."""
    starts = int(chosen[0]) + int((chosen[1:] & ~chosen[:-1]).sum())
    return max(0, starts - 1)


def elastic(forecast: Array, work_hours: float, marginal: Sequence[float]) -> Array:
    """Worker-hours per hour of the window: workers go where they do most per gram (CarbonScaler, Hanafy et al. 2023).

    work_hours   hours that one worker would need
    marginal     throughput that the first, second ... worker adds, in units of the first; must not rise

    Greedy over (marginal throughput) / intensity; the last one taken runs for the part of its hour that is left to do.
    """
    gains = list(marginal)
    if not gains or gains[0] != 1.0 or any(b > a or b <= 0 for a, b in pairwise(gains)):
        raise InputError(
            "marginal throughputs start at 1 and never rise", value=gains, remedy="For example [1, 0.9, 0.7]."
        )
    if work_hours > sum(gains) * forecast.size:
        raise InputError(
            "the job does not fit before the deadline, even with all workers", value=f"{work_hours:g} hours of work"
        )
    workers = np.zeros(forecast.size)
    order = sorted(
        (
            (intensity / gain, worker, hour)
            for hour, intensity in enumerate(forecast)
            for worker, gain in enumerate(gains)
        ),
    )
    left = work_hours
    for _, worker, hour in order:
        share = min(1.0, left / gains[worker])
        workers[hour] += share
        left -= share * gains[worker]
        if left <= 1e-12:
            break
    return workers


def _check(window: int, hours: int) -> None:
    if not 1 <= hours <= window or not math.isfinite(window):
        raise InputError(
            "the job does not fit before the deadline",
            value=f"{hours} hours in a window of {window}",
            remedy="Give a later deadline or a shorter job.",
        )
