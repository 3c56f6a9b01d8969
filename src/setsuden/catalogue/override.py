"""The user's own figures: CSV files with a table's name, whose rows replace the built-in ones by id."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from setsuden.errors import InputError

if TYPE_CHECKING:  # a meter that starts does without
    from pathlib import Path

VARIABLE = "SETSUDEN_CATALOGUE"


def override_folder() -> str | None:
    """``$SETSUDEN_CATALOGUE``, else ``~/.config/setsuden/catalogue``; None when neither is there.

    Raises InputError when the variable names a folder that does not exist.
    """
    named = os.environ.get(VARIABLE)
    if named:
        folder = os.path.expanduser(named)
        if not os.path.isdir(folder):
            raise InputError("no such folder", place=f"${VARIABLE}", value=named, remedy="Create it or unset it.")
    else:
        config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        folder = os.path.join(os.path.expanduser(config), "setsuden", "catalogue")
        if not os.path.isdir(folder):
            return None
    return folder


def override_file(table: str) -> Path | None:
    """The user's file for ``table``, if there is one."""
    folder = override_folder()
    if folder is None:
        return None
    from pathlib import Path

    path = Path(folder, f"{table}.csv")
    return path if path.is_file() else None
