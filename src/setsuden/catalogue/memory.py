"""Memory and storage: watts per capacity."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table
from setsuden.catalogue.uncertainty import default
from setsuden.quantity import Estimate, Factor, Provenance


@dataclass(frozen=True, slots=True)
class MemoryPower:
    """One coefficient: ``value`` in ``unit`` (written out, for example ``W per GB``)."""

    id: str
    component: str
    value: float
    unit: str
    low: float | None
    high: float | None
    quality: str
    note: str | None
    source: Source


TABLE = Table("memory_storage", MemoryPower)


def dram_w_per_gb() -> Estimate:
    """Watts per GB of installed DRAM, whatever the load: the range spans the five published coefficients."""
    return default("w_dram").estimate("W/GB")


def storage_w_per_tb(kind: str) -> Estimate:
    """Watts per TB of ``hdd`` or ``ssd``: mean of the published coefficients, the interval spans them."""
    rows = [row for row in TABLE if row.component == kind.upper() and row.unit == "W per TB"]
    if not rows:
        TABLE.get(f"{kind}-ccf")  # raises with the nearest names
    values = [row.value for row in rows]
    factors = tuple(
        Factor(
            f"{row.component} power", row.value, row.value, row.value, "W/TB", str(row.source), None, row.source.licence
        )
        for row in rows
    )
    mean = sum(values) / len(values)
    return Estimate(mean, min(values), max(values), "W/TB", Provenance.ASSUMED, None, factors)
