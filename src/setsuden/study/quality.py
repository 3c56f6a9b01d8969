"""Held-out accuracy with its interval, and the energy at which a target was reached."""

from __future__ import annotations

import math
from collections.abc import Sequence

from setsuden.quantity import Estimate, Provenance
from setsuden.study.record import CurvePoint, Quality

Z95 = 1.6448536269514722  # 95th percentile of the standard normal
TARGET_BELOW_BEST = 0.05  # the target where none is declared: this far below the best accuracy reached


def wilson(correct: int, tested: int) -> Estimate:
    """Share of right answers with its 90 % Wilson score interval (Wilson 1927); ``tested`` at least 1."""
    if not 0 <= correct <= tested or tested < 1:
        raise ValueError(f"{correct} right of {tested} is no share")
    share = correct / tested
    centre = (share + Z95**2 / (2 * tested)) / (1 + Z95**2 / tested)
    half = Z95 * math.sqrt(share * (1 - share) / tested + Z95**2 / (4 * tested**2)) / (1 + Z95**2 / tested)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Estimate(share, min(low, share), max(high, share), "1", Provenance.MEASURED)


def energy_to_target(quality: Quality, target: float) -> Estimate | None:
    """Joules of training until the accuracy first reached ``target``, linear between evaluations; None if it never did.

    The interval runs from the energy at the evaluation before the crossing to that at the one after, widened by the
    sensor's share.
    """
    before = CurvePoint(0.0, 0, 0.0, None, 0.0, 0.0)
    for point in quality.curve:
        if point.accuracy >= target:
            rise = point.accuracy - before.accuracy
            part = (target - before.accuracy) / rise if rise > 0 else 1.0
            value = before.energy_j + part * (point.energy_j - before.energy_j)
            whole = quality.energy
            down = whole.low / whole.value if whole.value else 1.0
            up = whole.high / whole.value if whole.value else 1.0
            low, high = before.energy_j * down, point.energy_j * up
            return Estimate(value, min(low, value), max(high, value), "J", whole.provenance, whole.boundary)
        before = point
    return None


def target_accuracy(declared: float | None, floor: float | None, results: Sequence[Quality]) -> float | None:
    """The declared target, else the accuracy floor, else five points below the best accuracy reached.

    What diverged reached nothing, whatever it scored before.
    """
    if declared is not None or floor is not None:
        return declared if declared is not None else floor
    best = max((result.correct / result.tested for result in results if not result.diverged), default=None)
    return max(0.0, best - TARGET_BELOW_BEST) if best is not None else None


def latency_quantile(latencies_s: Sequence[float], share: float, provenance: Provenance) -> Estimate | None:
    """A quantile in ms with a distribution-free 90 % interval from order statistics; None for no latencies."""
    n = len(latencies_s)
    if n == 0:
        return None
    ordered = sorted(latencies_s)
    spread = Z95 * math.sqrt(n * share * (1 - share))

    def at(rank: float) -> float:
        return ordered[min(max(math.ceil(rank) - 1, 0), n - 1)] * 1e3

    value = at(share * n)
    return Estimate(value, min(at(share * n - spread), value), max(at(share * n + spread + 1), value), "ms", provenance)
