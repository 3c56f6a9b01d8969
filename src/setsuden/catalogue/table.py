"""A table of facts: read when first asked for, typed, looked up by id.

A table is one CSV file plus one frozen dataclass. Column names are field names; the field's annotation says how a cell
is read; a blank cell is None and is refused where the field may not be None. The field ``source`` is resolved from
the columns ``source_id`` and ``source_ref``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Generic

from setsuden.catalogue.override import override_file
from setsuden.catalogue.sheet import R, Sheet
from setsuden.catalogue.source import Source
from setsuden.errors import InputError

HERE = Path(__file__).parent / "tables"


class Table(Generic[R]):
    """The rows of ``NAME.csv`` as instances of ``row_type``, the user's own rows in place of the built-in ones.

    name       file name without ``.csv``; also the name of an override file
    row_type   frozen dataclass with ``id`` and ``source``
    folder     where the file lies; the package's own tables unless an installed pack brings another

    The file is read at the first use, a row is built when it is asked for.
    """

    def __init__(self, name: str, row_type: type[R], folder: Path = HERE) -> None:
        self.name = name
        self.row_type = row_type
        self.folder = folder
        self._built_in: Sheet[R] | None = None
        self._own: Sheet[R] | None = None  # the user's
        self._sheets: dict[str, Sheet[R]] | None = None  # row id -> the sheet that holds it
        self._rows: dict[str, R] = {}

    def __iter__(self) -> Iterator[R]:
        return (self.get(row_id) for row_id in self.ids())

    def __len__(self) -> int:
        return len(self._where())

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._where()

    def ids(self) -> tuple[str, ...]:
        """All ids in file order, the user's new rows last."""
        return tuple(self._where())

    def find(self, row_id: str) -> R | None:
        """The row, or None."""
        if row_id not in self._rows:
            sheet = self._holder(row_id)
            if sheet is None:
                return None
            self._rows[row_id] = sheet.row(row_id)
        return self._rows[row_id]

    def get(self, row_id: str) -> R:
        """The row; InputError with the nearest ids when there is none."""
        row = self.find(row_id)
        if row is None:
            raise InputError(
                f"no such row in the catalogue table {self.name}", value=row_id, remedy=nearest(row_id, self.ids())
            )
        return row

    def column(self, name: str) -> dict[str, str]:
        """The text cells of one column by id, for building an index; blank where unknown."""
        return {row_id: cells[0] for row_id, cells in self.columns(name).items()}

    def columns(self, *names: str) -> dict[str, tuple[str, ...]]:
        """The same of several columns at once, in the order of ``names``."""
        where = self._where()
        columns = {sheet: sheet.columns(*names) for sheet in set(where.values())}
        if len(columns) == 1:
            return next(iter(columns.values()))
        return {row_id: columns[sheet][row_id] for row_id, sheet in where.items()}

    def citations(self) -> dict[Source, int]:
        """Rows per source, what varies from row to row inside a source left out."""
        counts: dict[Source, int] = {}
        for row_id, sheet in self._where().items():
            source = sheet.cited(row_id)
            counts[source] = counts.get(source, 0) + 1
        return counts

    def forget(self) -> None:
        """Read again at the next use, when override files have changed under a running program."""
        self._built_in = None
        self._own = None
        self._sheets = None
        self._rows.clear()

    def _opened(self) -> tuple[Sheet[R], Sheet[R] | None]:
        """The built-in sheet, and the user's own where there is one."""
        if self._built_in is None:
            self._built_in = Sheet(self.folder / f"{self.name}.csv", self.row_type, self.folder)
            path = override_file(self.name)
            if path is not None:
                mark = Source("user-override", f"user override: {path}")
                mine = Sheet(path, self.row_type, self.folder, mark)
                for row_id in mine.lines:
                    mine.row(row_id)  # a wrong cell is told now, not when the row happens to be used
                self._own = mine
        return self._built_in, self._own

    def _holder(self, row_id: str) -> Sheet[R] | None:
        built_in, own = self._opened()
        if own is not None and own.line(row_id) is not None:
            return own
        return built_in if built_in.line(row_id) is not None else None

    def _where(self) -> dict[str, Sheet[R]]:
        if self._sheets is None:
            built_in, own = self._opened()
            sheets = dict.fromkeys(built_in.lines, built_in)
            if own is not None:
                sheets |= dict.fromkeys(own.lines, own)
            self._sheets = sheets
        return self._sheets


def nearest(text: str, names: Iterable[str]) -> str:
    """A sentence that offers up to five of ``names``: beginning with ``text``, close to it, else with it inside."""
    from difflib import get_close_matches

    folded = {name.casefold(): name for name in names}
    start = text.casefold()
    hits = sorted((key for key in folded if start and key.startswith(start)), key=len)
    hits += get_close_matches(start, list(folded), n=5, cutoff=0.5) or [key for key in folded if start in key]
    close = [folded[hit] for hit in dict.fromkeys(hits)][:5]
    hint = f"Nearest: {', '.join(close)}. " if close else ""
    return f"{hint}Search with: setsuden catalogue search TEXT."
