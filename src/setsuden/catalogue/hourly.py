"""Grid intensity by hour of the day and month: measured profiles of a few grids, as a signal over local time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from setsuden.catalogue.grid import UNIT
from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table, nearest
from setsuden.errors import InputError
from setsuden.quantity import Estimate, Factor, Provenance

_Z95 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class Zone:
    """A grid whose hours are known; ``synthetic`` is true where the shape was borrowed from another grid."""

    id: str
    iso2: str
    name: str
    timezone: str
    year: int
    basis: str
    synthetic: bool
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Hour:
    """Mean over the days of one month (0: whole year) at one local hour, with the standard deviation between days."""

    id: str
    zone: str
    month: int
    hour: int
    intensity_g_per_kwh: float
    sd_g_per_kwh: float | None
    days: int
    source: Source


ZONES = Table("hourly_zones", Zone)
HOURS = Table("hourly", Hour)


@dataclass(frozen=True, slots=True)
class HourlySignal:
    """Carbon intensity of one zone over the local hours of the year."""

    zone: Zone

    def at(self, month: int, hour: int) -> Estimate:
        """gCO2e/kWh in ``month`` 1-12 (0: mean of the year) at local ``hour`` 0-23; the interval spans the days."""
        if not 0 <= month <= 12 or not 0 <= hour <= 23:
            raise InputError("month runs from 1 to 12 (0: whole year), hour from 0 to 23", value=(month, hour))
        row = HOURS.get(f"{self.zone.id}:{month}:{hour}")
        value, sd = row.intensity_g_per_kwh, row.sd_g_per_kwh or 0.0
        low, high = max(0.0, value - _Z95 * sd), value + _Z95 * sd
        factor = Factor(
            f"grid carbon intensity, {self.zone.name}, {hour:02d} h" + (f", month {month}" if month else ""),
            value,
            low,
            high,
            UNIT,
            str(self.zone.source),
            self.zone.year,
            self.zone.source.licence,
            self.zone.basis,
        )
        return Estimate(value, low, high, UNIT, Provenance.ASSUMED, None, (factor,))


@lru_cache(maxsize=32)
def signal(zone: str) -> HourlySignal:
    """The hourly signal of ``zone`` (GB, FR, DE, US-CAL-CISO ...); InputError naming the zones that are known."""
    row = ZONES.find(zone)
    if row is None:
        raise InputError("no hourly profile of this zone", value=zone, remedy=nearest(zone, ZONES.ids()))
    return HourlySignal(row)
