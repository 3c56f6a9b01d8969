"""Published JSON schemas of every ``--json`` document, one file each, named ``NAME.schema.json``."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from setsuden.errors import InputError


def names() -> list[str]:
    """Names of the published schemas."""
    return sorted(
        entry.name.removesuffix(".schema.json")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".schema.json")
    )


def load(name: str) -> dict[str, Any]:
    """The schema as plain data; raises InputError for a name that is not published."""
    path = files(__name__) / f"{name}.schema.json"
    if not path.is_file():
        raise InputError("no such schema", value=name, remedy="Published: " + ", ".join(names()) + ".")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
