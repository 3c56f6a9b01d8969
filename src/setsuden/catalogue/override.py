"""The user's own figures: CSV files with a table's name, whose rows replace the built-in ones by id."""

from __future__ import annotations

import os
from pathlib import Path

from setsuden.errors import InputError

VARIABLE = "SETSUDEN_CATALOGUE"


def override_folder() -> Path | None:
    """``$SETSUDEN_CATALOGUE``, else ``~/.config/setsuden/catalogue``; None when neither is there.

    Raises InputError when the variable names a folder that does not exist.
    """
    named = os.environ.get(VARIABLE)
    if named:
        folder = Path(named).expanduser()
        if not folder.is_dir():
            raise InputError("no such folder", place=f"${VARIABLE}", value=named, remedy="Create it or unset it.")
        return folder
    config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    folder = Path(config).expanduser() / "setsuden" / "catalogue"
    return folder if folder.is_dir() else None


def override_file(table: str) -> Path | None:
    """The user's file for ``table``, if there is one."""
    folder = override_folder()
    path = folder / f"{table}.csv" if folder else None
    return path if path and path.is_file() else None
