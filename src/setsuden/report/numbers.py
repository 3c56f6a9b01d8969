"""Numbers as a reader sees them: digits, one unit per column, the interval beside the value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from setsuden.language import Messages
from setsuden.quantity import Estimate, significant, unit
from setsuden.quantity.rendering import digits_for, fitting, readable
from setsuden.report.record import Pilot

# Per-something figures are fitted in their numerator only: joules per sample never turn into watt-hours per sample.
_PER_LADDERS: dict[str, tuple[str, ...]] = {
    "J": ("uJ", "mJ", "J", "kJ"),
    "s": ("ms", "s"),
    "gCO2e": ("ugCO2e", "mgCO2e", "gCO2e"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure, ready to print.

    text        the value, digits as the interval supports
    unit        its unit in the reader's language, empty for a plain number
    interval    ``[low, high]``, empty where the figure has no spread
    provenance  measured, estimated or assumed
    boundary    what is counted, None for figures without extent
    """

    text: str
    unit: str
    interval: str
    provenance: str
    boundary: str | None

    def __str__(self) -> str:
        return " ".join(part for part in (self.text + _joined(self.unit), self.interval) if part)


def _joined(symbol: str) -> str:
    return f"\N{NO-BREAK SPACE}{symbol}" if symbol else ""


def shown(estimate: Estimate, messages: Messages, *, in_unit: str | None = None) -> Shown:
    """``estimate`` for print; ``in_unit`` fixes the unit (a column's), otherwise the one that reads best is taken."""
    fitted = estimate.to(in_unit) if in_unit else fit(estimate)
    digits = digits_for(fitted)
    interval = ""
    if fitted.low != fitted.high:
        interval = f"[{significant(fitted.low, digits)}, {significant(fitted.high, digits)}]"
    boundary = str(fitted.boundary) if fitted.boundary else None
    return Shown(
        significant(fitted.value, digits), unit_text(fitted.unit, messages), interval, fitted.provenance.value, boundary
    )


def percent(estimate: Estimate, messages: Messages) -> Shown:
    """A share as per cent."""
    return shown(estimate, messages, in_unit="%")


def fit(estimate: Estimate) -> Estimate:
    """The same figure in the unit of its family that reads best; per-something figures keep their denominator."""
    if estimate.unit in _PRODUCT_LADDER:
        candidates = [estimate.to(symbol) for symbol in _PRODUCT_LADDER]
        return next((c for c in reversed(candidates) if abs(c.value) >= 1), candidates[0])
    numerator, slash, rest = estimate.unit.partition("/")
    if not slash:
        return fitting(estimate)
    if numerator not in _PER_LADDERS or estimate.value == 0:
        return estimate
    best = estimate.to(_PER_LADDERS[numerator][0] + slash + rest)
    for symbol in _PER_LADDERS[numerator][1:]:
        candidate = estimate.to(symbol + slash + rest)
        if abs(candidate.value) >= 1:
            best = candidate
    return best


# Energy times delay: both factors small at once.
_PRODUCT_LADDER = ("uJ*ms/sample^2", "mJ*ms/sample^2", "J*s/sample^2")


def common_unit(estimates: Iterable[Estimate]) -> str | None:
    """One unit for a whole column or axis: the one that fits its median; None for an empty column."""
    items = list(estimates)
    if not items:
        return None
    base = items[0].unit
    middle = median(estimate.to(base).value for estimate in items)
    return fit(Estimate.exact(middle, base, items[0].provenance)).unit


def total_unit(pilot: Pilot) -> str | None:
    """The unit of energies in total: that of the recommended option, so that a table repeats the verdict's figure."""
    chosen = pilot.decision.option(pilot.decision.recommended)
    if chosen is not None:
        return fit(chosen.total_energy).unit
    return common_unit(option.total_energy for option in pilot.decision.options)


def unit_text(symbol: str, messages: Messages) -> str:
    """A unit in the reader's language, with raised powers: ``J·s/sample²``; empty for a plain number."""
    if dict(unit(symbol).dimension) == {} and symbol == "1":
        return ""
    words = []
    for piece in symbol.replace("*", " * ").replace("/", " / ").split():
        name, _, power = piece.partition("^")
        word = messages.say(f"unit.{name}") if f"unit.{name}" in messages else readable(name)
        words.append("·" if name == "*" else word + power.translate(_RAISED))
    return "".join(words)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def count(value: float) -> str:
    """A count in full: 100,000."""
    return f"{value:,.0f}" if float(value).is_integer() or value >= 1000 else significant(value)


def rounded(value: float) -> str:
    """A count that is no better known than three digits: 82,900,000."""
    return count(float(f"{value:.3g}"))


def compact(value: float) -> str:
    """A count to three digits with its prefix: 11.2 M, 62.0 k, 557 M."""
    for scale, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= scale:
            return f"{significant(value / scale)} {prefix}"
    return significant(value)


def per_thousand(estimate: Estimate) -> Estimate:
    """Energy per request as energy of a thousand requests; the words beside it say per how many."""
    unit_of_all, _, _ = estimate.unit.partition("/")
    thousand = estimate * 1000.0
    return Estimate(
        thousand.value,
        thousand.low,
        thousand.high,
        unit_of_all,
        estimate.provenance,
        estimate.boundary,
        estimate.factors,
    )


class _Ranged(Protocol):
    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def edge_note(factors: Iterable[_Ranged], messages: Messages) -> str:
    """What to know where a value lies at an end of its own interval; nothing where none does."""
    at_edge = any(factor.low != factor.high and factor.value in (factor.low, factor.high) for factor in factors)
    return messages.say("factors.edge") if at_edge else ""
