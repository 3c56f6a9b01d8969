"""Data centres: cloud regions, facility overhead (PUE), on-site water (WUE)."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table, nearest
from setsuden.errors import InputError
from setsuden.quantity import Estimate, Factor, Provenance


@dataclass(frozen=True, slots=True)
class CloudRegion:
    """One region of a cloud provider, id ``provider:region``.

    intensity_g_per_kwh   of the grid it stands on, with ``year`` and ``basis``
    cfe_share             share of hourly carbon-free energy the provider claims, 0-1; market-based, never the default
    pue, wue_l_per_kwh    as the provider publishes them, None where it does not
    """

    id: str
    provider: str
    region: str
    location: str
    iso2: str | None
    zone: str | None
    intensity_g_per_kwh: float
    year: int
    basis: str
    cfe_share: float | None
    pue: float | None
    pue_year: int | None
    wue_l_per_kwh: float | None
    pue_source_id: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Pue:
    """Facility energy over IT energy: ``ratio`` >= 1."""

    id: str
    provider: str
    region: str | None
    year: int | None
    ratio: float
    low: float | None
    high: float | None
    scope: str
    quality: str
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Wue:
    """Litres of water used on site per kWh of IT energy."""

    id: str
    provider: str
    region: str | None
    year: int | None
    l_per_kwh: float | None
    low: float | None
    high: float | None
    scope: str
    quality: str
    note: str | None
    source: Source


CLOUD_REGIONS = Table("cloud_regions", CloudRegion)
PUE = Table("pue", Pue)
WUE = Table("wue", Wue)

# Spread of a published regional figure about the true overhead of one hall: no source states one; own judgement.
_PUBLISHED_SPREAD = 0.03


def region(code: str) -> CloudRegion:
    """The cloud region ``provider:region``; InputError with the nearest ones."""
    row = CLOUD_REGIONS.find(code.strip().lower())
    if row is None:
        raise InputError("unknown cloud region", value=code, remedy=nearest(code, CLOUD_REGIONS.ids()))
    return row


def pue(code: str) -> Estimate | None:
    """PUE of a cloud region in its latest disclosed year; None when the provider discloses none.

    The interval spans the values disclosed for that year and is widened by 3 %, own judgement.
    """
    wanted = region(code)
    rows = [row for row in PUE if row.provider == wanted.provider and row.region == wanted.region and row.year]
    if not rows:
        return None
    year = max(row.year or 0 for row in rows)
    newest = [row for row in rows if row.year == year]
    value = sum(row.ratio for row in newest) / len(newest)
    low = min(row.ratio for row in newest) * (1 - _PUBLISHED_SPREAD)
    high = max(row.ratio for row in newest) * (1 + _PUBLISHED_SPREAD)
    return _ratio(f"PUE, {wanted.id}", value, max(1.0, low), high, newest[0].source, year)


def wue(code: str) -> Estimate | None:
    """On-site water of a cloud region in L/kWh; None when the provider discloses none.

    A figure that a provider repeats for all its regions is not a regional figure and is left out.
    """
    wanted = region(code)
    rows = [
        row
        for row in WUE
        if row.provider == wanted.provider and row.region == wanted.region and "repeated" not in row.scope
    ]
    values = [(row.year or 0, row.l_per_kwh, row) for row in rows if row.l_per_kwh is not None]
    if not values:
        return None
    year = max(item[0] for item in values)
    newest = [value for of_year, value, _ in values if of_year == year]
    source = next(row.source for of_year, _, row in values if of_year == year)
    return _water(f"on-site water, {wanted.id}", sum(newest) / len(newest), min(newest), max(newest), source, year)


def _ratio(name: str, value: float, low: float, high: float, source: Source, year: int | None) -> Estimate:
    factor = Factor(name, value, low, high, "1", str(source), year, source.licence)
    return Estimate(value, low, high, "1", Provenance.ASSUMED, None, (factor,))


def _water(name: str, value: float, low: float, high: float, source: Source, year: int | None) -> Estimate:
    factor = Factor(name, value, low, high, "L/kWh", str(source), year, source.licence)
    return Estimate(value, low, high, "L/kWh", Provenance.ASSUMED, None, (factor,))
