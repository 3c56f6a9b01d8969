"""Foreign files into the ledger: one module per kind of file, all ending in the same record as a run measured here.

Each reader takes a path and ``Settings`` and returns ``Imported`` runs; ``write`` puts one into a ledger. Readers go by
the names in the file, never by position, and refuse what they do not understand with the place and the value.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from setsuden.errors import InputError

if TYPE_CHECKING:
    from setsuden.imports.imported import Imported, Settings

# kind of file -> module with ``read(path, settings) -> list[Imported]``
KINDS = {
    "codecarbon": "codecarbon",
    "mlflow": "mlflow",
    "wandb": "wandb",
    "prometheus": "prometheus",
    "csv": "power_csv",
    "redfish": "redfish",
    "mqtt": "mqtt",
}

__all__ = ["KINDS", "read"]


def read(kind: str, path: Path, settings: Settings) -> list[Imported]:
    """The runs that a file holds; InputError for an unknown kind and for a file that is not of that kind."""
    if kind not in KINDS:
        raise InputError("unknown kind of file", value=kind, remedy=f"Use one of: {', '.join(KINDS)}.")
    reader: Callable[[Path, Settings], list[Imported]] = import_module(f"setsuden.imports.{KINDS[kind]}").read
    return reader(path, settings)
