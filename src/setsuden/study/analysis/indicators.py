"""Which figure known before a run says how much energy it takes: correlation, and error of a prediction from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from setsuden.quantity import Estimate, weakest
from setsuden.study.analysis.points import PHASES, Phase, Point
from setsuden.study.analysis.statistics import (
    LEAST_MODELS,
    correlation,
    leave_one_out_errors,
    mean_error,
    pearson,
    spearman,
)

INDICATORS = (
    "macs_per_sample",
    "parameters",
    "macs_per_parameter",
    "activation_bytes_per_sample",
    "time_per_sample",
)
GOOD_ERROR, GOOD_MODELS = 0.15, 6
"""``good``: mean leave-one-model-out error at most this share, its interval within twice that, from six models on."""
ROUGH_ERROR = 0.40
"""``rough``: mean leave-one-model-out error at most this share, from four models on; else ``no``."""
TELLS = 0.75
"""Both need an error of at most so much of that without the indicator: models that are alike, anything foretells."""


def indicators(points: Sequence[Point], models: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Per phase, over all batch sizes together: one entry per indicator, see ``_entry``."""
    return {phase: _phase(points, models, phase, None, seed) for phase in PHASES}


def indicators_by_batch_size(points: Sequence[Point], models: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Per phase and batch size the same entries."""
    return {
        phase: [
            {"batch_size": batch_size, "indicators": _phase(points, models, phase, batch_size, seed)}
            for batch_size in sorted({point.batch_size for point in points if point.phase == phase})
        ]
        for phase in PHASES
    }


def _phase(
    points: Sequence[Point], models: Sequence[Mapping[str, Any]], phase: Phase, batch_size: int | None, seed: int
) -> list[dict[str, Any]]:
    chosen = [p for p in points if p.phase == phase and batch_size in (None, p.batch_size) and p.energy.value > 0]
    return [
        judged(indicator, [(p.model, value_of(indicator, p, models), p.energy) for p in chosen], seed)
        for indicator in INDICATORS
        if chosen
    ]


def value_of(indicator: str, point: Point, models: Sequence[Mapping[str, Any]]) -> float | None:
    """What the indicator says of a configuration; None where it is not known."""
    if indicator == "time_per_sample":
        return point.time.value
    found = next((model for model in models if model["name"] == point.model), {})
    value = found.get(indicator)
    return None if value is None else float(value)


def judged(indicator: str, rows: Sequence[tuple[str, float | None, Estimate]], seed: int) -> dict[str, Any]:
    """Correlations, prediction error and a word of trust for one indicator.

    rows   per configuration: its model, all of which is left out at once; the indicator, None or 0 leaves the row out;
           the figure to be told from it, above zero
    """
    used = [(model, x, figure) for model, x, figure in rows if x is not None and x > 0]
    names = [model for model, _, _ in used]
    n = len(set(names))
    r = rho = error = None
    median = without = None
    if n >= LEAST_MODELS:
        x = np.array([value for _, value, _ in used])
        y = np.array([figure.value for _, _, figure in used])
        provenance = weakest(figure.provenance for _, _, figure in used)
        r = correlation(pearson, x, y, names, provenance, seed)
        rho = correlation(spearman, x, y, names, provenance, seed)
        errors = list(leave_one_out_errors(x, y, names).values())
        error = mean_error(errors, provenance, seed)
        median = float(np.median(errors))
        without = float(np.mean(list(leave_one_out_errors(np.ones_like(y), y, names).values())))
    return {
        "indicator": indicator,
        "n": n,
        "pearson": r.to_json() if r else None,
        "spearman": rho.to_json() if rho else None,
        "leave_one_model_out_mape": error.to_json() if error else None,
        "leave_one_model_out_median": median,
        "mape_without": without,
        "trust": trust(error, n, without),
    }


def trust(error: Estimate | None, models: int, without: float | None = None) -> str:
    """``good``, ``rough`` or ``no``: may energy be read off this indicator for a model that was not measured.

    without   error (share) of the mean of the other models, for which no indicator is needed; None: not known
    """
    if error is None or error.value > ROUGH_ERROR or (without is not None and error.value > TELLS * without):
        return "no"
    if models >= GOOD_MODELS and error.value <= GOOD_ERROR and error.high <= 2 * GOOD_ERROR:
        return "good"
    return "rough"
