"""What it would be worth to know more before choosing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Gains below this share of the value of knowing everything are noise of the regression, not information.
_NOISE = 0.02


@dataclass(frozen=True, slots=True)
class Information:
    """Expected saving from knowing before choosing, in the unit of the costs.

    everything   if every unknown were known (expected value of perfect information)
    factors      if this one unknown alone were known, largest first; those that cannot change the choice have 0
    """

    everything: float
    factors: tuple[tuple[str, float], ...]

    @property
    def best(self) -> tuple[str, float] | None:
        """The unknown most worth measuring; None where no single one can change the choice."""
        return self.factors[0] if self.factors and self.factors[0][1] > 0 else None


def value_of_information(costs: NDArray[np.float64], factors: Mapping[str, NDArray[np.float64]]) -> Information:
    """Expected value of perfect information, in total and per unknown.

    costs     shape (options, draws), to be made small; only options that may be chosen
    factors   per unknown, its standard normal numbers, shape (draws,)

    Without knowing: the smallest mean cost. Knowing all: the mean of the smallest cost. Knowing one unknown: the mean
    of the smallest conditional mean, the conditional mean being a least-squares curve through the draws (terms 1, z,
    |z|, z^2, z^3, enough for the two-sided normal and log-normal figures drawn here).
    Source: Strong, Oakley and Brennan 2014, "Estimating multiparameter partial expected value of perfect information
    from a probabilistic sensitivity analysis sample", Med. Decis. Making 34(3).
    """
    blind = costs.mean(axis=1).min()
    everything = max(0.0, float(blind - costs.min(axis=0).mean()))
    gains = []
    for name, z in factors.items():
        gain = float(blind - _conditional_means(costs, z).min(axis=0).mean())
        gains.append((name, min(gain, everything) if gain > _NOISE * everything else 0.0))
    return Information(everything, tuple(sorted(gains, key=lambda item: (-item[1], item[0]))))


def _conditional_means(costs: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
    basis, _ = np.linalg.qr(np.stack([np.ones_like(z), z, np.abs(z), z * z, z**3], axis=1))
    return np.asarray((costs @ basis) @ basis.T)
