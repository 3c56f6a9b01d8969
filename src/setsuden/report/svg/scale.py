"""Scales from data to pixels, with ticks a reader would have chosen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STRETCH_FROM = 3.5
_AIR = 3.0  # an interval may widen a picture beyond its extreme values by this factor
_LOG_STEPS = ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,))


@dataclass(frozen=True, slots=True)
class Linear:
    """Equal distances for equal differences; ``low`` at pixel ``start``, ``high`` at ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, most: int) -> list[float]:
        """At most ``most`` round values inside the scale."""
        step = nice_step((self.high - self.low) / max(1, most))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(index * step, 12) for index in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Log:
    """Equal distances for equal ratios; both ends positive."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixel of a positive value."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int) -> list[float]:
        """At most ``most`` of 1, 2, 3, 5 ... times powers of ten; every so many decades when there are many."""
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in _LOG_STEPS:
            found = [step * 10.0**decade for decade in decades for step in steps]
            inside = [value for value in found if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]
            if len(inside) <= most:
                break
        else:
            stride = math.ceil(len(inside) / max(1, most))
            inside = inside[::stride]
        return inside if len(inside) >= 2 else Linear(self.low, self.high, self.start, self.end).ticks(most)


_ROUND_SHARES = (99.9, 99.5, 99.0, 98.0, 95.0, 90.0, 80.0, 70.0, 60.0, 50.0, 40.0, 30.0, 20.0, 10.0, 0.0)


@dataclass(frozen=True, slots=True)
class Stretched:
    """Per cent, stretched towards 100: equal distances for equal ratios of what is missing; ``high`` < 100."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixel of a share below 100 per cent."""
        share = math.log((100 - self.low) / (100 - value)) / math.log((100 - self.low) / (100 - self.high))
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int) -> list[float]:
        """Round shares inside the scale, far enough apart for ``most`` of them to fit."""
        gap = abs(self.end - self.start) / max(1, most) * 0.6
        kept: list[float] = []
        for value in _ROUND_SHARES:
            if self.low <= value <= self.high and (not kept or abs(self(value) - self(kept[-1])) >= gap):
                kept.append(value)
        if len(kept) < 2:
            kept = Linear(self.low, self.high, self.start, self.end).ticks(most)
        return sorted(kept)


Scale = Linear | Log | Stretched


def shares(spans: Iterable[tuple[float, float, float]], start: float, end: float) -> Linear | Stretched:
    """A scale for per cent (low, value, high): stretched when what is missing to 100 differs by more than 3.5 times."""
    items = list(spans)
    missing = [100 - value for _, value, _ in items]
    ends = [value for span in items for value in span]
    if min(missing) <= 0 or max(missing) / min(missing) < _STRETCH_FROM:
        return linear(ends, start, end, floor=0.0, ceiling=100.0)
    least, most = min(ends), min(max(ends), 100 - min(missing) / 2)
    air = ((100 - least) / (100 - most)) ** 0.05
    return Stretched(max(0.0, 100 - (100 - least) * air), 100 - (100 - most) / air, start, end)


def nice_step(rough: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is at least ``rough`` (> 0)."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough * (1 - 1e-9))


def linear(
    values: Iterable[float],
    start: float,
    end: float,
    *,
    margin: float = 0.06,
    floor: float | None = None,
    ceiling: float | None = None,
) -> Linear:
    """A linear scale around ``values`` with some air; never below ``floor`` or above ``ceiling``."""
    items = list(values)
    low, high = min(items), max(items)
    if low == high:
        low, high = (low - abs(low) * 0.1 or -1.0, high + abs(high) * 0.1 or 1.0)
    air = (high - low) * margin
    low, high = low - air, high + air
    return Linear(
        max(low, floor) if floor is not None else low, min(high, ceiling) if ceiling is not None else high, start, end
    )


def log(values: Iterable[float], start: float, end: float, *, margin: float = 0.06) -> Log:
    """A logarithmic scale around the positive ``values`` with some air."""
    items = [value for value in values if value > 0]
    low, high = min(items), max(items)
    if low == high:
        low, high = low / 2, high * 2
    air = (high / low) ** margin
    return Log(low / air, high * air, start, end)


def fitting(values: Iterable[float], start: float, end: float) -> Scale:
    """Logarithmic where positive values span more than a factor of eight, else linear from zero or nearby."""
    items = list(values)
    if min(items) > 0 and max(items) / min(items) > 8:
        return log(items, start, end)
    return linear(items, start, end, floor=0.0 if min(items) >= 0 else None)


def around(spans: Iterable[tuple[float, float, float]], start: float, end: float) -> Scale:
    """A scale for (low, value, high): all values, and as much of the intervals as does not dwarf them."""
    items = list(spans)
    values = [value for _, value, _ in items]
    lows, highs = [low for low, _, _ in items], [high for _, _, high in items]
    if min(values) <= 0:
        return fitting([*lows, *values, *highs], start, end)
    least, most = max(min(lows), min(values) / _AIR), min(max(highs), max(values) * _AIR)
    return fitting([least, *values, most], start, end)


def clipped(scale: Scale, value: float) -> float:
    """Pixel of ``value``, or of the nearer end where it lies outside the scale."""
    return scale(min(max(value, scale.low), scale.high))


def tick_text(value: float) -> str:
    """A tick's label: no needless zeros, thousands separated, never an exponent."""
    if value == 0:
        return "0"
    decimals = max(0, 3 - math.floor(math.log10(abs(value))))
    written = f"{value:,.{decimals}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
