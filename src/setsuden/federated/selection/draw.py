"""Drawing a cohort without replacement so that each client's chance is known: systematic sampling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def inclusion(weights: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """(clients,): chance of each client, proportional to its weight and at most 1; they sum to ``count``.

    weights   >= 0; a client of weight 0 is never drawn. With fewer than ``count`` positive weights all are certain.
    """
    positive = weights > 0
    if int(positive.sum()) <= count:
        return positive.astype(np.float64)
    chance = np.zeros(len(weights))
    certain = np.zeros(len(weights), dtype=np.bool_)
    while True:
        free = positive & ~certain
        left = count - int(certain.sum())
        chance[free] = left * weights[free] / weights[free].sum()
        over = free & (chance >= 1.0)
        if not over.any():
            chance[certain] = 1.0
            return chance
        certain |= over


def systematic(chance: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    """Rising client numbers, each drawn with exactly its chance; as many as the chances sum to."""
    order = random.permutation(len(chance))
    ends = np.cumsum(chance[order])
    wanted = round(float(ends[-1])) if len(ends) else 0
    if wanted == 0:
        return np.empty(0, dtype=np.int64)
    # Chances sum to a whole number up to rounding; scaling keeps the last tick inside.
    ticks = random.random() + np.arange(wanted)
    found = np.searchsorted(ends * (wanted / ends[-1]), ticks, side="right")
    return np.sort(order[np.minimum(found, len(order) - 1)]).astype(np.int64)
