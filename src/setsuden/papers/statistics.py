"""The few statistics the replayed studies use, on arrays of equal length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def pearson(x: Array, y: Array) -> float:
    """Linear correlation, -1 to 1."""
    return float(np.corrcoef(x, y)[0, 1])


def ranks(x: Array) -> Array:
    """Ranks from 0; equal values share the mean of theirs."""
    order = np.argsort(x, kind="stable")
    out = np.empty(x.size)
    out[order] = np.arange(x.size)
    for value in np.unique(x):
        same = x == value
        out[same] = out[same].mean()
    return out


def spearman(x: Array, y: Array) -> float:
    """Rank correlation, -1 to 1."""
    return pearson(ranks(x), ranks(y))


def left_out_power_law(x: Array, y: Array) -> Array:
    """Relative error of y = a x^b at each point, fitted in logarithms to all the others."""
    errors = []
    for i in range(x.size):
        others = np.arange(x.size) != i
        slope, level = np.polyfit(np.log(x[others]), np.log(y[others]), 1)
        errors.append(abs(float(np.exp(level) * x[i] ** slope / y[i]) - 1))
    return np.array(errors)


def left_out_median_rate(x: Array, y: Array) -> Array:
    """Relative error of y = median(y / x of the others) x at each point."""
    rate = y / x
    return np.array([abs(float(np.median(np.delete(rate, i))) * x[i] / y[i] - 1) for i in range(x.size)])


def left_out_mean_factor(x: Array, y: Array) -> Array:
    """Relative error of y = geometric mean(y / x of the others) x at each point."""
    logs = np.log(y / x)
    return np.array([abs(float(np.exp(np.delete(logs, i).mean())) * x[i] / y[i] - 1) for i in range(x.size)])
