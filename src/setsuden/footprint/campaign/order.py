"""What the best of n trials is expected to be."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.polynomial.legendre import leggauss

from setsuden.errors import InputError


@lru_cache(maxsize=256)
def expected_best(n: float) -> float:
    """Expected maximum of ``n`` >= 1 independent standard normal trials: 0 for one, 0.564 for two, 2.51 for 100.

    E[max] is the integral over x of 1 - F(x)^n above zero less that of F(x)^n below, F the normal distribution.
    """
    if not 1 <= n <= 1e12:
        raise InputError("the number of trials lies between 1 and 1e12", value=n)
    nodes, weights = leggauss(400)
    top = 8.5
    cdf = np.array([NormalDist().cdf(float(x)) for x in (nodes + 1) * top / 2])
    # For large n, F^n is computed from the tail, which keeps its digits where F is near one.
    tail = np.array([NormalDist().cdf(-float(x)) for x in (nodes + 1) * top / 2])
    above = -np.expm1(n * np.log1p(-tail))
    below = (1 - cdf) ** n
    return float(((above - below) * weights).sum() * top / 2)
