"""Watts or counted joules over time -> joules with bounds; holes are bridged, bounded and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.imports.imported import DISORDER, GAP, JUMPED
from setsuden.ledger.codec import Row

GAP_INTERVALS = 3.0
"""A distance of more than so many usual distances between samples is a gap."""

JUMP = 10.0
"""A counter that rises by more than so many times what is usual for it has jumped, or drew exceptionally much."""

MOST_OF_ONE_W = 1e5
"""No machine draws more, nor a rack of them."""

_FEW, _OFTEN = 2, 0.2  # a counter begins anew no more often: two times, or at every fifth sample
_COMMON = 0.99  # the share of rises that are no exceptions
_COARSE = 0.2  # a counter that stands still between so many samples moves in steps of its own
_TINY_S = 1e-9
MOST_COUNT = 1e21  # J: the world's electricity in a decade
MOST_W = 1e9
"""No data centre draws more; a unit typed wrong does."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trace:
    """Cumulative joules since the first sample.

    t_s             as given, ascending
    energy_j        low_j <= energy_j <= high_j; they part only where a gap was bridged
    power_w         watts at each sample, None where the source counted joules
    gaps_s          seconds inside gaps
    step_j          what a coarse counter moves by, 0 for one that moves with nearly every sample
    flags           codes that occurred
    """

    t_s: Array
    energy_j: Array
    low_j: Array
    high_j: Array
    power_w: Array | None
    gaps_s: float
    flags: tuple[str, ...]
    step_j: float = 0.0

    def rows(self, origin_s: float) -> list[Row]:
        """Samples for the ledger, times counted from ``origin_s``."""
        watts: Sequence[float | None] = [None] * len(self.t_s) if self.power_w is None else self.power_w.tolist()
        columns = zip(self.t_s - origin_s, self.energy_j, self.low_j, self.high_j, watts, strict=True)
        return [(float(t), float(e), float(low), float(high), w) for t, e, low, high, w in columns]


def from_power(times_s: Sequence[float], power_w: Sequence[float], place: str) -> Trace:
    """Trapezoids between samples. Across a gap the value is the same trapezoid, the bounds are the least and the most
    power seen anywhere in the series.

    Raises InputError for fewer than two samples, negative or infinite power, and times that are not numbers.
    """
    t, p, flags = _ordered(times_s, power_w, place, np.add)
    if (p < 0).any():
        raise InputError(
            "power is not negative", place=place, value=float(p.min()),
            remedy="Turn the sign, or leave out what is fed back.",
        )  # fmt: skip
    if (p > MOST_W).any():
        raise InputError(
            "is more power than any machine draws", place=place, value=float(p.max()), remedy="Check the unit."
        )
    steps = np.diff(t)
    joules = 0.5 * (p[1:] + p[:-1]) * steps
    gaps = _gaps(steps)
    low = np.where(gaps, np.minimum(joules, p.min() * steps), joules)
    high = np.where(gaps, np.maximum(joules, p.max() * steps), joules)
    return _trace(t, joules, low, high, p, steps[gaps].sum(), flags)


def from_counter(times_s: Sequence[float], energy_j: Sequence[float], place: str) -> Trace:
    """Differences of a counter of joules; a count that falls began anew at zero, as Prometheus counters do.

    A gap needs no bounds, because the counter went on; across a restart the joules before it are lost, and bounded by
    the most power seen. A fall to more than can have been drawn since is no new start, a rise by far more than
    elsewhere may be a jump: both are bounded, and the mean power is the value, unless a machine can draw the rise.

    Raises InputError for what ``from_power`` refuses, and for a column that falls again and again.
    """
    t, e, flags = _ordered(times_s, energy_j, place, np.maximum)
    steps, drawn = np.diff(t), np.diff(e)
    fell = drawn < 0
    if fell.all() or fell.sum() > max(_FEW, _OFTEN * len(fell)):
        raise InputError(
            "a column that falls again and again counts nothing", place=place,
            remedy="Check which column is the energy; joules of single intervals must be summed up first.",
        )  # fmt: skip
    usual_j = _usual_w(drawn / steps) * steps
    anew, jumped = fell & (e[1:] <= usual_j), drawn > JUMP * usual_j
    clear = ~(fell | jumped)
    mean_j = drawn[clear].sum() / max(steps[clear].sum(), _TINY_S) * steps
    unknown = (fell & ~anew) | (jumped & (drawn > MOST_OF_ONE_W * steps))
    joules = np.select([anew, unknown], [e[1:], mean_j], drawn)
    low = np.where(unknown | jumped, 0.0, joules)
    high = np.maximum(joules, np.where(fell, usual_j, drawn))
    flags = (*flags, *((GAP,) if fell.any() else ()), *((JUMPED,) if jumped.any() else ()))
    rises = drawn[clear & (drawn > 0)]
    step_j = float(rises.min()) if rises.size and (drawn == 0).mean() > _COARSE else 0.0
    return _trace(t, joules, low, high, None, float(steps[fell].sum()), flags, step_j)


def _usual_w(watts: Array) -> float:
    """The most power that is no exception. A coarse counter moves in few of its steps only: those count."""
    rises = watts[watts > 0]
    if not rises.size:
        return 0.0
    return float(rises[rises <= JUMP * np.quantile(rises, _COMMON, method="lower")].max())


def _ordered(
    times_s: Sequence[float], values: Sequence[float], place: str, join: np.ufunc
) -> tuple[Array, Array, tuple[str, ...]]:
    """In order of time, unknown ones left out; those of one time made one by ``join``: their sum means their mean."""
    t, v = np.asarray(times_s, dtype=float), np.asarray(values, dtype=float)
    if not np.isfinite(t).all():
        raise InputError("a time is not a finite number", place=place, remedy="Take these rows out of the file.")
    known = ~np.isnan(v)  # an unknown sample is no sample: what it leaves is a gap
    t, v = t[known], v[known]
    if np.isinf(v).any() or (np.abs(v) > MOST_COUNT).any():
        raise InputError("a sample is infinite, or as good as", place=place, remedy="Check the unit of the column.")
    order = np.argsort(t, kind="stable")
    flags = (DISORDER,) if (order != np.arange(len(t))).any() else ()
    t, v = t[order], v[order]
    t, first, counts = np.unique(t, return_index=True, return_counts=True)
    if len(first):
        v = join.reduceat(v, first) / (counts if join is np.add else 1)
    if len(t) < 2:
        raise InputError(
            "energy needs at least two samples at different times", place=place, value=len(t),
            remedy="Export a longer stretch or a finer step.",
        )  # fmt: skip
    return t, v, flags


def _gaps(steps: Array) -> NDArray[np.bool_]:
    return np.asarray(steps > GAP_INTERVALS * float(np.median(steps)))


def _trace(
    t: Array, joules: Array, low: Array, high: Array, power: Array | None, gaps_s: float, flags: tuple[str, ...],
    step_j: float = 0.0,
) -> Trace:  # fmt: skip
    def summed(steps: Array) -> Array:
        return np.concatenate([[0.0], np.cumsum(steps)])

    if gaps_s > 0 and GAP not in flags:
        flags = (*flags, GAP)
    return Trace(t, summed(joules), summed(low), summed(high), power, float(gaps_s), flags, step_j)
