"""Reading text, CSV and JSON so that what is wrong is said with its place."""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setsuden.errors import InputError

# With or without their thousands told apart: 59  59,25  1.234,5
_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?")
# Which could be a thousand as well: 1,234
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")


def read_text(path: Path) -> str:
    """UTF-8 text with or without a byte order mark, or UTF-16 with one, as loggers under Windows write it."""
    try:
        content = path.read_bytes()
        coded = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        return content.decode(coded).replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", place=str(path)) from error


def read_json(path: Path) -> Any:
    """One JSON document, or one per line."""
    text = read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            if len(lines) > 1:
                return [json.loads(line) for line in lines]
        except json.JSONDecodeError:
            pass
        raise InputError(f"is not JSON: {error.msg}", place=f"{path}, line {error.lineno}") from None


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV by its header. ``rows`` are (line number, cells by column name)."""

    path: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]

    def require(self, names: Sequence[str]) -> None:
        """InputError naming the columns that are missing and those that are there."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise InputError(
                f"missing column{'s' * (len(missing) > 1)}: {', '.join(missing)}",
                place=self.path,
                remedy=f"Columns there: {', '.join(self.columns)}.",
            )

    def numbers(self, name: str) -> Iterator[tuple[int, float | None]]:
        """(line number, number) of a column; see ``number``."""
        return (
            (line, number(cells.get(name), f"{self.path}, line {line}, column {name}")) for line, cells in self.rows
        )


def read_csv(path: Path) -> CsvTable:
    """A CSV with a header; commas, semicolons or tabs, decimal commas turned into points where they cannot be others.

    Blank lines, comments (``#``) before the header and Excel's ``sep=;`` are skipped, a torn line is refused.
    """
    text = _from_header(read_text(path))
    head = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    columns: tuple[str, ...] = ()
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = tuple(cell.strip() for cell in cells)
                continue
            if len(cells) != len(columns):
                raise InputError(
                    f"{len(cells)} cells under {len(columns)} columns", place=f"{path}, line {reader.line_num}",
                    remedy="Repair the line or take it out.",
                )  # fmt: skip
            rows.append((reader.line_num, {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}))
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}", place=f"{path}, line {reader.line_num}") from None
    if not columns:
        raise InputError("is empty", place=str(path))
    twice = sorted({name for name in columns if columns.count(name) > 1 and name})
    if twice:
        raise InputError("a column appears twice", place=str(path), value=twice[0])
    for name in columns:
        _with_points(rows, name, certain=delimiter == ";")
    return CsvTable(str(path), columns, tuple(rows))


def _from_header(text: str) -> str:
    """With empty lines in place of what stands before the header, so that lines keep their numbers."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if line.strip() and not line.startswith(("#", "sep=")):
            return "\n" * place + "\n".join(lines[place:])
    return ""


def _with_points(rows: Sequence[tuple[int, dict[str, str]]], name: str, *, certain: bool) -> None:
    """Write the numbers of a column with a decimal point, where all are written with a decimal comma.

    certain   a comma is no thousands mark, because semicolons part the cells
    """
    cells = [row[name] for _, row in rows if "," in row[name]]
    if not cells or (not certain and all(map(_THOUSANDS.fullmatch, cells))):
        return
    if all(not row[name] or _COMMA.fullmatch(row[name]) for _, row in rows):
        for _, row in rows:
            row[name] = row[name].replace(".", "").replace(",", ".")


def number(cell: object, place: str, *, low: float = -math.inf) -> float | None:
    """A finite number of at least ``low``; None for an empty cell; InputError for anything else, NaN included."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    try:
        value = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError("is not a number", place=place, value=cell) from None
    if not math.isfinite(value) or value < low:
        span = "a finite number" if low == -math.inf else f"a finite number of at least {low:g}"
        raise InputError(f"must be {span}", place=place, value=cell)
    return value


def objects(value: object, place: str, what: str) -> list[dict[str, Any]]:
    """A list of JSON objects; InputError naming ``what`` was expected for anything else."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InputError(f"expected a list of {what}", place=place, value=_short(value))
    return value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
