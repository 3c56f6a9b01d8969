"""Where something draws its electricity, and how clean that is by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from setsuden.catalogue import grid
from setsuden.catalogue.hourly import signal
from setsuden.errors import InputError
from setsuden.quantity import Estimate, Factor, merged_factors

HOURS = 24


@dataclass(frozen=True, slots=True)
class Place:
    """A grid.

    name         country or region as it is reported
    hours        gCO2e/kWh in each hour of UTC from midnight on; a multiple of 24 values, repeated; equal where only
                 the year's mean is known
    low, high    5-95 %, as shares of every hour's value (low <= 1 <= high)
    factors      where the figures come from
    """

    name: str
    hours: tuple[float, ...]
    low: float = 1.0
    high: float = 1.0
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        if not whole_days(self.hours):
            raise InputError(
                "a grid needs 24 hours, or whole days of them, finite and not negative",
                place=self.name,
                value=len(self.hours),
            )
        if not 0 <= self.low <= 1 <= self.high:
            raise InputError("the interval must contain the value", place=self.name, value=(self.low, self.high))

    @property
    def mean(self) -> float:
        """Plain mean of the hours, gCO2e/kWh."""
        return sum(self.hours) / len(self.hours)


def whole_days(hours: Sequence[float]) -> bool:
    """Whether these are figures of whole days, hour by hour, finite and not negative."""
    return len(hours) > 0 and len(hours) % HOURS == 0 and all(0 <= hour < float("inf") for hour in hours)


def steady(name: str, intensity: Estimate | float) -> Place:
    """A place with one intensity (gCO2e/kWh) at all hours."""
    if isinstance(intensity, Estimate):
        figure = intensity.to("gCO2e/kWh")
        low, high = (figure.low / figure.value, figure.high / figure.value) if figure.value else (1.0, 1.0)
        return Place(name, (figure.value,) * HOURS, low, high, figure.factors)
    return Place(name, (float(intensity),) * HOURS)


def country(code: str, year: int | None = None) -> Place:
    """The annual mean of a country, state or cloud region of the catalogue; InputError with the nearest codes."""
    found = grid.intensity(code, year)
    return steady(found.site, found.estimate())


def hourly(zone: str, month: int) -> Place:
    """The mean day of one month (1-12; 0: whole year) of a grid whose hours are known, turned to UTC.

    The interval is that of the hours' spread between days, taken as its mean share.
    """
    found = signal(zone)
    offset = utc_offset_h(found.zone.timezone, month or 6, found.zone.year)
    days = [found.at(month, (hour + round(offset)) % HOURS) for hour in range(HOURS)]
    low = sum(day.low / day.value for day in days) / HOURS
    high = sum(day.high / day.value for day in days) / HOURS
    factors = merged_factors(*(day.factors for day in days))
    return Place(zone, tuple(day.value for day in days), low, high, factors)


def utc_offset_h(timezone: str, month: int, year: int = 2024) -> float:
    """Hours that the clocks of a time zone are ahead of UTC in the middle of a month."""
    try:
        there = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        raise InputError(
            "unknown time zone", value=timezone, remedy="For example Europe/Paris or Asia/Tokyo."
        ) from None
    ahead = datetime(year, month, 15, 12, tzinfo=UTC).astimezone(there).utcoffset()
    assert ahead is not None
    return ahead.total_seconds() / 3600.0
