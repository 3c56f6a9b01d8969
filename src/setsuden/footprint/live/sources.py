"""Which client knows a place."""

from __future__ import annotations

from collections.abc import Callable

from setsuden.errors import InputError
from setsuden.footprint.live.electricity_maps import ElectricityMaps
from setsuden.footprint.live.entsoe import AREAS as ENTSOE_AREAS
from setsuden.footprint.live.entsoe import Entsoe
from setsuden.footprint.live.gb import GbCarbonIntensity
from setsuden.footprint.live.japan import JapanArea
from setsuden.footprint.live.signal import Source
from setsuden.footprint.live.watttime import WattTime


def _gb(site: str) -> Source:
    if site not in ("GB", "UK"):
        raise InputError("this source knows Great Britain only", value=site, remedy="Use --site GB.")
    return GbCarbonIntensity()


def _entsoe(site: str) -> Source:
    if site not in ENTSOE_AREAS:
        raise InputError("this source does not know the place", value=site, remedy=f"Known: {', '.join(ENTSOE_AREAS)}.")
    return Entsoe(site)


# name -> client for a site code
SOURCES: dict[str, Callable[[str], Source]] = {
    "electricity-maps": ElectricityMaps,
    "watttime": WattTime,
    "gb": _gb,
    "entsoe": _entsoe,
    "japan": JapanArea,
}


def source_of(text: str, site: str) -> Source:
    """The client written as ``NAME`` or ``NAME:ZONE``, where the zone differs from the site of the annual figure."""
    name, _, zone = text.partition(":")
    return source_for(name, zone or site)


def source_for(name: str, site: str) -> Source:
    """The client called ``name`` for a place; InputError for an unknown name, and for a place it does not serve."""
    if name not in SOURCES:
        raise InputError("unknown live source", value=name, remedy=f"Use one of: {', '.join(SOURCES)}.")
    return SOURCES[name](site.strip().upper())
