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
from setsuden.catalogue.sheet import R, Sheet, sources
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
            sheet = self._where().get(row_id)
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
        where = self._where()
        columns = {sheet: sheet.column(name) for sheet in set(where.values())}
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
        self._sheets = None
        self._rows.clear()

    def _where(self) -> dict[str, Sheet[R]]:
        if self._sheets is None:
            known = sources(self.folder)
            built_in = Sheet(self.folder / f"{self.name}.csv", self.row_type, known)
            sheets = dict.fromkeys(built_in.cells, built_in)
            path = override_file(self.name)
            if path is not None:
                mine = Sheet(path, self.row_type, known, Source("user-override", f"user override: {path}"))
                for row_id in mine.cells:
                    mine.row(row_id)  # a wrong cell is told now, not when the row happens to be used
                sheets |= dict.fromkeys(mine.cells, mine)
            self._sheets = sheets
        return self._sheets


def nearest(text: str, names: Iterable[str]) -> str:
    """A sentence that offers up to five of ``names`` closest to ``text``."""
    from difflib import get_close_matches

    folded = {name.casefold(): name for name in names}
    close = [folded[hit] for hit in get_close_matches(text.casefold(), list(folded), n=5, cutoff=0.5)]
    if not close:
        close = [name for key, name in folded.items() if text.casefold() in key][:5]
    hint = f"Nearest: {', '.join(close)}. " if close else ""
    return f"{hint}Search with: setsuden catalogue search TEXT."
