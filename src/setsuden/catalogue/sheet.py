"""One CSV file, and how its cells become a typed row."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from setsuden.catalogue.source import UNKNOWN_SOURCE, Source
from setsuden.errors import InputError


class Fact(Protocol):
    """What every row has."""

    @property
    def id(self) -> str:
        """Unique within its table."""

    @property
    def source(self) -> Source:
        """Who published it."""


R = TypeVar("R", bound=Fact)
Reader = Callable[[str], object]


def _number(cell: str) -> float:
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError("not finite")
    return value


_READERS: dict[str, Reader] = {
    "str": str,
    "float": _number,
    "int": int,
    "bool": lambda cell: {"0": False, "1": True}[cell],
    "tuple[str, ...]": lambda cell: tuple(cell.split("|")),
}


class Sheet(Generic[R]):
    """The raw cells of one file by row id; ``row`` turns one line into ``row_type``.

    path       the file; its header must hold every field of ``row_type`` and nothing else, apart from ``source_id`` and
               ``source_ref``, which may be left out of a user's file
    mark       the source all rows get in place of their own, for a user's file
    """

    def __init__(self, path: Path, row_type: type[R], known: dict[str, Source], mark: Source | None = None) -> None:
        self.path = path
        self.row_type = row_type
        self.known = known
        self.mark = mark
        header, lines = _read(path)
        self.header = header
        self.plan = self._plan()
        self.cells = self._by_id(lines)

    def column(self, name: str) -> dict[str, str]:
        """The unread cells of one column by row id, for building an index without building rows."""
        at = self.header.index(name)
        return {row_id: line[at] for row_id, line in self.cells.items()}

    def row(self, row_id: str) -> R:
        """The typed row; InputError naming the file and the row when a cell cannot be read."""
        line = self.cells[row_id]
        values: dict[str, Any] = {}
        for name, at, read, optional in self.plan:
            cell = line[at]
            if cell:
                try:
                    values[name] = read(cell)
                except (ValueError, KeyError):
                    raise InputError(f"{name} cannot be read", place=f"{self.path}, row {row_id}", value=cell) from None
            elif optional:
                values[name] = None
            else:
                raise InputError(f"{name} must not be blank", place=f"{self.path}, row {row_id}")
        values["source"] = self._source(row_id, line)
        return self.row_type(**values)

    def cited(self, row_id: str) -> Source:
        """The source of a row as listed, ``{ref}`` left standing for what varies from row to row."""
        if self.mark is not None:
            return self.mark
        return self.known.get(self.cells[row_id][self.header.index("source_id")], UNKNOWN_SOURCE)

    def _source(self, row_id: str, line: list[str]) -> Source:
        found = self.cited(row_id)
        ref = line[self.header.index("source_ref")] if self.mark is None else ""
        return replace(found, text=found.text.replace("{ref}", ref)) if ref else found

    def _plan(self) -> list[tuple[str, int, Reader, bool]]:
        """(field, column, reader, may be None) for every field of the row type."""
        wanted: list[Field[Any]] = [item for item in fields(self.row_type) if item.name != "source"]  # type: ignore[arg-type]
        names = [item.name for item in wanted]
        cited = ["source_id", "source_ref"]
        missing = [name for name in names + cited * (self.mark is None) if name not in self.header]
        strange = [name for name in self.header if name not in names + cited]
        if missing or strange:
            what = f"lacks the column {missing[0]!r}" if missing else f"has an unknown column {strange[0]!r}"
            raise InputError(f"the file {what}", place=str(self.path), remedy=f"Columns: {', '.join(names)}.")
        return [(item.name, self.header.index(item.name), *_reader(item)) for item in wanted]

    def _by_id(self, lines: list[list[str]]) -> dict[str, list[str]]:
        at = self.header.index("id")
        cells: dict[str, list[str]] = {}
        for number, line in enumerate(lines, start=2):
            if len(line) != len(self.header):
                raise InputError(
                    f"row {number} has {len(line)} cells where the header has {len(self.header)}", place=str(self.path)
                )
            if line[at] in cells:
                raise InputError("two rows have the same id", place=f"{self.path}, row {number}", value=line[at])
            cells[line[at]] = line
        return cells


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            header = next(reader, None)
            lines = [line for line in reader if line]
    except UnicodeDecodeError as error:
        raise InputError("the file is not UTF-8 text", place=str(path), value=error.reason) from None
    if header is None:
        raise InputError("the file is empty", place=str(path), remedy="Give a header row.")
    return header, lines


def _reader(item: Field[Any]) -> tuple[Reader, bool]:
    assert item.default is MISSING, "a row's fields have no defaults: what is blank is None"
    kind = str(item.type)
    return _READERS[kind.removesuffix(" | None")], kind.endswith(" | None")


@lru_cache(maxsize=8)
def sources(folder: Path) -> dict[str, Source]:
    """All sources of one folder of tables, by id."""
    header, lines = _read(folder / "sources.csv")
    rows = (dict(zip(header, line, strict=True)) for line in lines)
    return {
        row["id"]: Source(row["id"], row["text"], row["licence"] or None, row["edition"] or None, row["url"] or None)
        for row in rows
    }
