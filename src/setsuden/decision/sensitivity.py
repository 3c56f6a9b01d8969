"""Which input moves the result: one at a time (tornado), and by share of the variance (Sobol)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.quantity import Estimate
from setsuden.quantity.draws import DEFAULT_SEED, shaped


@dataclass(frozen=True, slots=True)
class Bar:
    """One input of a tornado: the result with this input at its 5th and 95th percentile, the others at their best."""

    name: str
    at_low: float
    at_high: float

    @property
    def swing(self) -> float:
        """How far the result moves, never negative."""
        return abs(self.at_high - self.at_low)


def tornado(function: Callable[[Mapping[str, float]], float], inputs: Mapping[str, Estimate]) -> tuple[Bar, ...]:
    """Bars, widest first. Sees no interplay between inputs, nor a turning point inside an interval; see ``sobol``."""
    best = {name: estimate.value for name, estimate in inputs.items()}
    bars = [
        Bar(name, function({**best, name: estimate.low}), function({**best, name: estimate.high}))
        for name, estimate in inputs.items()
    ]
    return tuple(sorted(bars, key=lambda bar: (-bar.swing, bar.name)))


@dataclass(frozen=True, slots=True)
class VarianceShare:
    """Shares of the result's variance: ``alone`` by this input by itself, ``total`` with all its interplay."""

    name: str
    alone: float
    total: float


def sobol(
    function: Callable[[Mapping[str, NDArray[np.float64]]], NDArray[np.float64]],
    inputs: Mapping[str, Estimate],
    *,
    n: int = 10_000,
    seed: int = DEFAULT_SEED,
) -> tuple[VarianceShare, ...]:
    """Sobol indices of independent inputs, largest total first; all zero where the result does not vary.

    function   vectorised over draws; called ``2 + len(inputs)`` times with ``n`` draws

    Estimators: first order after Saltelli et al. 2010 (Comput. Phys. Commun. 181, table 2 b), total after Jansen 1999
    (ibid., table 2 f). Their error is about 2 / sqrt(n).
    """
    if not inputs:
        raise InputError("a sensitivity needs at least one input")
    rng = np.random.default_rng(seed)
    left = {name: shaped(estimate, rng.standard_normal(n)) for name, estimate in inputs.items()}
    right = {name: shaped(estimate, rng.standard_normal(n)) for name, estimate in inputs.items()}
    f_left, f_right = function(left), function(right)
    variance = float(np.var(np.concatenate([f_left, f_right])))
    shares = []
    for name in inputs:
        f_mixed = function({**left, name: right[name]})
        alone = float(np.mean(f_right * (f_mixed - f_left))) / variance if variance > 0 else 0.0
        total = float(np.mean((f_left - f_mixed) ** 2)) / 2 / variance if variance > 0 else 0.0
        shares.append(VarianceShare(name, min(max(alone, 0.0), 1.0), min(max(total, 0.0), 1.0)))
    return tuple(sorted(shares, key=lambda share: (-share.total, share.name)))
