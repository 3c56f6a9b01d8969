"""The mean of a few repeats and how sure it is: Student's t, with a pooled spread for what was seen only once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

UNKNOWN_SPREAD = 0.5  # relative half-width stated when nothing at all is known about the spread


@lru_cache(maxsize=256)
def student_t95(degrees: int) -> float:
    """The 95th percentile of Student's t, so that +- it covers 90 %; ``degrees`` of freedom at least 1.

    Found by bisection on the distribution function, written with the regularised incomplete beta function.
    """
    if degrees < 1:
        raise ValueError(f"degrees of freedom must be at least 1, got {degrees}")
    low, high = 0.0, 10.0
    for _ in range(80):
        middle = (low + high) / 2
        upper_tail = 0.5 * _incomplete_beta(degrees / (degrees + middle * middle), degrees / 2, 0.5)
        low, high = (middle, high) if upper_tail > 0.05 else (low, middle)
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b) by its continued fraction (Abramowitz and Stegun 26.5.8), evaluated from the front."""
    if x <= 0.0 or x >= 1.0:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _incomplete_beta(1.0 - x, b, a)
    front = math.exp(
        a * math.log(x) + b * math.log1p(-x) - math.lgamma(a) - math.lgamma(b) + math.lgamma(a + b) - math.log(a)
    )
    tiny = 1e-300
    c, d = 1.0, 1.0 / max(1.0 - (a + b) * x / (a + 1), tiny)
    fraction = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1.0 / (1.0 + term * d or tiny)
            c = 1.0 + term / c or tiny
            fraction *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return front * fraction


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean of repeated figures and their relative scatter.

    mean            in the unit of the figures
    relative_sd     between-repeat standard deviation over the mean, a share
    degrees         degrees of freedom behind ``relative_sd``; 0 when it is merely assumed
    n               repeats behind ``mean``
    """

    mean: float
    relative_sd: float
    degrees: int
    n: int

    @property
    def mean_share(self) -> float:
        """90 % half-width of the mean, as a share of it: t sd / sqrt(n)."""
        return self._t * self.relative_sd / math.sqrt(self.n)

    @property
    def next_share(self) -> float:
        """90 % half-width for one further repeat, as a share of the mean: t sd sqrt(1 + 1/n)."""
        return self._t * self.relative_sd * math.sqrt(1 + 1 / self.n)

    @property
    def _t(self) -> float:
        return student_t95(self.degrees) if self.degrees else 1.0


def spread(values: Sequence[float], pooled: tuple[float, int] | None = None) -> Spread:
    """Spread of positive figures, one per repeat.

    pooled   (relative sd, degrees) of comparable configurations, used when there is a single figure; without it a
             half-width of +-50 % is assumed
    """
    if not values:
        raise ValueError("the spread of no repeats is unknown")
    n = len(values)
    mean = math.fsum(values) / n
    if n > 1 and mean > 0:
        variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
        return Spread(mean, math.sqrt(variance) / mean, n - 1, n)
    if pooled is not None and pooled[1] > 0:
        return Spread(mean, pooled[0], pooled[1], n)
    return Spread(mean, UNKNOWN_SPREAD, 0, n)


def pooled_sd(groups: Sequence[Sequence[float]]) -> tuple[float, int] | None:
    """Relative standard deviation over all groups with two or more figures, and its degrees of freedom."""
    squares, degrees = 0.0, 0
    for values in groups:
        if len(values) > 1 and math.fsum(values) > 0:
            one = spread(values)
            squares += one.relative_sd**2 * one.degrees
            degrees += one.degrees
    return (math.sqrt(squares / degrees), degrees) if degrees else None
