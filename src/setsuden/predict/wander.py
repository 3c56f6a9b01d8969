"""What a few steps say about all steps: where warm-up ends, what a step costs, and how far that may wander later.

Neighbouring steps are slow together: caches, clocks, neighbours on the same machine change over seconds and minutes. On
a shared machine the mean of eight seconds was hardly nearer to the mean of a minute than the mean of one second, so a
standard error that falls with the root of the number of steps promises far too much. The scatter is therefore read at
the longest scales that can be seen (Allan 1966, doi:10.1109/PROC.1966.4634: half the mean square of the difference of
neighbouring means) and taken to last, as flicker noise does: that noise then says how far the mean of what is ahead may
be from the mean of what was seen. A few seconds tell their own scatter badly, and a machine that has wandered before
will again, so that what earlier runs showed counts beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, log, log1p, sqrt

import numpy as np
import numpy.typing as npt

from setsuden.predict.speed import SPREAD

Floats = npt.NDArray[np.float64]

STALL = 5.0
"""A stretch beyond so many medians is a stall."""
STALL_SHARE = 0.02
"""One stall is taken as usual for the run only as far as it makes up this share of what was seen."""
_BLOCKS = 16
_SCALES = (1, 2, 4)  # blocks per mean; with all blocks 15, 13 and 9 differences
_LEAST_DIFFERENCES = 3
_OWN = 4  # degrees of freedom of the deviation: 2.9 at a quarter and 7.3 at an eighth of what was seen (Riley 2008)
_NINE_IN_TEN = {5: 2.015, 6: 1.943, 7: 1.895, 8: 1.860}  # half a 90 % interval of Student's t by degrees of freedom
_MOST = log(3.0)  # no interval reaches beyond threefold: wider, the steps have said nothing
_LEFT = 8  # stretches that more than half of warm-up must leave
_CLEAR, _DEARER = 2.0, 0.5  # deviations, and share, by which warm-up must stand out


def settled(costs: Floats) -> int:
    """How many stretches to leave out as warm-up: at most three quarters, and more than half only if some are left.

    costs   of one step in each stretch, at least two

    The cut that makes the mean of the rest most certain (marginal standard error rule, White 1997,
    doi:10.1177/003754979706900601), provided that the first half of what it leaves out is clearly dearer than the rest:
    steps wander up and down, but only a beginning costs half as much again. The first stretch is always left out and
    proves nothing.
    """
    held = np.minimum(costs, STALL * np.median(costs))
    count = np.arange(len(held), 0, -1)
    sums, squares = np.cumsum(held[::-1])[::-1], np.cumsum((held**2)[::-1])[::-1]
    error = (squares / count - (sums / count) ** 2) / count
    tie = 1e-12 * (sums[0] / count[0]) ** 2  # equal steps differ by rounding only
    most = max(len(held) // 2, min(3 * len(held) // 4, len(held) - _LEFT))
    cut = int(np.argmax(error[1 : most + 1] <= error[1 : most + 1].min() + tie)) + 1
    early, rest = costs[1 : 1 + cut // 2], held[cut:]
    clear = max(_DEARER, _CLEAR * deviation(rest, np.ones_like(rest)))
    return cut if cut > 1 and early.mean() > rest.mean() * (1 + clear) else 1


def mean_cost(costs: Floats, weights: Floats) -> float:
    """Cost of one step: the mean, as a sum needs it; one stall counts in full once enough has been seen beside it.

    costs, weights   of one step in each stretch, and the steps in it

    A stall is no chance once there has been another as long: what comes twice in the first seconds comes all along.
    """
    usual = STALL * float(np.median(costs))
    spent = costs * weights
    again = float(np.partition(spent, -2)[-2]) if len(spent) > 1 else 0.0
    most = np.maximum(usual, max(again, STALL_SHARE * float(spent.sum())) / weights)
    return float(np.average(np.minimum(costs, most), weights=weights))


def deviation(costs: Floats, weights: Floats) -> float:
    """Allan deviation of the mean cost as a share of it (0-1); 1 for too few stretches.

    The larger of the two longest scales that can be seen, with overlapping differences: steps that take turns, every
    eighth of which is dearer, say, differ a lot from one to the next and hardly from one second to the next.
    """
    blocks = _block_means(costs, weights)
    mean = float(np.average(costs, weights=weights))
    total = np.concatenate([[0.0], np.cumsum(blocks)])
    found = [
        float(np.mean((total[2 * size :] - 2 * total[size:-size] + total[: -2 * size]) ** 2)) / (2 * size**2)
        for size in _SCALES
        if len(blocks) >= 2 * size + _LEAST_DIFFERENCES - 1
    ]
    return min(sqrt(max(found[-2:])) / mean, 1.0) if found and mean > 0 else 1.0


def reach(costs: Floats, weights: Floats, ahead: float, earlier: Sequence[float]) -> tuple[float, float]:
    """Half-widths, in logarithms, of the 90 % interval of the mean cost of the steps ahead, to be joined.

    ahead     steps ahead over steps seen
    earlier   deviations that runs on this machine have shown: they count for one more than they are, at most as this

    The first by how this run wandered so far, the second by how runs on this machine do.
    """
    known = min(1 + len(earlier), _OWN)
    far = _NINE_IN_TEN[_OWN + known] * sqrt(_apart(ahead) / (_OWN + known))
    own, others = sqrt(_OWN) * deviation(costs, weights), sqrt(known) * usual(earlier)
    return min(far * own, _MOST), min(far * others, _MOST)


def usual(earlier: Sequence[float]) -> float:
    """Root mean square of the deviations of earlier runs; what is assumed counts as one more of them."""
    return sqrt(fsum((SPREAD**2, *(share**2 for share in earlier))) / (1 + len(earlier)))


def _apart(ahead: float) -> float:
    """Variance of the mean of what is ahead from the mean of what was seen, in Allan variances, under flicker noise.

    From the variogram of its running total, t^2 log t: 2 for as much ahead as seen, 3.6 for fifty times as much. What
    little is left at the end is far from the mean, too, as any short stretch is.
    """
    if ahead <= 0:
        return 0.0
    return ((1 + ahead) * log1p(1 / ahead) + (1 + 1 / ahead) * log1p(ahead)) / (2 * log(2))


def _block_means(costs: Floats, weights: Floats) -> Floats:
    """Means of blocks of nearly as many steps each."""
    ends = np.cumsum(weights)
    at = np.searchsorted(ends, np.linspace(0, ends[-1], min(_BLOCKS, len(costs)) + 1)[1:-1]) + 1
    edges = np.unique(np.concatenate([[0], at, [len(costs)]]))
    total = np.concatenate([[0.0], np.cumsum(costs * weights)])
    steps = np.concatenate([[0.0], ends])
    means: Floats = (total[edges[1:]] - total[edges[:-1]]) / (steps[edges[1:]] - steps[edges[:-1]])
    return means
