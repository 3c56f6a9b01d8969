"""A tracker's SQLite file, opened for reading only: it is never created, migrated or locked by us."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from setsuden.errors import InputError


def sqlite_path(where: str) -> Path | None:
    """The file behind a path or a ``sqlite:///`` URL; None for the URL of anything else."""
    scheme, mark, rest = where.partition(":///")
    if mark and scheme.partition("+")[0] == "sqlite":
        return Path(unquote(rest.partition("?")[0]))
    return None if "://" in where else Path(where)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database; InputError when there is none, and when a table or column that is asked for is not in it."""
    if not path.is_file():
        raise InputError("there is no such file", value=str(path))
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise InputError(f"the file is not the database that was expected ({error})", place=str(path)) from None
