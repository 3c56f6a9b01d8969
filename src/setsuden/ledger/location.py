"""Where the ledger lies unless told otherwise."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ENVIRONMENT_VARIABLE = "SETSUDEN_LEDGER"


def default_path() -> Path:
    """``$SETSUDEN_LEDGER``, else ``setsuden/ledger.sqlite`` in the user's data folder of this platform."""
    chosen = os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(chosen).expanduser() if chosen else data_folder() / "ledger.sqlite"


def data_folder() -> Path:
    """The user's own data folder for setsuden; nothing is created."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "setsuden"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "setsuden"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "setsuden"
