"""Corrections of sensors, fetched from where ``setsuden calibrate --sensor`` left them: a run or a file."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from setsuden.errors import InputError
from setsuden.ledger.store import Ledger
from setsuden.sensors.correction import Correction

PREFIX = "correction/"


def load_corrections(
    sources: Sequence[str | os.PathLike[str]], ledger: str | os.PathLike[str] | None = None
) -> tuple[Correction, ...]:
    """All corrections that the sources hold.

    sources   each a JSON file as ``calibrate --sensor --json`` prints it, or a run (id, prefix, ``last``)
    ledger    where runs are looked for; None: the user's

    Raises InputError for a file that holds no correction, a run that has none, and a run of another machine.
    """
    found: list[Correction] = []
    for source in sources:
        path = Path(source)
        found += [_of_file(path)] if path.is_file() else _of_run(str(source), ledger)
    return tuple(found)


def _of_file(path: Path) -> Correction:
    try:
        return Correction.from_json(json.loads(path.read_text("utf-8")), str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"this file cannot be read as JSON ({error})", place=str(path),
            remedy="Make one: setsuden calibrate --sensor CHANNEL --against CHANNEL --json.",
        ) from None  # fmt: skip


def _of_run(run: str, ledger: str | os.PathLike[str] | None) -> list[Correction]:
    with Ledger.open(ledger, create=False) as opened:
        record = opened.run(run)
        names = [name for name in record.documents if name.startswith(PREFIX)]
        found = [Correction.from_json(record.document(name), record.id) for name in names]
        host = record.identity.get("host")
    if not found:
        raise InputError(
            "no correction was found with this run", place=record.id,
            remedy=f"Find one: setsuden calibrate --sensor CHANNEL --against CHANNEL --run {record.id}.",
        )  # fmt: skip
    if host and host != platform.node():
        raise InputError(
            "this correction was found on another machine", place=record.id, value=host,
            remedy="If it is the same hardware under another name, give the correction as a file.",
        )  # fmt: skip
    return found
