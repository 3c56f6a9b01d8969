"""Optional packs of facts, installed separately because of their licence.

A pack announces itself by an entry point in the group ``setsuden.catalogue`` that names a ``pathlib.Path``: a folder
with tables and their ``sources.csv``. Its tables are asked for by name and never merged into the built-in ones.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from setsuden.catalogue.sheet import R
from setsuden.catalogue.table import Table

GROUP = "setsuden.catalogue"


@lru_cache(maxsize=1)
def pack_folders() -> dict[str, Path]:
    """Folders of the installed packs by pack name."""
    from importlib.metadata import entry_points

    return {entry.name: Path(entry.load()) for entry in entry_points(group=GROUP)}


@lru_cache(maxsize=16)
def _table(name: str, row_type: type[R]) -> Table[R] | None:
    for folder in pack_folders().values():
        if (folder / f"{name}.csv").is_file():
            return Table(name, row_type, folder)
    return None


def pack_table(name: str, row_type: type[R]) -> Table[R] | None:
    """The table ``name`` of whichever installed pack holds it, or None."""
    return _table(name, row_type)
