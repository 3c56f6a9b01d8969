"""How one channel relates to another that is trusted more: gain, offset, delay, and how often it is refreshed.

The trusted channel is laid over the other at every delay (``align``); at the best one their mean powers in bins are
fitted with a straight line, *trusted = gain x channel + offset*. Both are taken from counted joules, so that a power
reading of one moment and a mean of an interval are not confused. Intervals are 5-95 % of refits on resampled blocks of
bins, in which the delay is found anew, near the one of the alignment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.imports.align import clock_offset
from setsuden.ledger import ChannelRecord, RunRecord
from setsuden.quantity import Estimate, Provenance
from setsuden.quantity.provenance import weakest
from setsuden.sensors.correction import Correction

__all__ = ["Correction", "compare", "update_interval"]

DELAY_SHARE = 0.2
"""A delay is searched up to this share of the common time, and up to ``most_s``."""
_REFITS = 400
_DELAYS = 33  # tried around the best one of the alignment, within one of its steps
_BLOCK = 3  # bins that are resampled together, because neighbours resemble each other
_STEPS_PER_BIN = 4
_LEAST_BINS = 12
_REFRESHED_ALWAYS = 0.95

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Trace:
    """Joules counted at ascending times, seconds since 1970."""

    t_s: Array
    energy_j: Array

    def watts(self, begin_s: float, end_s: float, step_s: float) -> tuple[list[float], list[float]]:
        """Mean power in steps, at the middle of each."""
        edges = np.arange(begin_s, end_s + step_s / 1e6, step_s)
        return ((edges[1:] + edges[:-1]) / 2).tolist(), self.means(edges).tolist()

    def means(self, edges_s: Array) -> Array:
        """Mean power between ``edges_s``."""
        return np.asarray(np.diff(np.interp(edges_s, self.t_s, self.energy_j)) / np.diff(edges_s), float)

    def as_read_at(self, t_s: Array) -> _Trace:
        """What a meter would have made of it that reads, at these times, the mean power around each of them."""
        half_s = 0.5 * float(np.median(np.diff(t_s)))
        begin_j, end_j = (np.interp(t_s + aside_s, self.t_s, self.energy_j) for aside_s in (-half_s, half_s))
        watts = (end_j - begin_j) / (2 * half_s)
        steps_j = 0.5 * (watts[1:] + watts[:-1]) * np.diff(t_s)
        return _Trace(t_s, np.concatenate([[0.0], np.cumsum(steps_j)]))


def compare(
    run: RunRecord, channel: str, reference_run: RunRecord, reference: str, *, most_s: float = 60.0, seed: int = 0
) -> Correction:
    """The correction of a channel by a reference, from one run or from two of the same time.

    most_s   longest delay that is tried, s

    Raises InputError for unknown channels, runs without samples, too little common time, power that hardly changes,
    and traces that do not show the same thing.
    """
    if (run.id, channel) == (reference_run.id, reference):
        raise InputError(
            "a channel cannot be its own reference", place="--against", value=reference,
            remedy="Name another channel, or another run with --against-run.",
        )  # fmt: skip
    ours, theirs = _trace(run, channel), _trace(reference_run, reference)
    begin, end = max(ours.t_s[0], theirs.t_s[0]), min(ours.t_s[-1], theirs.t_s[-1])
    margin = min(most_s, DELAY_SHARE * (end - begin))
    if margin <= 0:
        raise InputError(
            "the two were not recorded at the same time", place=run.id, value=reference_run.id,
            remedy="Record both over one stretch; check the times of an import with `setsuden show`.",
        )  # fmt: skip
    kinds = {each.id: each for each in run.channels}, {each.id: each for each in reference_run.channels}
    if kinds[0][channel].correction is not None:
        raise InputError(
            "this channel was corrected while it was recorded", place=run.id, value=channel,
            remedy="Record a run without --correct and compare that.",
        )  # fmt: skip
    refreshed = update_interval(run, kinds[0][channel])
    # Shorter steps than its updates would show the channel's stairs instead of its power.
    step_s = max(refreshed.value, *(float(np.median(np.diff(each.t_s))) for each in (ours, theirs)))
    found = clock_offset(
        *theirs.watts(begin + margin, end - margin, step_s), *ours.watts(begin, end, step_s), most_s=margin,
        place=channel,
    )  # fmt: skip
    bin_s = _STEPS_PER_BIN * 2 * found.uncertainty_s
    edges = np.arange(begin + margin, end - margin, bin_s)
    if len(edges) <= _LEAST_BINS:
        raise InputError("too little common time to compare", place=channel, remedy="Record longer or sample faster.")
    delays = found.seconds + found.uncertainty_s * np.linspace(-2, 2, _DELAYS)
    truth = theirs.means(edges)
    views = [np.asarray([ours.means(edges + delay) for delay in delays])]
    if kinds[1][reference].method == "power":
        # Readings of a power blur it; beside what is not blurred that pulls the gain down, by how much nobody says.
        views.append(np.asarray([ours.as_read_at(theirs.t_s + delay).means(edges + delay) for delay in delays]))
    shown = views[-1]
    best, gain, offset = _fit(shown, truth)
    ends = np.asarray([np.quantile(_refits(view, truth, delays, seed), (0.05, 0.95), axis=0) for view in views])
    low, high = ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)
    trusted = kinds[1][reference]
    provenance = weakest([kinds[0][channel].provenance, trusted.provenance])

    def around(value: float, low: float, high: float, unit: str) -> Estimate:
        return Estimate(value, min(value, low), max(value, high), unit, provenance)

    delay, half = float(delays[best]), found.uncertainty_s
    return Correction(
        run.id, channel, reference_run.id, reference,
        around(gain, float(low[1]), float(high[1]), "1"),
        around(offset, float(low[2]), float(high[2]), "W"),
        around(delay, min(delay - half, float(low[0])), max(delay + half, float(high[0])), "s"),
        refreshed,
        max(trusted.relative_error, trusted.relative_error_below or 0.0),
        float(shown[best].min()), float(shown[best].max()), len(truth), min(1.0, found.correlation), found.ambiguous,
    )  # fmt: skip


def update_interval(run: RunRecord, channel: ChannelRecord) -> Estimate:
    """How often the figure changes, s: the time between changes, known to one sampling period at both ends together.

    A figure that is new at nearly every sample is refreshed at least as often: from 0 to one period. Of a power
    reading that holds still because the power does, the interval comes out too long.
    """
    series = run.samples(channel.id)
    counter = channel.method == "counter"
    t_s, shown = (series.t_s, series.energy_j) if counter else (series.power_t_s, series.power_w)
    if len(t_s) < 3:
        raise InputError(
            "this channel has too few samples", place=run.id, value=channel.id,
            remedy="Record longer or sample faster.",
        )  # fmt: skip
    period_s = float(np.median(np.diff(t_s)))
    changed = np.flatnonzero(np.diff(shown) != 0) + 1
    if len(changed) < 3:
        raise InputError(
            "this channel never changes", place=run.id, value=channel.id,
            remedy="Record a load that comes and goes.",
        )  # fmt: skip
    count = len(changed) - 1
    if count >= _REFRESHED_ALWAYS * (len(t_s) - 2):
        return Estimate(period_s, 0.0, period_s, "s", Provenance.MEASURED)
    span_s = float(t_s[changed[-1]] - t_s[changed[0]])
    return Estimate(
        span_s / count, max(0.0, span_s - period_s) / count, (span_s + period_s) / count, "s", Provenance.MEASURED
    )


def _trace(run: RunRecord, channel: str) -> _Trace:
    series, root = run.samples(channel), run.root
    if root is None or len(series.t_s) < 2:
        raise InputError(
            "this channel has no samples", place=run.id, value=channel, remedy="Record it with --rate above 0."
        )
    fresh = np.concatenate([[True], np.diff(series.t_s) > 0])
    t_s, energy_j = series.t_s[fresh], series.energy_j[fresh]
    if (np.diff(energy_j) < 0).any():
        raise InputError(
            "the count begins anew inside this run", place=run.id, value=channel,
            remedy="Compare runs of one meter each.",
        )  # fmt: skip
    return _Trace(t_s - root.start_s + datetime.fromisoformat(root.started_at).timestamp(), energy_j)


def _fit(shown: Array, truth: Array) -> tuple[int, float, float]:
    """Which row of ``shown`` (one per delay) a line brings closest to ``truth``; slope and intercept of that line."""
    x = shown - shown.mean(axis=1, keepdims=True)
    y = truth - truth.mean()
    spread = (x**2).sum(axis=1)
    slopes = np.divide(x @ y, spread, out=np.zeros(len(shown)), where=spread > 0)
    best = int(np.argmin(((y - slopes[:, np.newaxis] * x) ** 2).sum(axis=1)))
    return best, float(slopes[best]), float(truth.mean() - slopes[best] * shown[best].mean())


def _refits(shown: Array, truth: Array, delays: Array, seed: int) -> Array:
    """Delay, gain and offset, fitted together on blocks of bins drawn again and again; one row each."""
    rng = np.random.default_rng(seed)
    starts = np.arange(len(truth) - _BLOCK + 1)
    found = []
    for _ in range(_REFITS):
        blocks = rng.choice(starts, -(-len(truth) // _BLOCK))
        chosen = (blocks[:, np.newaxis] + np.arange(_BLOCK)).ravel()
        best, gain, offset = _fit(shown[:, chosen], truth[chosen])
        found.append((delays[best], gain, offset))
    return np.asarray(found)
