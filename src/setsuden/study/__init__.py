"""A declared study: read, planned, measured, resumed, analysed, decided."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from setsuden.places import Declared, parse_yaml, read_yaml
    from setsuden.study.declaration import StudyDeclaration
    from setsuden.study.pilot import run_pilot
    from setsuden.study.reading import checked
    from setsuden.study.surroundings import Surroundings

_HOMES = {
    "Declared": "setsuden.places",
    "StudyDeclaration": "setsuden.study.declaration",
    "Surroundings": "setsuden.study.surroundings",
    "checked": "setsuden.study.reading",
    "parse_yaml": "setsuden.places",
    "read_yaml": "setsuden.places",
    "run_pilot": "setsuden.study.pilot",
}

__all__ = ["Declared", "StudyDeclaration", "Surroundings", "checked", "parse_yaml", "read_yaml", "run_pilot"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'setsuden.study' has no attribute {name!r}")
    return getattr(import_module(home), name)
