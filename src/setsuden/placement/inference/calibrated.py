"""A machine as a pilot measured it here: joules and seconds per sample, and its idle draw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.placement.inference.machine import Machine
from setsuden.quantity import Estimate

_RESULT = "result.json"
_REMEDY = "Name the result.json that `setsuden pilot` wrote, or its folder."


def from_pilot(where: str, configuration: str | None = None) -> Machine:
    """The machine of a pilot document, one sample taken as one request.

    where           a result.json or the folder that holds it
    configuration   id of a measured configuration of inference; by default the one that takes least per sample

    Raises InputError for a file that is no pilot document or holds no such configuration.
    """
    path = Path(where)
    path = path / _RESULT if path.is_dir() else path
    document = _load(path)
    rows: list[Mapping[str, Any]] = [row for row in document["configurations"] if row["phase"] in ("infer", "serve")]
    if not rows:
        raise InputError("this pilot measured no inference", place=str(path), remedy="Run one with phases: [infer].")
    try:
        if configuration is None:
            row = min(rows, key=lambda item: float(item["energy_per_sample"]["value"]))
        else:
            row = next(item for item in rows if item["id"] == configuration)
        idle = document["idle"].get("before") or document["idle"].get("after")
        return Machine(
            f"{document['machine']['cpu']['name']}, {row['id']}",
            _of_request(row["energy_per_sample"]),
            float(row["time_per_sample"]["value"]),
            Estimate.from_json(idle).within(None) if idle else None,
        )
    except StopIteration:
        known = ", ".join(str(item["id"]) for item in rows)
        raise InputError(
            "the pilot holds no such configuration", place=str(path), value=configuration, remedy=f"Known: {known}."
        ) from None
    except (KeyError, TypeError, AttributeError):
        raise InputError("not a whole pilot document", place=str(path), remedy=_REMEDY) from None


def _of_request(figure: dict[str, Any]) -> Estimate:
    return replace(Estimate.from_json(figure), unit="J/request", boundary=None)


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read the pilot: {error.strerror}", place=str(path), remedy=_REMEDY) from None
    except ValueError:
        raise InputError("not a JSON document", place=str(path), remedy=_REMEDY) from None
    if not isinstance(document, dict) or document.get("schema") != "setsuden:pilot":
        raise InputError("not a pilot document", place=str(path), remedy=_REMEDY)
    return document
