"""Figures by the hour: look them up at a time, and average them over a stretch of time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError

Array = NDArray[np.float64]
HOUR_S = 3600.0
_LONGEST = 24 * 366 * 20


def by_hour(rows: Sequence[Sequence[float]]) -> Array:
    """(rows, hours): rows of different length are repeated up to their common period."""
    period = math.lcm(*(len(row) for row in rows))
    if period > _LONGEST:
        raise InputError("the periods of the hourly figures have no common multiple below 20 years", value=period)
    return np.array([np.resize(np.asarray(row, dtype=np.float64), period) for row in rows])


class Profile:
    """Several figures by the hour, ready to be averaged exactly over many stretches of time at once."""

    def __init__(self, rows: Sequence[Sequence[float]], start_hour: float) -> None:
        self.values = by_hour(rows)
        self.start_s = start_hour * HOUR_S
        self.steady = bool((self.values == self.values[:, :1]).all())
        ends = np.cumsum(self.values, axis=1) * HOUR_S
        self._before = np.concatenate([np.zeros((len(rows), 1)), ends], axis=1)  # integral up to each hour

    def mean(self, row: NDArray[np.intp], start_s: Array, end_s: Array) -> Array:
        """Mean of figure ``row`` from ``start_s`` to ``end_s``; of the moment itself where both are equal."""
        if self.steady:
            return np.asarray(self.values[row, 0])
        length = end_s - start_s
        longer = length > 1e-6
        whole = self._upto(row, end_s) - self._upto(row, start_s)
        return np.where(longer, whole / np.where(longer, length, 1.0), self.at(row, start_s))

    def at(self, row: NDArray[np.intp], time_s: Array) -> Array:
        """Figure ``row`` at a time."""
        hour = np.floor((time_s + self.start_s) / HOUR_S).astype(np.intp)
        return np.asarray(self.values[row, hour % self.values.shape[1]])

    def _upto(self, row: NDArray[np.intp], time_s: Array) -> Array:
        hours = self.values.shape[1]
        position = (time_s + self.start_s) / HOUR_S
        full = np.floor(position / hours)
        inside = position - full * hours
        hour = np.minimum(inside.astype(np.intp), hours - 1)
        part = (inside - hour) * HOUR_S * self.values[row, hour]
        return np.asarray(full * self._before[row, -1] + self._before[row, hour] + part)
