"""The papers' own tables and factors, as printed."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from setsuden.catalogue import evidence
from setsuden.footprint import Footprint, footprint
from setsuden.quantity import NODE, Estimate, Factor, Provenance

LB_PER_KG = 1 / 0.45359237


def rows(name: str) -> list[dict[str, str]]:
    """The printed table ``name``; a blank cell is one the paper leaves blank or that could not be had."""
    text = (files(__package__) / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def cell(row: dict[str, str], column: str) -> float | None:
    """A number of a printed table, None where blank."""
    return float(row[column]) if row[column] else None


@dataclass(frozen=True, slots=True)
class PaperFactor:
    """A factor as the paper used it; ``value`` in the paper's own unit."""

    value: float
    unit: str
    factor: Factor


def factor(row_id: str, unit: str) -> PaperFactor:
    """A row of the catalogue's ``paper_factors``; ``unit`` is its written form for a result's list of factors."""
    row = evidence.PAPER_FACTORS.get(row_id)
    assert row.value is not None, row_id
    name = f"{row.factor.replace('_', ' ')}, {row.paper}" + (f" ({row.status})" if row.status != "retrieved" else "")
    listed = Factor(name, row.value, row.value, row.value, unit, str(row.source), row.year, row.source.licence)
    return PaperFactor(row.value, row.unit, listed)


def footprint_of(kwh: float, kg_per_kwh: float, pue: float) -> Footprint:
    """IT energy, intensity and overhead as printed, through the same arithmetic as every other footprint."""
    energy = Estimate.exact(kwh, "kWh", Provenance.ASSUMED, NODE)
    return footprint(energy, intensity=kg_per_kwh * 1000.0, pue=pue, draws=2)


def listed(factors: Iterable[PaperFactor]) -> tuple[Factor, ...]:
    """The factors of a replay, once each."""
    return tuple(dict.fromkeys(item.factor for item in factors))
