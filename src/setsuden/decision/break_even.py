"""Where two costs are equal: in closed form for ``fixed + per_unit x n``, by bracketing for anything else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from setsuden.decision.draws import own_interval
from setsuden.errors import InputError
from setsuden.quantity import Estimate, unit
from setsuden.quantity.provenance import weakest

Verdict = Literal["a-below", "a-above", "never"]


@dataclass(frozen=True, slots=True)
class Affine:
    """A cost ``fixed + per_unit x n``, n >= 0: joules to train, and joules per request; Wh and mJ mix."""

    fixed: Estimate
    per_unit: Estimate

    def at(self, n: float) -> float:
        """The best figure of the cost at ``n``, in the unit of ``fixed``."""
        return self.fixed.value + self.per_unit.value * n / self.scale

    @property
    def scale(self) -> float:
        """How many units of ``per_unit`` one unit of ``fixed`` is: 3.6e6 for Wh and mJ/request."""
        return unit(self.fixed.unit).scale / unit(self.per_unit.unit).scale


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The n > 0 at which two affine costs are equal.

    verdict   ``a-below``: a is cheaper below the point; ``a-above``: a is cheaper above it; ``never``: one is at least
              as cheap at every n, see ``cheaper``
    n         the point by the best figures, None for never
    low, high the points that the intervals allow; low is 0 where the cheaper start may already be lost, high is None
              where the costs may never meet
    cheaper   who is cheaper at every n, for never; None where they are equal throughout
    """

    verdict: Verdict
    n: float | None
    low: float | None
    high: float | None
    cheaper: Literal["a", "b"] | None
    a: Affine
    b: Affine

    def estimate(self, count: str) -> Estimate | None:
        """The point as an Estimate in ``count`` (``request``); None for never or where the interval has no upper end.

        Raises UnitError when the costs are per something else.
        """
        (unit(self.a.fixed.unit) / unit(self.a.per_unit.unit)).factor_to(unit(count))
        if self.n is None or self.low is None or self.high is None:
            return None
        figures = (self.a.fixed, self.a.per_unit, self.b.fixed, self.b.per_unit)
        return Estimate(self.n, self.low, self.high, count, weakest(figure.provenance for figure in figures))


def break_even(a: Affine, b: Affine, *, shared_relative_error: float = 0.0) -> BreakEven:
    """Where ``a`` and ``b`` cost the same.

    shared_relative_error   half-width (share, 5-95 %) of an error that multiplies all four figures alike; it cancels in
                            the point and is taken out of the intervals first

    n = (fixed_b - fixed_a) / (per_unit_a - per_unit_b). The interval takes every combination of the (remaining)
    intervals, so that a wider input never gives a narrower answer. Swapping a and b swaps the verdict and nothing else.
    """
    start = (b.fixed - a.fixed).to(a.fixed.unit).value  # > 0: a starts cheaper
    slope = (a.per_unit - b.per_unit).to(a.per_unit.unit).value  # > 0: a costs more per unit
    n = start / slope * a.scale if slope else 0.0
    if not 0 < n < math.inf:
        lead = start if start != 0 else -slope
        return BreakEven("never", None, None, None, "a" if lead > 0 else "b" if lead < 0 else None, a, b)
    verdict: Verdict = "a-below" if start > 0 else "a-above"
    first, second = (a, b) if start > 0 else (b, a)  # first starts cheaper and costs more per unit
    f1, f2 = (own_interval(x.fixed.to(a.fixed.unit), shared_relative_error) for x in (first, second))
    p1, p2 = (own_interval(x.per_unit.to(a.per_unit.unit), shared_relative_error) for x in (first, second))
    low = max(0.0, f2.low - f1.high) / (p1.high - p2.low) * a.scale
    gap = p1.low - p2.high
    high = (f2.high - f1.low) / gap * a.scale if gap > 0 else math.inf
    return BreakEven(verdict, n, min(low, n), max(high, n) if math.isfinite(high) else None, None, a, b)


def crossings(
    a: Callable[[float], float],
    b: Callable[[float], float],
    low: float,
    high: float,
    *,
    steps: int = 256,
    logarithmic: bool = False,
) -> tuple[float, ...]:
    """Every point of [low, high] at which ``a`` and ``b`` change places; empty means never within the range.

    steps         brackets looked into; two crossings inside one bracket are not seen
    logarithmic   brackets of equal ratio instead of equal width; ``low`` must then be positive
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high) or (logarithmic and low <= 0):
        raise InputError(
            "the range to search needs two finite ends in order, positive if logarithmic", value=(low, high)
        )
    if logarithmic:
        grid = [low * (high / low) ** (i / steps) for i in range(steps)] + [high]
    else:
        grid = [low + (high - low) * i / steps for i in range(steps)] + [high]
    found: list[float] = []
    lead: tuple[float, float] | None = None  # the last point where one was strictly ahead, and by how much
    for x in grid:
        gap = a(x) - b(x)
        if gap == 0:
            continue
        if lead is not None and (gap > 0) != (lead[1] > 0):
            found.append(_bisect(lambda t: a(t) - b(t), lead[0], x))
        lead = (x, gap)
    return tuple(found)


def _bisect(gap: Callable[[float], float], left: float, right: float) -> float:
    start_positive = gap(left) > 0
    for _ in range(200):
        middle = left + (right - left) / 2
        if middle in (left, right):
            break
        value = gap(middle)
        if value == 0:
            return middle
        if (value > 0) == start_positive:
            left = middle
        else:
            right = middle
    return left + (right - left) / 2
