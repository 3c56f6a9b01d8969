"""Figures of a job with their intervals: from a predictor, with a second doubt, multiplied."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log
from typing import Any

from setsuden.predict.table import Predictor
from setsuden.quantity import DEVICE, Boundary, Estimate, Provenance

_FAR = 1.5


def estimated(
    predictor: Predictor, asked: list[dict[str, Any]], unit: str, boundary: Boundary | None = DEVICE
) -> Estimate:
    """What a predictor says of one row, with an interval of 90 %; seconds have no boundary."""
    low, high = predictor.interval(asked)
    value = min(max(float(predictor.predict(asked)[0]), float(low[0])), float(high[0]))
    boundary = None if unit == "s" else boundary
    return Estimate(value, float(low[0]), float(high[0]), unit, Provenance.ESTIMATED, boundary)


def joined(figure: Estimate, low: float, high: float) -> Estimate:
    """A figure with a second doubt, factors around one; widths add in quadrature on the logarithm."""
    down = (log(figure.value / figure.low) ** 2 + log(low) ** 2) ** 0.5
    up = (log(figure.high / figure.value) ** 2 + log(high) ** 2) ** 0.5
    return replace(figure, low=figure.value * exp(-down), high=figure.value * exp(up))


def widened(figure: Estimate) -> Estimate:
    """A figure whose interval is half as wide again, for work of which nothing of the kind was measured."""
    low, high = (figure.value * (end / figure.value) ** _FAR for end in (figure.low, figure.high))
    return replace(figure, low=low, high=high)


def product(seconds: Estimate, watts: Estimate) -> Estimate:
    """Joules of a sample: widths add in quadrature on the logarithm, as time and power err apart from each other."""
    joules = Estimate(
        seconds.value * watts.value,
        seconds.low * watts.value,
        seconds.high * watts.value,
        "J",
        Provenance.ESTIMATED,
        DEVICE,
    )
    return joined(joules, watts.low / watts.value, watts.high / watts.value)


def width(estimate: Estimate) -> float:
    """Natural logarithm of the upper end over the lower."""
    return log(estimate.high / estimate.low)
