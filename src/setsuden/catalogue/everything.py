"""Every built-in table, for searching, listing and checking."""

from __future__ import annotations

from typing import Any

from setsuden.catalogue import (
    devices,
    embodied,
    equivalences,
    evidence,
    grid,
    hourly,
    memory,
    network,
    power_curves,
    prices,
    processors,
    sites,
    uncertainty,
)
from setsuden.catalogue.packs import pack_table
from setsuden.catalogue.table import Table

BUILT_IN: dict[str, Table[Any]] = {
    table.name: table
    for table in (
        grid.LATEST,
        grid.HISTORY,
        sites.CLOUD_REGIONS,
        sites.PUE,
        sites.WUE,
        hourly.ZONES,
        hourly.HOURS,
        evidence.ENERGY_SOURCES,
        prices.TABLE,
        equivalences.TABLE,
        embodied.TABLE,
        processors.TABLE,
        power_curves.TABLE,
        memory.TABLE,
        devices.EDGE,
        devices.VCPU,
        network.ENERGY,
        network.SPEEDS,
        network.MODELS,
        evidence.INFERENCE,
        evidence.EFFECTS,
        evidence.PAPER_FACTORS,
        uncertainty.TABLE,
        evidence.GAPS,
    )
}


def tables() -> dict[str, Table[Any]]:
    """Built-in tables by name, then those of installed packs."""
    packs: list[Table[Any] | None] = [
        pack_table("grid_zones", grid.ZoneRow),
        pack_table("embodied_products", embodied.Product),
    ]
    return BUILT_IN | {table.name: table for table in packs if table is not None}
