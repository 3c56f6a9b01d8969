"""Forecasts that need nothing but what was recorded before the start, and how far they missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Method = Literal["persistence", "day_ahead", "climatology", "perfect"]
METHODS: tuple[Method, ...] = get_args(Method)
HISTORY_H = 7 * 24
"""Hours before the start that must be there, so that every method can be judged on the same starts."""
_CLIMATE_H = 28 * 24


@dataclass(frozen=True, slots=True)
class Score:
    """How one method fared at one site over all starts and hours of the window, and what it was worth at home.

    error    mean absolute miss over the mean of what happened; ``bias`` the mean miss over it, above 0: too high
    saving   share saved at home by deciding on it, by way to wait; empty for other sites
    """

    site: str
    method: Method
    error: float
    bias: float
    saving: Mapping[str, float]


def forecast(method: Method, recorded: Array, start: int, hours: int) -> Array:
    """``hours`` figures from index ``start`` on; all but ``perfect`` look only at what lies before it.

    persistence   the last hour, kept
    day_ahead     the last 24 hours, repeated
    climatology   per hour of the day the mean of the last 28 days, or of as many as there are; missing hours left out
    perfect       what then happened: no forecast, but the bound that any forecast has
    """
    return _METHODS[method](recorded, start, hours)


def miss(said: Array, happened: Array) -> tuple[float, float]:
    """Mean absolute and mean miss, each over the mean of what happened."""
    mean = float(happened.mean())
    off = said - happened
    return (float(np.abs(off).mean()) / mean, float(off.mean()) / mean) if mean else (0.0, 0.0)


def _persistence(recorded: Array, start: int, hours: int) -> Array:
    return np.full(hours, recorded[start - 1])


def _day_ahead(recorded: Array, start: int, hours: int) -> Array:
    return recorded[start - 24 + np.arange(hours) % 24]


def _climatology(recorded: Array, start: int, hours: int) -> Array:
    days = min(start, _CLIMATE_H) // 24
    usual = np.nanmean(recorded[start - 24 * days : start].reshape(days, 24), axis=0)
    return np.asarray(usual[np.arange(hours) % 24])


def _perfect(recorded: Array, start: int, hours: int) -> Array:
    return recorded[start : start + hours]


_METHODS: Mapping[Method, Callable[[Array, int, int], Array]] = {
    "persistence": _persistence,
    "day_ahead": _day_ahead,
    "climatology": _climatology,
    "perfect": _perfect,
}
