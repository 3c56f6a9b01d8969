"""How many epochs each configuration needs: a Gaussian process on their logarithm, told of trainings given up too.

A training that was given up after ``c`` epochs says only that more than ``c`` are needed: the likelihood is
``Phi((f - log c) / noise)``, brought in by expectation propagation (Minka 2001; Rasmussen and Williams 2006, 3.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, pi, sqrt

import numpy as np
import numpy.typing as npt

from setsuden.predict.tuning.space import Factor, Settings

Floats = npt.NDArray[np.float64]

LEVEL_SD = 3.0  # natural logarithm of epochs, before anything is known
SLOPE_SD = 0.2  # per doubling of a setting
BEND_SD = 0.6  # what is neither level nor slope
LENGTH = 1.5  # doublings over which a bend keeps its sign
OTHER_NAME = 0.7  # how alike two names of a categorical factor are, 0-1
NOISE = 0.12  # scatter of the logarithm between seeds: a tenth up or down, as in public repeats
_SWEEPS = 30
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Seen:
    """One training: which point, logarithm of its epochs, whether the floor was met, and its own scatter."""

    point: int
    log_epochs: float
    reached: bool
    noise: float = NOISE


@dataclass(frozen=True, slots=True)
class Belief:
    """A joint normal distribution over the points: mean, shape (points,), and covariance, shape (points, points)."""

    mean: Floats
    covariance: Floats

    @property
    def deviation(self) -> Floats:
        """Standard deviation of every point."""
        return np.asarray(np.sqrt(np.maximum(np.diag(self.covariance), 0.0)))

    def moves(self, point: int, noise: float) -> Floats:
        """How the mean of every point moves with one deviation of what a training at ``point`` may show."""
        return np.asarray(self.covariance[:, point] / np.sqrt(self.covariance[point, point] + noise**2))


def expected(factors: Sequence[Factor], points: Sequence[Settings]) -> Floats:
    """Logarithm of epochs before anything is known, up to a constant, shape (points,)."""
    total = np.zeros(len(points))
    for column, factor in enumerate(factors):
        if factor.ordinal:
            total += factor.slope * np.log2([float(point[column]) for point in points])
    return total


def prior(factors: Sequence[Factor], points: Sequence[Settings]) -> Floats:
    """Covariance of the logarithm of epochs between points, shape (points, points)."""
    slope = np.zeros((len(points), len(points)))
    alike = np.ones_like(slope)
    for column, factor in enumerate(factors):
        if factor.ordinal:
            z = np.log2([float(point[column]) for point in points])
            z -= z.mean()
            slope += np.outer(z, z) * SLOPE_SD**2
            alike *= np.exp(-0.5 * ((z[:, None] - z[None, :]) / LENGTH) ** 2)
        else:
            names = np.array([str(point[column]) for point in points])
            alike *= np.where(names[:, None] == names[None, :], 1.0, OTHER_NAME)
    return LEVEL_SD**2 + slope + BEND_SD**2 * alike


def believe(covariance: Floats, centre: Floats, seen: Sequence[Seen]) -> Belief:
    """What the trainings seen say of every point.

    covariance   see ``prior``
    centre       see ``expected``, its level included; shape (points,)
    """
    where = np.array([one.point for one in seen], dtype=np.intp)
    target = np.array([one.log_epochs - centre[one.point] for one in seen])
    variance = np.array([one.noise**2 for one in seen])
    given_up = [i for i, one in enumerate(seen) if not one.reached]
    limits = target.copy()
    variance[given_up] = 1e6  # no information yet
    for _ in range(_SWEEPS):
        before = target.copy()
        for i in given_up:
            mean, wide = _condition(covariance, where, target, variance)
            target[i], variance[i] = _site(
                float(mean[where[i]]),
                float(wide[where[i], where[i]]),
                float(target[i]),
                float(variance[i]),
                float(limits[i]),
                seen[i].noise,
            )
        if not given_up or np.abs(target - before).max() < _CLOSE:
            break
    mean, wide = _condition(covariance, where, target, variance)
    return Belief(mean + centre, wide)


def _condition(
    covariance: Floats, where: npt.NDArray[np.intp], target: Floats, variance: Floats
) -> tuple[Floats, Floats]:
    if not len(where):
        return np.zeros(len(covariance)), covariance
    cross = covariance[:, where]
    gain = np.linalg.solve(covariance[np.ix_(where, where)] + np.diag(variance), cross.T).T
    return np.asarray(gain @ target), np.asarray(covariance - gain @ cross.T)


def _site(mean: float, wide: float, target: float, variance: float, limit: float, noise: float) -> tuple[float, float]:
    """The normal factor that stands for "above the limit", from the moments of belief without it times the truth."""
    precision = max(1 / wide - 1 / variance, 1e-9)
    centre = (mean / wide - target / variance) / precision
    total = 1 / precision + noise**2
    z = (centre - limit) / sqrt(total)
    ratio = _hazard(z)
    new_mean = centre + ratio / (precision * sqrt(total))
    new_variance = 1 / precision - ratio * (z + ratio) / (precision**2 * total)
    site_precision = max(1 / max(new_variance, 1e-12) - precision, 1e-9)
    return (new_mean / max(new_variance, 1e-12) - centre * precision) / site_precision, 1 / site_precision


def _hazard(z: float) -> float:
    """Normal density over distribution function at ``z``."""
    if z < -30:
        return -z
    return exp(-0.5 * z * z) / sqrt(2 * pi) / (0.5 * erfc(-z / sqrt(2)))
