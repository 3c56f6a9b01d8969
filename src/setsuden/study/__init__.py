"""A declared study: read, planned, measured, resumed, analysed, decided."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from setsuden.study.declaration import StudyDeclaration
    from setsuden.study.pilot import run_pilot
    from setsuden.study.places import Declared, parse_yaml, read_yaml
    from setsuden.study.reading import checked
    from setsuden.study.surroundings import Surroundings

_HOMES = {
    "Declared": "places",
    "StudyDeclaration": "declaration",
    "Surroundings": "surroundings",
    "checked": "reading",
    "parse_yaml": "places",
    "read_yaml": "places",
    "run_pilot": "pilot",
}

__all__ = ["Declared", "StudyDeclaration", "Surroundings", "checked", "parse_yaml", "read_yaml", "run_pilot"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'setsuden.study' has no attribute {name!r}")
    return getattr(import_module(f"setsuden.study.{home}"), name)
