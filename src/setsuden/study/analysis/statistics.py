"""Correlation and leave-one-model-out error, with bootstrap intervals over models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from setsuden.quantity import Estimate, Provenance
from setsuden.quantity.draws import DEFAULT_SEED

LEAST_MODELS = 4
"""With fewer models no correlation, no prediction error and no interval is stated."""
RESAMPLES = 2000
_Array = NDArray[np.float64]
_Statistic = Callable[[_Array, _Array, _Array], _Array]


def pearson(x: _Array, y: _Array, weights: _Array | None = None) -> _Array:
    """Product-moment correlation, shape (rows,), under point weights (rows, n); NaN where one side is constant.

    A weight says how often a point was drawn, times what it counts for; without weights the result has one row. ``x``
    and ``y`` have the shape of one row or of all.
    """
    w = np.ones((1, x.shape[-1])) if weights is None else weights
    total = w.sum(axis=1, keepdims=True)
    dx = x - (w * x).sum(axis=1, keepdims=True) / total
    dy = y - (w * y).sum(axis=1, keepdims=True) / total
    xx, yy, xy = (w * dx * dx).sum(axis=1), (w * dy * dy).sum(axis=1), (w * dx * dy).sum(axis=1)
    scale_x, scale_y = (w * x * x).sum(axis=1), (w * y * y).sum(axis=1)
    varies = (xx > 1e-24 * scale_x) & (yy > 1e-24 * scale_y)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(varies, np.clip(xy / np.sqrt(xx * yy), -1.0, 1.0), np.nan)


def spearman(x: _Array, y: _Array, weights: _Array | None = None) -> _Array:
    """Rank correlation (ties share their mean rank), arguments and result as for ``pearson``."""
    w = np.ones((1, x.shape[-1])) if weights is None else weights
    return pearson(_ranks(x, w), _ranks(y, w), w)


def _ranks(x: _Array, weights: _Array) -> _Array:
    below = (x[:, None] < x[None, :]) + 0.5 * (x[:, None] == x[None, :])
    return np.asarray(weights @ below)


def leave_one_out_errors(x: _Array, y: _Array, models: Sequence[str]) -> dict[str, float]:
    """Per model: relative error of predicting it from a fit to all others, mean over its points, as a share.

    The fit is ``log y = a + b log x`` by least squares, in which every model counts the same however often it was
    measured; where the others share one x, it is their mean, so that the same x everywhere gives the error of an
    indicator that says nothing. ``x`` and ``y`` must be positive.
    """
    log_x, log_y, names, shares = np.log(x), np.log(y), np.array(models), _shares(models)
    errors = {}
    for model in dict.fromkeys(models):
        held = names == model
        fx, fy, w = log_x[~held], log_y[~held], shares[~held] / shares[~held].sum()
        mean_x, mean_y = float(w @ fx), float(w @ fy)
        spread = float(w @ (fx - mean_x) ** 2)
        slope = float(w @ ((fx - mean_x) * (fy - mean_y))) / spread if spread > 1e-18 else 0.0
        predicted = mean_y + slope * (log_x[held] - mean_x)
        errors[model] = float(np.abs(np.exp(predicted - log_y[held]) - 1.0).mean())
    return errors


def _shares(models: Sequence[str]) -> _Array:
    """Weight of each point, so that the points of every model weigh the same together."""
    names, which, count = np.unique(np.array(models), return_inverse=True, return_counts=True)
    return np.asarray(len(models) / len(names) / count[which], dtype=np.float64)


def correlation(
    statistic: _Statistic,
    x: _Array,
    y: _Array,
    models: Sequence[str],
    provenance: Provenance,
    seed: int = DEFAULT_SEED,
) -> Estimate | None:
    """A correlation with its percentile bootstrap interval over whole models, each of which counts the same.

    None for fewer than four models, where one side does not vary, or where it does not vary in half of the resamples:
    no interval can be stated then.
    """
    names = list(dict.fromkeys(models))
    if len(names) < LEAST_MODELS:
        return None
    shares = _shares(models)
    value = float(statistic(x, y, shares[None])[0])
    drawn = statistic(x, y, _model_weights(names, models, seed) * shares)
    drawn = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or drawn.size < RESAMPLES / 2:
        return None
    return _percentiles(value, drawn, provenance)


def mean_error(errors: Sequence[float], provenance: Provenance, seed: int = DEFAULT_SEED) -> Estimate | None:
    """Mean of one error per model with its percentile bootstrap interval; None for fewer than four models."""
    if len(errors) < LEAST_MODELS:
        return None
    each = np.array(errors)
    picks = np.random.default_rng(seed).integers(0, each.size, (RESAMPLES, each.size))
    return _percentiles(float(each.mean()), each[picks].mean(axis=1), provenance)


def _model_weights(names: Sequence[str], models: Sequence[str], seed: int) -> _Array:
    picks = np.random.default_rng(seed).integers(0, len(names), (RESAMPLES, len(names)))
    times = (picks[:, :, None] == np.arange(len(names))).sum(axis=1)
    return np.asarray(times[:, [names.index(model) for model in models]], dtype=np.float64)


def _percentiles(value: float, drawn: _Array, provenance: Provenance) -> Estimate:
    low, high = np.quantile(drawn, (0.05, 0.95))
    return Estimate(value, min(float(low), value), max(float(high), value), "1", provenance)
