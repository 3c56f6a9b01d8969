"""Units: what they are made of, and how one becomes another.

A unit is a product of named symbols with whole exponents, written ``J/sample``, ``g/kWh``, ``W*s``.
Different countable things (samples, requests, epochs) and different currencies are different dimensions, so that
joules per sample never pass for joules per request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from setsuden.errors import UnitError

# symbol -> (scale to the base unit, base dimensions)
_TABLE: dict[str, tuple[float, dict[str, int]]] = {
    "J": (1.0, {"energy": 1}),
    "kJ": (1e3, {"energy": 1}),
    "MJ": (1e6, {"energy": 1}),
    "mJ": (1e-3, {"energy": 1}),
    "uJ": (1e-6, {"energy": 1}),
    "Wh": (3.6e3, {"energy": 1}),
    "kWh": (3.6e6, {"energy": 1}),
    "MWh": (3.6e9, {"energy": 1}),
    "GWh": (3.6e12, {"energy": 1}),
    "W": (1.0, {"energy": 1, "time": -1}),
    "mW": (1e-3, {"energy": 1, "time": -1}),
    "kW": (1e3, {"energy": 1, "time": -1}),
    "s": (1.0, {"time": 1}),
    "ms": (1e-3, {"time": 1}),
    "min": (60.0, {"time": 1}),
    "h": (3600.0, {"time": 1}),
    "d": (86400.0, {"time": 1}),
    "yr": (365.25 * 86400.0, {"time": 1}),
    "gCO2e": (1.0, {"carbon": 1}),
    "ugCO2e": (1e-6, {"carbon": 1}),
    "mgCO2e": (1e-3, {"carbon": 1}),
    "kgCO2e": (1e3, {"carbon": 1}),
    "tCO2e": (1e6, {"carbon": 1}),
    "lbCO2e": (453.59237, {"carbon": 1}),
    "B": (1.0, {"data": 1}),
    "kB": (1e3, {"data": 1}),
    "MB": (1e6, {"data": 1}),
    "GB": (1e9, {"data": 1}),
    "TB": (1e12, {"data": 1}),
    "KiB": (2.0**10, {"data": 1}),
    "MiB": (2.0**20, {"data": 1}),
    "GiB": (2.0**30, {"data": 1}),
    "bit": (0.125, {"data": 1}),
    "Mbit": (0.125e6, {"data": 1}),
    "L": (1.0, {"water": 1}),
    "mL": (1e-3, {"water": 1}),
    "m3": (1e3, {"water": 1}),
    "MAC": (1.0, {"MAC": 1}),
    "FLOP": (1.0, {"FLOP": 1}),
    "1": (1.0, {}),
    "%": (0.01, {}),
}
for _countable in (
    "sample",
    "epoch",
    "request",
    "step",
    "trial",
    "token",
    "parameter",
    "inference",
    "round",
    "client",
    "run",
):
    _TABLE[_countable] = (1.0, {_countable: 1})
for _currency in ("USD", "EUR", "JPY", "GBP", "CNY", "INR"):
    _TABLE[_currency] = (1.0, {_currency: 1})

_TERM = re.compile(r"([A-Za-z][A-Za-z0-9]*|%|1)(?:\^(-?\d+))?")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in its written form, its scale to base units and its dimension."""

    text: str
    scale: float
    dimension: MappingProxyType[str, int]

    def __str__(self) -> str:
        return self.text

    def same_dimension(self, other: Unit) -> bool:
        """Whether a figure in this unit can be expressed in the other."""
        return dict(self.dimension) == dict(other.dimension)

    def factor_to(self, other: Unit) -> float:
        """Multiply a figure in this unit by this to have it in ``other``; UnitError if the dimensions differ."""
        if not self.same_dimension(other):
            raise UnitError(f"{self.text} cannot be expressed in {other.text}: they measure different things.")
        return self.scale / other.scale

    def __mul__(self, other: Unit) -> Unit:
        return _compose(self.text, other.text, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return _compose(self.text, other.text, -1)


@lru_cache(maxsize=512)
def unit(text: str) -> Unit:
    """Read a unit such as ``J``, ``kWh``, ``gCO2e/kWh`` or ``W*s``; raises UnitError for anything else."""
    return _build(text, _exponents(text))


def _exponents(text: str) -> dict[str, int]:
    exponents: dict[str, int] = {}
    sign = 1
    for piece in re.split(r"([*/])", text.replace(" ", "")):
        if piece == "*":
            sign = 1
        elif piece == "/":
            sign = -1
        else:
            match = _TERM.fullmatch(piece)
            if match is None or match[1] not in _TABLE:
                raise UnitError("unknown unit", value=text, remedy="Known symbols: " + ", ".join(sorted(_TABLE)) + ".")
            exponents[match[1]] = exponents.get(match[1], 0) + sign * int(match[2] or 1)
    return exponents


def _build(text: str | None, exponents: dict[str, int]) -> Unit:
    scale = 1.0
    dimension: dict[str, int] = {}
    for symbol, exponent in exponents.items():
        symbol_scale, symbol_dimension = _TABLE[symbol]
        scale *= symbol_scale**exponent
        for base, power in symbol_dimension.items():
            dimension[base] = dimension.get(base, 0) + power * exponent
    clean = {base: power for base, power in sorted(dimension.items()) if power}
    return Unit(text or _write(exponents), scale, MappingProxyType(clean))


@lru_cache(maxsize=512)
def _compose(left: str, right: str, sign: int) -> Unit:
    exponents = _exponents(left)
    for symbol, exponent in _exponents(right).items():
        exponents[symbol] = exponents.get(symbol, 0) + sign * exponent
    composed = _build(None, exponents)
    # W*s is joules, kWh/h is kilowatts: fold into one symbol when exactly one fits, so results read naturally.
    for symbol, (scale, dimension) in _TABLE.items():
        if dimension == dict(composed.dimension) and abs(scale - composed.scale) <= 1e-12 * scale:
            return unit(symbol)
    return composed


def _write(exponents: dict[str, int]) -> str:
    over = [_power(s, e) for s, e in exponents.items() if e > 0 and s != "1"]
    under = [_power(s, -e) for s, e in exponents.items() if e < 0 and s != "1"]
    return "*".join(over or ["1"]) + "".join("/" + term for term in under)


def _power(symbol: str, exponent: int) -> str:
    return symbol if exponent == 1 else f"{symbol}^{exponent}"
