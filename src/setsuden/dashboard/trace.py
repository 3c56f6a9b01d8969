"""Power over time, thinned honestly: of all samples that share a pixel, the least, the most and the mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.ledger import RunRecord

Array = NDArray[np.float64]
_GAP = 4.0
"""A silence longer than so many usual intervals, and longer than a pixel, is left open."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One component, in equal steps of time; None where nothing was sampled.

    low, mean, high   W of each step
    """

    component: str
    low: Sequence[float | None]
    mean: Sequence[float | None]
    high: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Traces:
    """All counted components of a run.

    start_s   on the clock of the windows; every step is ``step_s`` long
    samples   how many there were in all, ``thinned`` whether several share a step
    """

    start_s: float
    step_s: float
    steps: int
    traces: tuple[Trace, ...]
    samples: int
    thinned: bool


def traces(record: RunRecord, most: int) -> Traces | None:
    """The counted channels of a run by component, in at most ``most`` steps; None without two samples of one.

    Channels of one component are added step by step: lowest to lowest and highest to highest, so that the band holds
    whatever their sum was.
    """
    found: dict[str, list[tuple[Array, Array]]] = {}
    for channel in record.channels:
        series = record.samples(channel.id) if channel.counted else None
        if series is not None and len(series.power_t_s) > 1:
            found.setdefault(channel.component, []).append((series.power_t_s, series.power_w))
    every = [t_s for parts in found.values() for t_s, _ in parts]
    if not every:
        return None
    start, end = min(float(t_s.min()) for t_s in every), max(float(t_s.max()) for t_s in every)
    if end <= start:
        return None
    longest = max(len(t_s) for t_s in every)
    steps = min(most, longest)
    step_s = (end - start) / steps
    shown = tuple(_component(name, parts, start, step_s, steps) for name, parts in found.items())
    return Traces(start, step_s, steps, shown, sum(map(len, every)), any(trace.low != trace.high for trace in shown))


def _component(name: str, parts: Sequence[tuple[Array, Array]], start: float, step_s: float, steps: int) -> Trace:
    columns = [np.zeros(steps) for _ in range(3)]
    known = np.ones(steps, bool)
    for t_s, power_w in parts:
        low, mean, high = thinned(t_s, power_w, start, step_s, steps)
        for column, one in zip(columns, (low, mean, high), strict=True):
            column += np.nan_to_num(one)
        known &= np.isfinite(mean)
    written = [[float(value) if there else None for value, there in zip(c, known, strict=True)] for c in columns]
    return Trace(name, *written)


def thinned(t_s: Array, power_w: Array, start: float, step_s: float, steps: int) -> tuple[Array, Array, Array]:
    """Least, mean and most of the samples in each step; NaN in steps of a silence.

    A sample stands for the time since the one before, so a step between two samples that are no silence apart carries
    the later one on.
    """
    order = np.argsort(t_s, kind="stable")
    t_s, power_w = t_s[order], power_w[order]
    place = np.clip(((t_s - start) / step_s).astype(np.int64), 0, steps - 1)
    low, high = np.full(steps, np.inf), np.full(steps, -np.inf)
    np.minimum.at(low, place, power_w)
    np.maximum.at(high, place, power_w)
    count = np.bincount(place, minlength=steps)
    sums = np.bincount(place, weights=power_w, minlength=steps)
    mean = np.divide(sums, count, out=np.full(steps, np.nan), where=count > 0)
    low[count == 0] = high[count == 0] = np.nan
    usual = float(np.median(np.diff(t_s))) if len(t_s) > 1 else step_s
    empty = np.flatnonzero(count == 0)
    if len(empty):
        after = np.searchsorted(t_s, start + (empty + 0.5) * step_s)
        inside = (after > 0) & (after < len(t_s))
        empty, after = empty[inside], after[inside]
        close = t_s[after] - t_s[after - 1] <= max(_GAP * usual, 2 * step_s)
        for column in (low, mean, high):
            column[empty[close]] = power_w[after[close]]
    return low, mean, high


def components(found: Traces) -> Mapping[str, float]:
    """Mean watts of each component over the steps that are known, for the words beside the picture."""
    return {
        trace.component: float(np.mean([value for value in trace.mean if value is not None] or [0.0]))
        for trace in found.traces
    }
