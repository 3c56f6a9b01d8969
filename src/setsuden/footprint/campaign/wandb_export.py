"""Runs of a W&B project: the CSV of its table of runs, or JSON of what its API gives, one object per run.

The CSV has the columns Name, State, Runtime (seconds) and one per metric. In JSON each run has ``name`` or ``id``,
``state`` and ``summary`` with the metrics and ``_runtime`` (or ``_wandb.runtime``), as ``Run.summary`` holds them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.footprint.campaign.tracked import TrackedRun, energy_kwh, finite, status
from setsuden.footprint.campaign.trackers import Wanted
from setsuden.footprint.campaign.trials_csv import rows_of

_NAMES = ("Name", "name", "display_name", "displayName", "ID", "id")
_STATES = ("State", "state")
_RUNTIMES = ("Runtime", "Duration", "_runtime", "_wandb.runtime", "runtime", "duration")


def read(where: str, wanted: Wanted) -> tuple[str, list[TrackedRun]]:
    """Stem of the file and its runs, in the order in which they were made where that is told, else as listed."""
    path = Path(where)
    tables = list(_csv(path) if path.suffix.casefold() == ".csv" else _json(path))
    if tables and not any(_first(fields, _STATES) for _, fields in tables):
        raise InputError(
            "the file does not say how its runs ended", place=where, remedy="Export the column State as well."
        )
    if tables and wanted.quality is not None and not any(wanted.quality in fields for _, fields in tables):
        raise InputError("no run in it has this metric", place=where, value=wanted.quality)
    created = [fields.get("Created") or fields.get("created_at") for _, fields in tables]
    if tables and all(isinstance(item, str) and item for item in created):
        order = sorted(range(len(tables)), key=lambda at: str(created[at]))
        tables = [tables[at] for at in order]
    return path.stem, [_run(place, fields, wanted) for place, fields in tables]


def _run(place: str, fields: Mapping[str, Any], wanted: Wanted) -> TrackedRun:
    state = status(str(_first(fields, _STATES) or ""), place)
    runtime = _first(fields, _RUNTIMES)
    seconds = None if runtime is None else finite(runtime, "the runtime in seconds", place, low=0.0)
    judged = fields.get(wanted.quality) if wanted.quality is not None and state == "complete" else None
    quality = None
    if judged not in (None, "", "NaN"):
        quality = finite(judged, str(wanted.quality), place) * (-1.0 if wanted.minimise else 1.0)
    name = str(_first(fields, _NAMES) or place.rpartition(", ")[2])
    return TrackedRun(name, place, state, seconds, energy_kwh(fields, wanted.energy, place), quality)


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "")), None)


def _csv(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    _, rows = rows_of(path)
    for line, row in enumerate(rows, 2):
        yield f"{path}, line {line}", row


def _json(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})", place=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text", place=str(path)) from None
    try:
        document = json.loads(text)
    except json.JSONDecodeError:
        try:
            document = [json.loads(line) for line in text.splitlines() if line.strip()]
        except json.JSONDecodeError as error:
            raise InputError(f"the file is not JSON ({error})", place=str(path)) from None
    if isinstance(document, dict) and isinstance(document.get("runs"), list):
        document = document["runs"]
    for nth, run in enumerate(document if isinstance(document, list) else [document], 1):
        place = f"{path}, run {nth}"
        if not isinstance(run, dict):
            raise InputError("expected one object per run", place=place, value=run)
        yield place, _flat(run, place)


def _flat(run: dict[str, Any], place: str) -> dict[str, Any]:
    """Metrics beside the run's own fields, nested names joined by dots; a summary may come as text."""
    summary = run.get("summary") or run.get("summary_metrics") or run.get("summaryMetrics") or {}
    if isinstance(summary, str):
        try:
            summary = json.loads(summary)
        except json.JSONDecodeError:
            raise InputError("the summary of this run is not JSON", place=place) from None
    flat: dict[str, Any] = {}
    for fields in (run, summary if isinstance(summary, dict) else {}):
        for name, value in fields.items():
            if isinstance(value, dict):
                flat |= {f"{name}.{inner}": item for inner, item in value.items()}
            else:
                flat[name] = value
    return flat
