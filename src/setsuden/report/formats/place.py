"""Where a run took place, as the formats ask for it: a country, a finer location, a cloud region."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.grid import LATEST
from setsuden.catalogue.sites import CLOUD_REGIONS


@dataclass(frozen=True, slots=True)
class Place:
    """What a site code says; None where it does not.

    iso2, iso3   of the country
    name         of the country, state or region
    location     the code itself where it is finer than a country
    provider, region   of a cloud region
    """

    iso2: str | None = None
    iso3: str | None = None
    name: str | None = None
    location: str | None = None
    provider: str | None = None
    region: str | None = None


def place_of(site: str | None) -> Place:
    """Of a site code; an empty place for None, for the world and other aggregates, and for what the table lacks."""
    if site is None:
        return Place()
    cloud = CLOUD_REGIONS.find(site.strip().lower())
    if cloud is not None:
        name = f"{cloud.provider} {cloud.region} ({cloud.location})"
        return Place(cloud.iso2, _iso3(cloud.iso2), name, cloud.location, cloud.provider, cloud.region)
    code = site.strip().upper()
    row = LATEST.find(code) or next((LATEST.get(key) for key, iso3 in _iso3_codes() if iso3 == code), None)
    if row is None or row.id.startswith("AGG-"):
        return Place()
    country = row.iso2 or row.parent_iso2
    finer = row.id if row.id != country else None
    return Place(country, row.iso3 or _iso3(country), row.name, finer)


def _iso3(iso2: str | None) -> str | None:
    row = LATEST.find(iso2) if iso2 else None
    return row.iso3 if row else None


def _iso3_codes() -> list[tuple[str, str]]:
    return list(LATEST.column("iso3").items())
