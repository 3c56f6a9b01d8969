"""Energy per sample over the batch size: where is the smallest, and from where on does a larger batch not help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from setsuden.decision import own_interval
from setsuden.quantity import Estimate
from setsuden.study.analysis.points import PHASES, Point

TOLERANCE = 0.05
"""A batch size within this share of the smallest energy is as good as the best."""


@dataclass(frozen=True, slots=True)
class Knee:
    """The smallest batch size whose energy per sample is within the tolerance of the smallest.

    batch_size   None where the intervals do not tell it apart from a smaller one, or there is only one batch size
    reason       why there is none: ``one batch size`` or ``intervals overlap``; None otherwise
    """

    minimum: int
    batch_size: int | None
    reason: str | None


def knee(curve: Sequence[tuple[int, Estimate]], tolerance: float = TOLERANCE) -> Knee:
    """Find the knee of ``(batch size, energy per sample)`` points, at least one, in any order.

    It counts as found when every smaller batch is dearer than the knee by more than its intervals leave open.
    """
    points = sorted(curve, key=lambda point: point[0])
    minimum, least = min(points, key=lambda point: (point[1].value, point[0]))
    if len(points) == 1:
        return Knee(minimum, None, "one batch size")
    at = next(i for i, (_, energy) in enumerate(points) if energy.value <= least.value * (1 + tolerance))
    size, energy = points[at]
    if any(smaller.low <= energy.high for _, smaller in points[:at]):
        return Knee(minimum, None, "intervals overlap")
    return Knee(minimum, size, None)


def batch_curves(points: Sequence[Point], shared_relative_error: float) -> list[dict[str, Any]]:
    """One curve per model, phase and settings, in order of first appearance.

    The points carry their full intervals; the knee is sought with the sensor's shared error taken out, since it moves
    the whole curve alike.
    """
    curves = []
    groups = dict.fromkeys((p.model, p.phase, p.settings) for phase in PHASES for p in points if p.phase == phase)
    for group in groups:
        members = sorted((p for p in points if (p.model, p.phase, p.settings) == group), key=lambda p: p.batch_size)
        found = knee([(p.batch_size, own_interval(p.energy, shared_relative_error)) for p in members])
        first = members[0]
        curves.append(
            {
                "model": first.model,
                "phase": first.phase,
                "optimizer": first.optimizer,
                "learning_rate": first.learning_rate,
                "precision": first.precision,
                "threads": first.threads,
                "loader_workers": first.loader_workers,
                "points": [{"batch_size": p.batch_size, "energy_per_sample": p.energy.to_json()} for p in members],
                "minimum_batch_size": found.minimum,
                "minimum_at_largest": found.minimum == members[-1].batch_size,
                "knee_batch_size": found.batch_size,
                "knee_reason": found.reason,
            }
        )
    return curves
