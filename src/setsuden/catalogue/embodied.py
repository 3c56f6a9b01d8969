"""Carbon of making hardware: devices, components, fabs, lifetimes.

Methods for one and the same GPU differ 3.5 to 4.5 times, so the defaults are always ranges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from setsuden.catalogue.packs import pack_table
from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table
from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.quantity import Estimate


@dataclass(frozen=True, slots=True)
class Embodied:
    """One figure: ``value`` in ``unit`` (``kgCO2e per card``, ``gCO2e per GB``, ``years``), None if unknown."""

    id: str
    category: str
    item: str
    value: float | None
    unit: str
    low: float | None
    high: float | None
    lifetime_years: float | None
    scope: str | None
    year: int | None
    quality: str | None
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Product:
    """A manufacturer's product sheet, from the optional share-alike pack."""

    id: str
    manufacturer: str
    name: str
    kind: str
    total_kg: float
    use_ratio: float | None
    manufacturing_ratio: float | None
    embodied_kg: float
    yearly_kwh: float | None
    lifetime_years: float | None
    use_location: str | None
    report_year: int | None
    source: Source


TABLE = Table("embodied", Embodied)
Hardware = Literal["a100", "h100", "server", "smartphone"]
_DEFAULTS: dict[Hardware, str] = {"a100": "g_a100", "h100": "g_h100", "server": "g_srv", "smartphone": "g_ph"}


def whole(hardware: Hardware) -> Estimate:
    """kgCO2e to make one A100, H100, rack server or smartphone, as a range over the methods."""
    if hardware not in _DEFAULTS:
        raise InputError("no default embodied carbon", value=hardware, remedy=f"Known: {', '.join(_DEFAULTS)}.")
    return default(_DEFAULTS[hardware]).estimate("kgCO2e")


def server_lifetime() -> Estimate:
    """Years a server is kept."""
    return default("l_srv").estimate("yr")


def server_utilisation() -> Estimate:
    """Share of its life that a server works, 0-1."""
    return default("u_srv").estimate("1")


def products() -> Table[Product] | None:
    """Manufacturers' product sheets; None unless the optional pack is installed."""
    return pack_table("embodied_products", Product)
