"""What processors are called, as one text to search: a name is found in microseconds, cutting the table takes longer.

The measuring process needs one row of thousands and must start in milliseconds. The text that ships is written with the
table by ``tools/build_catalogue.py``, and a test holds it to that; with an override file it is made when it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

Kind = Literal["cpu", "gpu"]
COLUMNS = ("kind", "aliases", "match_regex", "tdp_w", "year")
KINDS: tuple[Kind, ...] = ("cpu", "gpu")

_HERE = Path(__file__).parent / "tables"
SIZE = re.compile(r"(\d+) gb\b")  # "16 gb" and "16gb" are one name
_PATTERN = "~"  # begins a line that holds a regular expression in place of a name


class Entry(NamedTuple):
    """One name: the row it means, its design power, and whether it is of 2012 or later (or an accelerator)."""

    alias: str
    row_id: str
    tdp_w: float | None
    modern: bool


class Names:
    """The names of one kind of processor: lines of alias, row id, watts and 1 for modern, tabs between."""

    def __init__(self, text: str) -> None:
        self._text = f"\n{text}"

    def row_id(self, alias: str) -> str | None:
        """The row that ``alias`` means, None where none is called so."""
        at = self._text.find(f"\n{alias}\t")
        return self._entry(at + 1).row_id if at >= 0 else None

    def starting(self, words: str) -> Iterator[Entry]:
        """All names that begin with ``words`` and go on after them."""
        at = self._text.find(f"\n{words} ")
        while at >= 0:
            yield self._entry(at + 1)
            at = self._text.find(f"\n{words} ", at + 1)

    def all(self) -> Iterator[Entry]:
        """Every name."""
        return (_read(line) for line in self._text.splitlines() if line and not line.startswith(_PATTERN))

    @property
    def patterns(self) -> list[tuple[str, str]]:
        """(regular expression, row id) in the order in which they are tried."""
        at = self._text.find(f"\n{_PATTERN}")
        pairs = (line[1:].split("\t") for line in self._text[at + 1 :].splitlines()) if at >= 0 else ()
        return [(pattern, row_id) for pattern, row_id in pairs]

    def _entry(self, start: int) -> Entry:
        return _read(self._text[start : self._text.index("\n", start)])


def _read(line: str) -> Entry:
    alias, row_id, watts, modern = line.split("\t")
    return Entry(alias, row_id, float(watts) if watts else None, modern == "1")


def written(kind: Kind, columns: Mapping[str, tuple[str, ...]]) -> str:
    """The text for one kind of processor from the cells ``COLUMNS`` by row id."""
    meant: dict[str, str] = {}
    patterns: list[str] = []
    for row_id, (row_kind, aliases, pattern, _, _) in columns.items():
        if not _belongs(kind, row_kind):
            continue
        if pattern:
            patterns.append(f"{_PATTERN}{pattern}\t{row_id}\n")
        for alias in filter(None, aliases.split("|")):
            plain = SIZE.sub(r"\1gb", alias)
            meant[plain] = row_id
            meant.setdefault(plain.replace("radeon instinct", "instinct"), row_id)  # the driver dropped the word
    lines = []
    for alias, row_id in meant.items():
        row_kind, _, _, watts, year = columns[row_id]
        modern = not row_kind.startswith("cpu") or (bool(year) and int(year) >= 2012)
        lines.append(f"{alias}\t{row_id}\t{watts}\t{modern:d}\n")
    return "".join(lines + patterns)


def _belongs(kind: Kind, row_kind: str) -> bool:
    own = ("cpu",) if kind == "cpu" else ("gpu", "accelerator", "tpu")
    return row_kind.startswith(own) or row_kind == "soc_apple"


@lru_cache(maxsize=2)
def shipped(kind: Kind) -> Names:
    """The names of the built-in table."""
    return Names((_HERE / file_name(kind)).read_text(encoding="utf-8"))


def file_name(kind: Kind) -> str:
    """The file beside the tables that holds the names of one kind."""
    return f"processor_names.{kind}.txt"
