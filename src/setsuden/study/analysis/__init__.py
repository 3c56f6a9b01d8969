"""What the measured configurations of a pilot say together: the ``analysis`` part of the pilot document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.quantity.draws import DEFAULT_SEED
from setsuden.study.analysis.batch_curve import Knee, batch_curves, knee
from setsuden.study.analysis.indicators import INDICATORS, indicators, indicators_by_batch_size, trust
from setsuden.study.analysis.points import read_points
from setsuden.study.analysis.shared_error import shared_relative_error
from setsuden.study.analysis.statistics import correlation, leave_one_out_errors, mean_error, pearson, spearman
from setsuden.study.analysis.train_infer import train_infer_ratio

__all__ = [
    "INDICATORS",
    "Knee",
    "analyse",
    "correlation",
    "knee",
    "leave_one_out_errors",
    "mean_error",
    "pearson",
    "shared_relative_error",
    "spearman",
    "trust",
]


def analyse(
    configurations: Sequence[Mapping[str, Any]],
    models: Sequence[Mapping[str, Any]],
    *,
    machine: Mapping[str, Any] | None = None,
    seed: int = DEFAULT_SEED,
) -> dict[str, Any]:
    """The ``analysis`` part of a pilot document, schema ``analysis``.

    configurations, models   those parts of the pilot document
    machine                  that part too: the error its sensors share is kept out of ratios and of the batch curve's
                             knee; without it every interval counts in full
    seed                     of the bootstrap
    """
    points = read_points(configurations)
    shared = shared_relative_error(machine, configurations) if machine else 0.0
    return {
        "indicators": indicators(points, models, seed),
        "indicators_by_batch_size": indicators_by_batch_size(points, models, seed),
        "train_infer_ratio": train_infer_ratio(points, shared),
        "batch_curves": batch_curves(points, shared),
    }
