"""A carbon intensity over time, and its mean over the windows in which energy was used."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from setsuden.catalogue.uncertainty import default
from setsuden.footprint.hours import UNIT, Window
from setsuden.footprint.live.desk import Desk
from setsuden.footprint.live.fault import SignalError
from setsuden.quantity import Estimate, Factor, Provenance

_INSTANT_S = 1e-3
"""Times since 1970 are no finer than a fraction of a microsecond, so a shorter stretch or hole is none."""

Kind = Literal["measured", "estimated", "forecast"]


@dataclass(frozen=True, slots=True)
class Point:
    """Mean intensity from ``start_s`` (seconds since 1970) over ``duration_s``, g/kWh.

    kind   measured: from metered generation; estimated: the service modelled it; forecast: it was ahead of its time
    """

    start_s: float
    duration_s: float
    g_per_kwh: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class LiveSignal:
    """What a service said of one place.

    basis    the convention; never mixed with another
    derived  whether we computed the intensity from a fuel mix
    points   ascending and not overlapping; there may be holes
    """

    place: str
    basis: str
    source: str
    licence: str | None
    points: tuple[Point, ...]
    derived: bool = False

    def mean(self, windows: Sequence[Window], max_stale_s: float) -> Estimate:
        """Energy-weighted mean over the windows, gCO2e/kWh, as one factor; provenance ``estimated``.

        Each stretch of a window needs a point. Before or after all points the nearest one stands in for up to
        ``max_stale_s``; anything longer, and any hole between points, raises SignalError: it would be a guess.
        The interval is the catalogue's ``ci_annual`` for metered points, its upper end for others and for our mixes.
        """
        weight = sum(window.weight for window in windows)
        if not windows or weight <= 0:
            raise SignalError("no_data", "no window with energy to price", place=self.source)
        value = half = 0.0
        narrow, wide = default("ci_annual").centre, default("ci_annual").high
        kinds: dict[Kind, float] = {}
        for window in windows:
            for point, share in self._shares(window, max_stale_s):
                part = share * window.weight / weight
                value += part * point.g_per_kwh
                half += part * point.g_per_kwh * (narrow if point.kind == "measured" and not self.derived else wide)
                kinds[point.kind] = kinds.get(point.kind, 0.0) + part
        name = f"grid carbon intensity, {self.place}, live ({_words(kinds)})"
        low, high = max(0.0, value - half), value + half
        year = datetime.fromtimestamp(windows[0].start.timestamp(), UTC).year
        factor = Factor(name, value, low, high, UNIT, self.source, year, self.licence, self.basis)
        return Estimate(value, low, high, UNIT, Provenance.ESTIMATED, None, (factor,))

    def _shares(self, window: Window, max_stale_s: float) -> list[tuple[Point, float]]:
        """The points of one window with their shares, which sum to one."""
        if not self.points:
            raise SignalError("no_data", "has no figure for this time", place=self.source)
        begin = window.start.timestamp()
        end = begin + window.duration_s
        first, last = self.points[0], self.points[-1]
        early, late = first.start_s - begin, end - (last.start_s + last.duration_s)
        if max(early, late) > max_stale_s:
            raise SignalError("stale", f"ends {max(early, late) / 3600:.1f} h away from this time", place=self.source)
        if window.duration_s < _INSTANT_S:
            return [(self._at(begin), 1.0)]
        found: list[tuple[Point, float]] = []
        covered = 0.0
        for point in self.points:
            start = begin if point is first else point.start_s
            stop = end if point is last else point.start_s + point.duration_s
            seconds = min(end, stop) - max(begin, start)
            if seconds > 0:
                found.append((point, seconds))
                covered += seconds
        if covered < window.duration_s - _INSTANT_S:
            raise SignalError("no_data", f"has a hole of {window.duration_s - covered:.0f} s", place=self.source)
        return [(point, seconds / covered) for point, seconds in found]

    def _at(self, moment_s: float) -> Point:
        for point in self.points:
            if point.start_s <= moment_s < point.start_s + point.duration_s:
                return point
        nearest = self.points[0] if moment_s < self.points[0].start_s else self.points[-1]
        last = self.points[-1]
        if self.points[0].start_s <= moment_s < last.start_s + last.duration_s:
            raise SignalError("no_data", "has a hole at this time", place=self.source)
        return nearest


class Source(Protocol):
    """A client: knows one service's addresses and shapes, nothing of time limits and caches."""

    name: str
    url: str

    def read(self, desk: Desk, begin_s: float, end_s: float) -> LiveSignal:
        """The signal of the client's place over the span, as far as the service has it; SignalError otherwise."""
        ...


def ordered(points: Sequence[Point]) -> tuple[Point, ...]:
    """By time, one per start (the last one given), each cut where the next begins."""
    by_start = {point.start_s: point for point in points}
    starts = sorted(by_start)
    found: list[Point] = []
    for position, start in enumerate(starts, 1):
        point = by_start[start]
        following = starts[position] if position < len(starts) else math.inf
        length = min(point.duration_s, following - start)
        found.append(Point(start, length, point.g_per_kwh, point.kind))
    return tuple(found)


def seconds_of(text: object, desk: Desk) -> float:
    """ISO 8601 with its zone (Z included) -> seconds since 1970; SignalError for anything else."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise desk.odd(f"a time that cannot be read, {text!r}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def intensity_of(value: object, desk: Desk) -> float | None:
    """A finite g/kWh that is not negative; None for null; SignalError for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e5:
        raise desk.odd(f"an intensity of {value!r}")
    return float(value)


def _words(kinds: dict[Kind, float]) -> str:
    return ", ".join(f"{kind} {share:.0%}" for kind, share in sorted(kinds.items()))
