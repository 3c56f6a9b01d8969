"""Carbon as a constant times rounds times concurrency: fitted on a few runs, judged on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from setsuden.errors import InputError
from setsuden.quantity import Estimate, Provenance


@dataclass(frozen=True, slots=True)
class Fit:
    """carbon = k x rounds x concurrency (synchronous), or x hours x concurrency (asynchronous).

    k                   gCO2e per round and client, or per hour and client; 5-95 % by the scatter of the runs
    r_squared           of the runs it was fitted on, about their mean; None for a single run or runs that are all alike
    error               mean of the relative deviations from the runs judged, ``worst`` the largest
    """

    k: Estimate
    r_squared: float | None
    error: float
    worst: float

    def predict(self, rounds_or_hours: float, concurrency: float) -> Estimate:
        """gCO2e of a run of that size."""
        return self.k * (rounds_or_hours * concurrency)


def fit(
    size: Sequence[float],
    carbon_g: Sequence[float],
    *,
    judged_size: Sequence[float] | None = None,
    judged_g: Sequence[float] | None = None,
) -> Fit:
    """Fit k through the origin by least squares of relative deviations.

    size       rounds x concurrency (or hours x concurrency) of each run, above 0; ``carbon_g`` what it emitted
    judged_*   runs that were not fitted, by which the error is told; None: the fitted ones, which flatters
    """
    x, y = np.asarray(size, dtype=np.float64), np.asarray(carbon_g, dtype=np.float64)
    if len(x) != len(y) or not len(x) or min(x.min(), y.min()) <= 0:
        raise InputError("a fit needs runs of positive size and carbon", value=len(x))
    each = y / x
    share = x / y
    k = float(share.sum() / (share @ share))
    residual = float(((y - k * x) ** 2).sum())
    about = float(((y - y.mean()) ** 2).sum())
    test_x = x if judged_size is None else np.asarray(judged_size, dtype=np.float64)
    test_y = y if judged_g is None else np.asarray(judged_g, dtype=np.float64)
    if len(test_x) != len(test_y) or not len(test_x):
        raise InputError("give the size and the carbon of each run to be judged", value=(len(test_x), len(test_y)))
    off = np.abs(k * test_x / test_y - 1)
    half = 1.645 * float(each.std(ddof=1)) if len(each) > 1 else 0.0
    slope = Estimate(k, max(0.0, k - half), k + half, "gCO2e", Provenance.ESTIMATED)
    return Fit(slope, 1 - residual / about if about > 0 else None, float(off.mean()), float(off.max()))
