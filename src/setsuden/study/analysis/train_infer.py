"""How much more a sample costs in training than in inference."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from setsuden.decision import own_interval
from setsuden.study.analysis.points import Point


def train_infer_ratio(points: Sequence[Point], shared_relative_error: float) -> dict[str, Any]:
    """J/sample of training over J/sample of inference, per model and batch size measured in both phases.

    Precision, threads and loader workers are the same on both sides; several optimisers give several ratios.
    ``median`` is that of the models' medians, ``low`` and ``high`` are the smallest and the largest ratio; all None
    without a pair. A pair whose inference energy may be zero has no ratio and is listed under ``left_out``.
    The sensor's shared error cancels in a ratio and is taken out first.
    """
    served = {_same(point): point for point in points if point.phase == "infer"}
    rows, left_out = [], []
    by_model: dict[str, list[float]] = {}
    for point in points:
        partner = served.get(_same(point))
        if point.phase != "train" or partner is None:
            continue
        spent = own_interval(partner.energy, shared_relative_error)
        if spent.low <= 0:
            left_out.append({"model": point.model, "batch_size": point.batch_size})
            continue
        plain = (own_interval(point.energy, shared_relative_error) / spent).within(None)
        rows.append({"model": point.model, "batch_size": point.batch_size, "ratio": plain.to_json()})
        by_model.setdefault(point.model, []).append(plain.value)
    everything = [value for values in by_model.values() for value in values]
    return {
        "per_model": rows,
        "median": median(median(values) for values in by_model.values()) if by_model else None,
        "low": min(everything, default=None),
        "high": max(everything, default=None),
        "left_out": left_out,
    }


def _same(point: Point) -> tuple[object, ...]:
    return (point.model, point.batch_size, point.precision, point.threads, point.loader_workers)
