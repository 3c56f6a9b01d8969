"""Who published a figure: one line per source, shared by all rows that cite it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row comes from.

    id        short name, as in ``sources.csv``
    text      enough for a stranger to find it
    licence   under which the figure may be carried, None when the source states none
    edition   the edition that was read, None when it states none
    url       page, where one is known
    """

    id: str
    text: str
    licence: str | None = None
    edition: str | None = None
    url: str | None = None

    def __str__(self) -> str:
        """The citation, with the edition unless the text says it already."""
        said = self.edition is None or self.edition.split()[-1] in self.text
        return self.text if said else f"{self.text} [{self.edition}]"


UNKNOWN_SOURCE = Source("", "no source stated")
