"""Find rows by text, show one with its source, list what is not known."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from setsuden.catalogue.everything import tables
from setsuden.catalogue.evidence import GAPS
from setsuden.catalogue.sheet import Fact
from setsuden.catalogue.source import Source
from setsuden.catalogue.table import nearest
from setsuden.errors import InputError

# Columns worth a look when a table is searched; ids always are.
_TEXT = ("name", "aliases", "item", "location", "label_en", "label_ja", "technique", "workload", "context", "country")
# The figure a row exists for: where it is blank, the catalogue does not know.
_MAIN = {
    "processors": "tdp_w",
    "cloud_regions": "pue",
    "wue": "l_per_kwh",
    "embodied": "value",
    "network_energy": "value",
    "paper_factors": "value",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A row found in a table."""

    table: str
    row: Fact

    def to_json(self) -> dict[str, Any]:
        """All fields of the row, its source spelled out."""
        fields = {item.name: getattr(self.row, item.name) for item in dataclasses.fields(self.row)}  # type: ignore[arg-type]
        source: Source = fields.pop("source")
        return {"table": self.table, "id": fields.pop("id"), "fields": fields, "source": source_json(source)}


@dataclass(frozen=True, slots=True)
class Unknown:
    """A figure the catalogue does not have.

    table, id   where it would stand
    field       the blank column, or for a whole kind of figure what it is
    note        what is said about it, or what to do instead
    """

    table: str
    id: str
    field: str
    note: str | None


def source_json(source: Source) -> dict[str, str | None]:
    """A source as plain data."""
    return {
        "id": source.id or None,
        "text": source.text,
        "licence": source.licence,
        "edition": source.edition,
        "url": source.url,
    }


def search(text: str, *, limit: int = 50) -> list[Hit]:
    """Rows whose id, name or label contains every word of ``text``, shortest id first, at most ``limit``."""
    words = text.casefold().split()
    if not words:
        raise InputError("nothing to search for", value=text)
    hits: list[tuple[str, str]] = []
    for name, table in tables().items():
        columns = [table.column(column) for column in _TEXT if column in table.row_type.__dataclass_fields__]
        for row_id in table.ids():
            haystack = " ".join((row_id, *(column[row_id] for column in columns))).casefold()
            if all(word in haystack for word in words):
                hits.append((name, row_id))
    hits.sort(key=lambda hit: len(hit[1]))
    return [Hit(name, tables()[name].get(row_id)) for name, row_id in hits[:limit]]


def show(row_id: str) -> list[Hit]:
    """Every row called ``row_id``, or ``table/row_id`` for one; InputError with the nearest ids when there is none."""
    table_name, _, bare = row_id.partition("/")
    hits = [
        Hit(name, row)
        for name, table in tables().items()
        for wanted in ((bare,) if bare and name == table_name else () if bare else (row_id,))
        if (row := table.find(wanted)) is not None
    ]
    if not hits:
        known = [item for table in tables().values() for item in table.ids()]
        wanted = "-".join((bare or row_id).split())
        raise InputError("no row of this id in the catalogue", value=row_id, remedy=nearest(wanted, known))
    return hits


def all_sources() -> list[tuple[Source, str, int]]:
    """(source, table, rows that cite it), in table order; ``{ref}`` stands for what varies from row to row."""
    return [
        (source, name, rows)
        for name, table in tables().items()
        for source, rows in table.citations().items()
        if source.id
    ]


def unknown() -> Iterator[Unknown]:
    """What was looked for and not found: kinds of figures first, then single blank figures."""
    for gap in GAPS:
        yield Unknown("gaps", gap.id, gap.what, gap.instead)
    for name, field in _MAIN.items():
        table = tables()[name]
        for row_id, cell in table.column(field).items():
            if not cell:
                yield Unknown(name, row_id, field, getattr(table.get(row_id), "note", None))
