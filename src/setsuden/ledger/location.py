"""Where the ledger lies unless told otherwise."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from setsuden.errors import LedgerError

if TYPE_CHECKING:  # a meter that starts does without
    from pathlib import Path

ENVIRONMENT_VARIABLE = "SETSUDEN_LEDGER"


def default_path() -> Path:
    """``$SETSUDEN_LEDGER``, else ``setsuden/ledger.sqlite`` in the user's data folder of this platform."""
    from pathlib import Path

    return Path(default_file())


def data_folder() -> Path:
    """The user's own data folder for setsuden; nothing is created."""
    from pathlib import Path

    return Path(_data_folder())


def default_file() -> str:
    """As ``default_path``, as text."""
    chosen = os.environ.get(ENVIRONMENT_VARIABLE)
    return os.path.expanduser(chosen) if chosen else os.path.join(_data_folder(), "ledger.sqlite")


def _data_folder() -> str:
    if sys.platform == "darwin":
        folder = "~/Library/Application Support/setsuden"
    elif os.name == "nt":
        folder = os.path.join(os.environ.get("LOCALAPPDATA") or "~/AppData/Local", "setsuden")
    else:
        folder = os.path.join(os.environ.get("XDG_DATA_HOME") or "~/.local/share", "setsuden")
    found = os.path.expanduser(folder)
    if found.startswith("~"):
        raise LedgerError("nobody says where your home folder is", remedy=f"Set {ENVIRONMENT_VARIABLE} or HOME.")
    return found
