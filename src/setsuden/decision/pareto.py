"""The Pareto front: options that no other option beats on everything at once."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray


def front(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which options are on the front.

    values   shape (options, metrics), each metric to be made small; inf where unknown

    An option is off the front when another is at least as good on every metric and better on one. Equal options do not
    push each other off.
    """
    at_least_as_good = (values[:, None, :] <= values[None, :, :]).all(axis=2)  # [j, i]: j against i
    better_somewhere = (values[:, None, :] < values[None, :, :]).any(axis=2)
    return cast("NDArray[np.bool_]", ~(at_least_as_good & better_somewhere).any(axis=0))


def front_probability(draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of draws in which each option is on the front.

    draws   shape (metrics, options, draws), each metric to be made small; the same draw index is the same world
    """
    lowest, highest = draws.min(axis=2), draws.max(axis=2)
    count = draws.shape[1]
    probability = np.empty(count)
    for i in range(count):
        # A rival that is worse on some metric in every world cannot push this option off; most pairs end here.
        rivals = np.flatnonzero((lowest <= highest[:, i : i + 1]).all(axis=0))
        dominated = np.zeros(draws.shape[2], dtype=np.bool_)
        for j in rivals[rivals != i]:
            dominated |= _dominates(draws[:, j], draws[:, i])
            if dominated.all():
                break
        probability[i] = 1.0 - dominated.mean()
    return probability


def _dominates(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.bool_]:
    return cast("NDArray[np.bool_]", (left <= right).all(axis=0) & (left < right).any(axis=0))
