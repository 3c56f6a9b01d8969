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
    """The raw lines of one file by row id; ``row`` turns one line into ``row_type``.

    path       the file; its header must hold every field of ``row_type`` and nothing else, apart from ``source_id`` and
               ``source_ref``, which may be left out of a user's file
    known      the folder whose ``sources.csv`` tells who is cited
    mark       the source all rows get in place of their own, for a user's file

    Lines are cut into cells when they are asked for: of thousands of processors a program needs one or two.
    """

    def __init__(self, path: Path, row_type: type[R], known: Path, mark: Source | None = None) -> None:
        self.path = path
        self.row_type = row_type
        self.known = known
        self.mark = mark
        self._text = _text(path)
        head = self._text.partition("\n")[0]
        if not head:
            raise InputError("the file is empty", place=str(path), remedy="Give a header row.")
        self.header = _cut(head)
        self.plan = self._plan()
        self._lines: dict[str, str] | None = None
        self._found: dict[str, str | None] = {}

    @property
    def lines(self) -> dict[str, str]:
        """All uncut lines by row id, checked for width and for ids that come twice."""
        if self._lines is None:
            self._lines = self._by_id(_lines(self._text, self.path)[1:])
        return self._lines

    def line(self, row_id: str) -> str | None:
        """The uncut line of one row, found without cutting the others; None where there is none."""
        if self._lines is not None or self.header[0] != "id" or not row_id or '"' in row_id or "," in row_id:
            return self.lines.get(row_id)
        if row_id not in self._found:
            self._found[row_id] = _line(self._text, row_id)
        return self._found[row_id]

    def columns(self, *names: str) -> dict[str, tuple[str, ...]]:
        """The unread cells of some columns by row id, for building an index without building rows."""
        at = [self.header.index(name) for name in names]
        upto = max(at) + 1
        return {
            row_id: tuple([cells[i] for i in at])
            for row_id, line in self.lines.items()
            for cells in (line.split(",", upto) if '"' not in line else _cut(line),)
        }

    def row(self, row_id: str) -> R:
        """The typed row; InputError naming the file and the row when a cell cannot be read."""
        line = _cut(self.line(row_id) or "")
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
        values["source"] = self._source(line)
        return self.row_type(**values)

    def cited(self, row_id: str) -> Source:
        """The source of a row as listed, ``{ref}`` left standing for what varies from row to row."""
        return self._cited(_cut(self.lines[row_id]))

    def _cited(self, line: list[str]) -> Source:
        if self.mark is not None:
            return self.mark
        return _source(self.known, line[self.header.index("source_id")])

    def _source(self, line: list[str]) -> Source:
        found = self._cited(line)
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

    def _by_id(self, lines: list[str]) -> dict[str, str]:
        at, commas = self.header.index("id"), len(self.header) - 1
        found: dict[str, str] = {}
        for line in lines:
            plain = '"' not in line
            wide = line.count(",") if plain else len(_cut(line)) - 1
            if wide != commas:
                raise InputError(
                    f"row {lines.index(line) + 2} has {wide + 1} cells where the header has {commas + 1}",
                    place=str(self.path),
                )
            row_id = (line.split(",", at + 1) if plain else _cut(line))[at]
            if row_id in found:
                number = len(found) + 2
                raise InputError("two rows have the same id", place=f"{self.path}, row {number}", value=row_id)
            found[row_id] = line
        return found


def _text(path: Path) -> str:
    """The file with one line break at the end of every line."""
    try:
        text = path.read_text(encoding="utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError("the file is not UTF-8 text", place=str(path), value=error.reason) from None
    return text if text.endswith("\n") else text + "\n"


def _lines(text: str, path: Path) -> list[str]:
    """Uncut lines, header first, without blank ones; a cell may not hold a line break."""
    lines = [line for line in text.split("\n") if line]
    for number, line in enumerate(lines, start=1):
        if '"' in line and line.count('"') % 2:
            raise InputError("a cell holds a line break or an open quote", place=f"{path}, row {number}")
    return lines


def _cut(line: str) -> list[str]:
    """The cells of one line."""
    return line.split(",") if '"' not in line else next(csv.reader((line,)))


def _reader(item: Field[Any]) -> tuple[Reader, bool]:
    assert item.default is MISSING, "a row's fields have no defaults: what is blank is None"
    kind = str(item.type)
    return _READERS[kind.removesuffix(" | None")], kind.endswith(" | None")


def _line(text: str, row_id: str) -> str | None:
    """The line that begins with ``row_id``."""
    at = text.find(f"\n{row_id},") + 1
    return text[at : text.index("\n", at)] if at else None


@lru_cache(maxsize=8)
def _sources(folder: Path) -> str:
    text = _text(folder / "sources.csv")
    assert text.startswith("id,text,licence,edition,url\n"), folder
    return text


@lru_cache(maxsize=512)
def _source(folder: Path, source_id: str) -> Source:
    line = _line(_sources(folder), source_id) if source_id else None
    return UNKNOWN_SOURCE if line is None else _cited(line)


def _cited(line: str) -> Source:
    row = _cut(line)
    return Source(row[0], row[1], row[2] or None, row[3] or None, row[4] or None)


def sources(folder: Path) -> dict[str, Source]:
    """All sources of one folder of tables, by id."""
    found = map(_cited, _lines(_sources(folder), folder / "sources.csv")[1:])
    return {source.id: source for source in found}
