"""Everyday things to compare a footprint with, labelled in English and Japanese."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table


@dataclass(frozen=True, slots=True)
class Equivalence:
    """One everyday thing: its carbon in kg, its electricity in kWh, or both.

    per      what one of it is (``1 km``, ``1 car``)
    status   retrieved, computed, or secondary: read on a page that restates the source, shown with that word
    """

    id: str
    label_en: str
    label_ja: str
    per: str
    carbon_kg: float | None
    energy_kwh: float | None
    year: int
    status: str
    note: str | None
    source: Source

    def label(self, language: str) -> str:
        """The label in ``en`` or ``ja``."""
        return self.label_ja if language == "ja" else self.label_en


TABLE = Table("equivalences", Equivalence)
