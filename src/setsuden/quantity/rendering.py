"""Numbers for people: sensible digits, a fitting prefix, the interval beside the value."""

from __future__ import annotations

import math
import re

from setsuden.quantity.estimate import Estimate

# Prefix ladders: a figure is shown in the largest unit that keeps it at or above one.
_LADDERS = (
    ("mJ", "J", "kJ", "Wh", "kWh", "MWh", "GWh"),
    ("mW", "W", "kW"),
    ("ugCO2e", "mgCO2e", "gCO2e", "kgCO2e", "tCO2e"),
    ("ms", "s", "min", "h", "d"),
    ("B", "kB", "MB", "GB", "TB"),
    ("mL", "L", "m3"),
)


_MICRO = re.compile(r"\bu(?=J\b|gCO2e\b)")


def readable(symbol: str) -> str:
    """A unit as it is printed: the ``u`` of micro as µ."""
    return _MICRO.sub("µ", symbol)


def significant(value: float, digits: int = 3) -> str:
    """``value`` with so many significant digits, thousands separated, never in exponent form: 1,234 or 0.00120."""
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    rounded = round(value, digits - 1 - exponent)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def digits_for(estimate: Estimate) -> int:
    """Digits the interval supports: 2 when it is wider than +-20 %, 3 when wider than +-0.5 %, else 4."""
    spread = estimate.relative_half_width
    if spread is None or spread > 0.2:
        return 2
    return 3 if spread > 0.005 else 4


def fitting(estimate: Estimate) -> Estimate:
    """The same figure in the unit of its family that reads best."""
    family = next((ladder for ladder in _LADDERS if estimate.unit in ladder), None)
    if family is None or estimate.value == 0:
        return estimate
    best = estimate.to(family[0])
    for symbol in family[1:]:
        candidate = estimate.to(symbol)
        if abs(candidate.value) >= 1:
            best = candidate
    return best


def render(estimate: Estimate, *, fit: bool = True, interval: bool = True) -> str:
    """``1.84 kWh [1.71, 1.99]``; with ``fit`` the unit is chosen for reading."""
    shown = fitting(estimate) if fit else estimate
    digits = digits_for(shown)
    exact = shown.low == shown.high
    number = f"{shown.value:,.0f}" if exact and shown.value.is_integer() else significant(shown.value, digits)
    text = number if shown.unit == "1" else f"{number} {readable(shown.unit)}"
    if interval and not exact:
        text += f" [{significant(shown.low, digits)}, {significant(shown.high, digits)}]"
    return text
