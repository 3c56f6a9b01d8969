"""What repeats say about a ratio of two means, the scatter from run to run alone; the meter's error is not in here."""

from __future__ import annotations

import math
from collections.abc import Sequence

from setsuden.quantity import Estimate
from setsuden.study.spread import Spread, spread, student_t95
from setsuden.tuples import NamedTuple

POWER_Z = 0.8416212335729143
"""80th percentile of the standard normal: so many repeats decide four times in five."""
MOST_REPEATS = 1000


class Scatter(NamedTuple):
    """How far scatter may have moved the ratio of two means.

    share      5-95 half-width of the logarithm of the ratio
    joules     the same of the difference, J
    degrees    of freedom, rounded down
    variance   what one repeat of each adds to the variance of the logarithm, times n: falls as 1/n
    """

    share: float
    joules: float
    degrees: int
    variance: float


def of_one(energies_j: Sequence[float]) -> Spread:
    """Mean and relative scatter of the runs of one group, two or more."""
    return spread((energies_j, [1.0] * len(energies_j)))


def unpaired(baseline_j: Sequence[float], other_j: Sequence[float]) -> Scatter:
    """Two groups of two runs or more that may scatter differently (Welch 1947), of positive means.

    The logarithm of a ratio of means has the sum of the squared relative errors of both as its variance.
    """
    first, second = of_one(baseline_j), of_one(other_j)
    relative = _welch([(one.relative_sd**2 / one.n, one.degrees) for one in (first, second)])
    joules = _welch([((one.relative_sd * one.mean) ** 2 / one.n, one.degrees) for one in (first, second)])
    return Scatter(relative[0], joules[0], relative[1], first.relative_sd**2 + second.relative_sd**2)


def paired(baseline_j: Sequence[float], other_j: Sequence[float]) -> Scatter:
    """Runs in turn, the k-th of one beside the k-th of the other: what both share in a turn cancels.

    The same ratio of means; its scatter is that of the classical ratio estimator, see ``spread``.
    """
    ratio = spread((other_j, baseline_j))
    differences = [b - a for a, b in zip(baseline_j, other_j, strict=True)]
    mean = math.fsum(differences) / len(differences)
    square = math.fsum((one - mean) ** 2 for one in differences) / ratio.degrees
    joules = student_t95(ratio.degrees) * math.sqrt(square / ratio.n)
    return Scatter(ratio.mean_share, joules, ratio.degrees, ratio.relative_sd**2)


def widened(estimate: Estimate, half_j: float, least: float = -math.inf) -> Estimate:
    """A mean or a difference with the meter's error, its ends moved apart by what scatter may have done, J."""
    return Estimate(
        estimate.value, max(least, estimate.low - half_j), estimate.high + half_j, estimate.unit, estimate.provenance,
        estimate.boundary, estimate.factors,
    )  # fmt: skip


def stretched(ratio: Estimate, share: float) -> Estimate:
    """A ratio with the meter's error, its ends moved apart by what scatter may have done to its logarithm."""
    return Estimate(
        ratio.value, ratio.low * math.exp(-share), ratio.high * math.exp(share), ratio.unit, ratio.provenance,
        ratio.boundary, ratio.factors,
    )  # fmt: skip


def further_repeats(found: Scatter, gap: float, n: int, *, pairs: bool) -> int | None:
    """Runs of each group, beyond the ``n`` there are, that would make a difference as seen clear four times in five.

    gap    logarithm of the ratio less what the meter's own error takes of it; at zero or below no number helps
    pairs  whether the runs stay paired, n - 1 degrees of freedom instead of 2 (n - 1)

    None where more than ``MOST_REPEATS`` would be needed.
    """
    if gap <= 0:
        return None

    def decides(count: int) -> bool:
        t95 = student_t95((count - 1) * (1 if pairs else 2))
        return gap >= (t95 + POWER_Z) * math.sqrt(found.variance / count)

    low, high = n, n + MOST_REPEATS
    if not decides(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high - n


def _welch(parts: Sequence[tuple[float, int]]) -> tuple[float, int]:
    """5-95 half-width of a sum of two independent errors, (variance, degrees) each, and its degrees of freedom."""
    variance = math.fsum(part for part, _ in parts)
    if variance == 0.0:
        return 0.0, min(degrees for _, degrees in parts)
    degrees = max(1, math.floor(variance**2 / math.fsum(part**2 / own for part, own in parts) + 1e-9))
    return student_t95(degrees) * math.sqrt(variance), degrees
