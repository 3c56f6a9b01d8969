"""Pricing energy by the hour it was used in.

A window's energy is spread evenly over its duration. Each hour has its own intensity; the hours' intervals move
together (a wet year is wet all day), so the mean's interval is the energy-weighted mean of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setsuden.catalogue.hourly import HourlySignal
from setsuden.errors import InputError
from setsuden.quantity import Estimate, Factor, Provenance

UNIT = "gCO2e/kWh"
MAX_DURATION_S = 10 * 366 * 86400.0


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time and the share of the energy used in it.

    start        with its time zone
    duration_s   0 for an instant, at most ten years
    weight       energy in any one unit, the same for all windows; not negative
    """

    start: datetime
    duration_s: float
    weight: float

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise InputError("a time needs its zone", value=self.start.isoformat(), remedy="Such as +09:00.")
        if not self.duration_s >= 0 or not self.weight >= 0:
            raise InputError("a window's duration and energy are not negative", value=(self.duration_s, self.weight))
        if self.duration_s > MAX_DURATION_S:
            raise InputError(
                "only ten years can be priced by the hour", value=self.duration_s, remedy="Leave the time out."
            )


def local_hours(window: Window, zone: str) -> list[tuple[int, int, float]]:
    """(month, hour, share of the window) in local time of ``zone``; the shares sum to one."""
    place = ZoneInfo(zone)
    start = window.start.timestamp()
    if window.duration_s == 0:
        local = window.start.astimezone(place)
        return [(local.month, local.hour, 1.0)]
    out: list[tuple[int, int, float]] = []
    at, end = start, start + window.duration_s
    while at < end:
        local = datetime.fromtimestamp(at, place)
        # The next full hour on the local clock; offsets are whole quarters, so minutes count.
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        until = min(end, at + 3600.0 - into.total_seconds())
        out.append((local.month, local.hour, (until - at) / window.duration_s))
        at = until
    return out


def priced(signal: HourlySignal, windows: Sequence[Window]) -> Estimate:
    """Mean intensity over the hours the energy was used in, gCO2e/kWh, as one factor."""
    weight = sum(window.weight for window in windows)
    if not windows or weight <= 0:
        raise InputError("pricing by the hour needs at least one window with energy")
    shares: dict[tuple[int, int], float] = {}
    for window in windows:
        for month, hour, share in local_hours(window, signal.zone.timezone):
            shares[month, hour] = shares.get((month, hour), 0.0) + share * window.weight / weight
    hours = [(signal.at(month, hour), share) for (month, hour), share in shares.items()]
    value = sum(hour.value * share for hour, share in hours)
    low = min(value, sum(hour.low * share for hour, share in hours))
    high = max(value, sum(hour.high * share for hour, share in hours))
    zone, count = signal.zone, len(hours)
    name = f"grid carbon intensity, {zone.name}, " + (f"{count} hours of the year" if count > 1 else _hour_name(shares))
    factor = Factor(name, value, low, high, UNIT, str(zone.source), zone.year, zone.source.licence, zone.basis)
    return Estimate(value, low, high, UNIT, Provenance.ASSUMED, None, (factor,))


def _hour_name(shares: dict[tuple[int, int], float]) -> str:
    ((month, hour),) = shares
    return f"month {month}, {hour:02d} h local time"
