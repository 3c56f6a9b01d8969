"""Estimate: a number that says how sure it is, what it counts and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from setsuden.errors import BoundaryError, InputError, UnitError
from setsuden.quantity.boundary import Boundary
from setsuden.quantity.factor import Factor
from setsuden.quantity.provenance import Provenance, weakest
from setsuden.quantity.units import Unit, unit


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with a 5-95 % interval, a unit, a provenance and a system boundary.

    value       best figure, finite
    low, high   5th and 95th percentile, low <= value <= high
    unit        written form, see ``setsuden.quantity.units``
    provenance  measured, estimated or assumed; the word does, too
    boundary    what the figure includes, a Boundary or its written form (``node+PUE``); None for figures that have no
                extent (a duration, a ratio, a count)
    factors     looked-up inputs that entered

    Operators do interval arithmetic: the result encloses every combination of the operands, so a wider input never
    gives a narrower output and nothing is assumed about independence. For independent inputs use
    ``setsuden.quantity.draws``, which is tighter. Adding or comparing figures of different boundaries raises
    BoundaryError, of different dimensions UnitError; neither is ever converted in silence.
    """

    value: float
    low: float
    high: float
    unit: str
    provenance: Provenance
    boundary: Boundary | None = None
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        unit(self.unit)
        for name in ("value", "low", "high"):
            number = float(getattr(self, name))
            object.__setattr__(self, name, number)
            if not math.isfinite(number):
                raise InputError(f"{name} must be a finite number", value=number, remedy="Leave out what is unknown.")
        if not self.low <= self.value <= self.high:
            raise InputError(
                "an interval must contain its value",
                value=(self.low, self.value, self.high),
                remedy="Order: low, value, high.",
            )
        if type(self.provenance) is not Provenance:
            object.__setattr__(self, "provenance", Provenance.parse(self.provenance))
        if self.boundary is not None and type(self.boundary) is not Boundary:
            object.__setattr__(self, "boundary", Boundary.parse(str(self.boundary)))

    # -- construction

    @classmethod
    def exact(cls, value: float, unit: str, provenance: Provenance, boundary: Boundary | None = None) -> Estimate:
        """A figure without spread: a count, a definition."""
        return cls(value, value, value, unit, provenance, boundary)

    @classmethod
    def relative(
        cls,
        value: float,
        half_width: float,
        unit: str,
        provenance: Provenance,
        boundary: Boundary | None = None,
    ) -> Estimate:
        """``value`` within +-``half_width`` (a share, >= 0) of itself; a positive value never reaches below zero."""
        spread = abs(value) * half_width
        low = value - spread
        return cls(value, max(low, 0.0) if value >= 0 else low, value + spread, unit, provenance, boundary)

    # -- reading

    def __str__(self) -> str:
        """For people: ``1.84 kWh [1.71, 1.99], measured``."""
        from setsuden.quantity.rendering import render

        return f"{render(self)}, {self.provenance.value}"

    @property
    def half_width(self) -> float:
        """Half the width of the interval, in the same unit."""
        return (self.high - self.low) / 2

    @property
    def relative_half_width(self) -> float | None:
        """Half-width over value; None when the value is zero."""
        return self.half_width / abs(self.value) if self.value else None

    def to(self, target: str) -> Estimate:
        """The same figure in another unit of the same dimension."""
        factor = unit(self.unit).factor_to(unit(target))
        return replace(self, value=self.value * factor, low=self.low * factor, high=self.high * factor, unit=target)

    def within(self, boundary: Boundary | None) -> Estimate:
        """The same figure, declared to be drawn around ``boundary``: the one explicit way to change it."""
        return replace(self, boundary=boundary)

    def weakened(self, provenance: Provenance) -> Estimate:
        """The same figure with a provenance no stronger than ``provenance``."""
        return replace(self, provenance=weakest((self.provenance, provenance)))

    # -- arithmetic

    def __add__(self, other: Estimate) -> Estimate:
        right = self._aligned(other)
        return self._result(self.value + right.value, self.low + right.low, self.high + right.high, other)

    def __sub__(self, other: Estimate) -> Estimate:
        right = self._aligned(other)
        return self._result(self.value - right.value, self.low - right.high, self.high - right.low, other)

    def __mul__(self, other: Estimate | float) -> Estimate:
        if not isinstance(other, Estimate):
            return self._scaled(float(other))
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        product = unit(self.unit) * unit(other.unit)
        return self._product(self.value * other.value, corners, product, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Estimate | float) -> Estimate:
        if not isinstance(other, Estimate):
            if other == 0:
                raise InputError("cannot divide an estimate by zero", value=other)
            return self._scaled(1.0 / float(other))
        if other.low <= 0 <= other.high:
            raise InputError(
                "cannot divide by an interval that contains zero",
                value=(other.low, other.high),
                remedy="Compare the two figures instead of dividing them.",
            )
        corners = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]
        quotient = unit(self.unit) / unit(other.unit)
        return self._product(self.value / other.value, corners, quotient, other)

    def _scaled(self, k: float) -> Estimate:
        ends = sorted((self.low * k, self.high * k))
        return replace(self, value=self.value * k, low=ends[0], high=ends[1])

    def _aligned(self, other: Estimate) -> Estimate:
        if not isinstance(other, Estimate):
            raise UnitError("only an Estimate can be added to an Estimate", value=other, remedy="Give it a unit first.")
        if self.boundary != other.boundary:
            raise BoundaryError(
                f"figures drawn around {self.boundary} and {other.boundary} do not add up or compare",
                remedy="Bring both to one boundary with .within(...) if you know that they mean the same thing.",
            )
        return other.to(self.unit)

    def _result(self, value: float, low: float, high: float, other: Estimate) -> Estimate:
        return Estimate(
            value,
            low,
            high,
            self.unit,
            weakest((self.provenance, other.provenance)),
            self.boundary,
            merged_factors(self.factors, other.factors),
        )

    def _product(self, value: float, corners: list[float], product: Unit, other: Estimate) -> Estimate:
        if self.boundary and other.boundary and self.boundary != other.boundary:
            raise BoundaryError(f"cannot combine figures drawn around {self.boundary} and {other.boundary}")
        return Estimate(
            value,
            min(value, *corners),
            max(value, *corners),
            product.text,
            weakest((self.provenance, other.provenance)),
            self.boundary or other.boundary,
            merged_factors(self.factors, other.factors),
        )

    # -- plain data

    def to_json(self) -> dict[str, Any]:
        """``{value, low, high, unit, provenance, boundary}``, schema ``estimate``; documents list the factors apart."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "provenance": self.provenance.value,
            "boundary": str(self.boundary) if self.boundary else None,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Estimate:
        """The inverse of ``to_json``; raises InputError for a document that lost its unit or its provenance."""
        try:
            return cls(
                float(data["value"]),
                float(data["low"]),
                float(data["high"]),
                data["unit"],
                data["provenance"],
                data.get("boundary") or None,
            )
        except KeyError as missing:
            raise InputError(f"an estimate needs the field {missing}", value=data) from None


def total(parts: Iterable[Estimate]) -> Estimate:
    """Sum of one or more estimates of one dimension and one boundary; the sum of nothing is an error, not zero."""
    items = list(parts)
    if not items:
        raise InputError("the sum of no estimates is unknown, not zero")
    result = items[0]
    for item in items[1:]:
        result = result + item
    return result


def merged_factors(*groups: tuple[Factor, ...]) -> tuple[Factor, ...]:
    """All factors once, in order of first appearance."""
    return tuple(dict.fromkeys(factor for group in groups for factor in group))
