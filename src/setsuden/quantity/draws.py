"""Monte Carlo: draw from intervals, compute with arrays, read an interval back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.quantity.boundary import Boundary
from setsuden.quantity.estimate import Estimate, merged_factors
from setsuden.quantity.provenance import weakest

DEFAULT_SEED = 20260421
DEFAULT_DRAWS = 20_000
_Z95 = 1.6448536269514722  # 95th percentile of the standard normal


def draw(estimate: Estimate, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """``n`` draws whose median is the value and whose 5th and 95th percentiles are the interval's ends.

    Positive figures are drawn log-split-normal (energy never turns negative), others split-normal.
    """
    return shaped(estimate, rng.standard_normal(n))


def shaped(estimate: Estimate, z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard normal numbers ``z`` carried over to the distribution that ``draw`` uses, one by one and in order."""
    if estimate.low > 0:
        down = np.log(estimate.value / estimate.low) / _Z95
        up = np.log(estimate.high / estimate.value) / _Z95
        return np.asarray(estimate.value * np.exp(np.where(z < 0, down, up) * z))
    down = (estimate.value - estimate.low) / _Z95
    up = (estimate.high - estimate.value) / _Z95
    values = estimate.value + np.where(z < 0, down, up) * z
    return np.maximum(values, 0.0) if estimate.low == 0 else values


def combine(
    function: Callable[..., NDArray[np.float64]],
    inputs: Sequence[Estimate],
    unit: str,
    *,
    boundary: Boundary | None = None,
    n: int = DEFAULT_DRAWS,
    seed: int = DEFAULT_SEED,
) -> Estimate:
    """``function`` of independent inputs, as an Estimate in ``unit``.

    function   vectorised, called once with the values and once with arrays of ``n`` draws, one per input, each in
               its input's own unit; must return figures in ``unit``
    """
    if not inputs:
        raise InputError("combine needs at least one input")
    rng = np.random.default_rng(seed)
    value = float(function(*(np.float64(estimate.value) for estimate in inputs)))
    drawn = function(*(draw(estimate, n, rng) for estimate in inputs))
    low, high = np.quantile(drawn, (0.05, 0.95))
    return Estimate(
        value,
        min(float(low), value),
        max(float(high), value),
        unit,
        weakest(estimate.provenance for estimate in inputs),
        boundary,
        merged_factors(*(estimate.factors for estimate in inputs)),
    )
