"""Ranges within which an input makes sense; outside them one clear sentence is better than a number."""

from __future__ import annotations

import math

from setsuden.errors import InputError
from setsuden.quantity import Estimate, Provenance, unit

MAX_PUE = 10.0
MAX_ENERGY_KWH = 1e15
MAX_INTENSITY_G_PER_KWH = 3000.0  # the dirtiest generation there is stays below 1,500


def number(name: str, value: float, *, low: float = 0.0, high: float = math.inf, hint: str | None = None) -> float:
    """``value``, if finite and within [low, high]; InputError otherwise."""
    if not math.isfinite(value) or not low <= value <= high:
        span = f"between {low:g} and {high:g}" if math.isfinite(high) else f"of at least {low:g}"
        raise InputError(f"{name} must be a finite number {span}", value=value, remedy=hint)
    return value


def given(name: str, value: Estimate | float, in_unit: str, *, low: float = 0.0, high: float = math.inf) -> Estimate:
    """A user's figure as an Estimate in ``in_unit``: a bare number is exact and assumed; all three ends are checked."""
    if not isinstance(value, Estimate):
        number(name, value, low=low, high=high)
        return Estimate.exact(float(value), in_unit, Provenance.ASSUMED)
    converted = value if unit(value.unit).text == in_unit else value.to(in_unit)
    for end in (converted.low, converted.value, converted.high):
        number(name, end, low=low, high=high)
    return converted


def checked_year(year: int | None) -> int | None:
    """``year``, if it can be the year of an intensity; InputError otherwise."""
    if year is not None and not 1990 <= year <= 2100:
        raise InputError("--year must be a year between 1990 and 2100", value=year)
    return year
