"""How often an option is the best one, and what choosing it costs when it is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_probability(costs: NDArray[np.float64], feasible: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of draws in which each option is the cheapest of those that keep all constraints in that draw.

    costs, feasible   shape (options, draws); ties share the draw evenly; draws without a feasible option count for none
    """
    priced = np.where(feasible, costs, np.inf)
    cheapest = priced.min(axis=0)
    best = (priced == cheapest) & np.isfinite(cheapest)
    return np.asarray((best / np.maximum(best.sum(axis=0), 1)).mean(axis=1))


def regret(costs: NDArray[np.float64], candidates: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Cost above the cheapest candidate in each draw, shape (options, draws); may be negative for a non-candidate.

    candidates   shape (options,): the options that may be chosen, at least one
    """
    return np.asarray(costs - costs[candidates].min(axis=0))
