"""Memory and storage: watts per capacity."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table
from setsuden.catalogue.uncertainty import default
from setsuden.quantity import Estimate


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
