"""Runs of an MLflow experiment: from its SQLite database or from the folders of a file store, without MLflow.

A run that has nested runs is left out, for they are its trials and it only spans them, unless it recorded an energy and
they did not. Runs in the bin are left out as well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.footprint.campaign.database import opened, sqlite_path
from setsuden.footprint.campaign.tracked import TrackedRun, energy_kwh, finite, status
from setsuden.footprint.campaign.trackers import Wanted, one_of

# Numbers that a file store writes for what the database calls by name.
_STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
_PARENT = "mlflow.parentRunId"


@dataclass(slots=True)
class _Run:
    id: str
    name: str
    status: str
    start_ms: int | None
    end_ms: int | None
    parent: str | None = None
    metrics: dict[str, object] = field(default_factory=dict)


def read(where: str, wanted: Wanted) -> tuple[str, list[TrackedRun]]:
    """Name of the experiment and its runs in the order they were started, each metric at its last value."""
    path = _folder(where) or sqlite_path(where)
    if path is None:
        raise InputError(
            "only an MLflow store in files or in SQLite can be read", value=where,
            remedy="Export the table of runs as CSV and give it as --trials.",
        )  # fmt: skip
    if path.is_dir():
        name, runs = _from_files(path, wanted, where)
    else:
        with opened(path) as connection:
            name, runs = _from_sqlite(connection, wanted, where)
    if runs and wanted.quality is not None and not any(wanted.quality in run.metrics for run in runs):
        metrics = sorted({metric for run in runs for metric in run.metrics if not metric.startswith("system/")})
        known = f"There are: {', '.join(metrics[:12])}." if metrics else "No run has a metric."
        raise InputError("no run of the experiment has this metric", place=where, value=wanted.quality, remedy=known)
    return name, [_tracked(run, wanted, where) for run in _leaves(runs, wanted, where)]


def _leaves(runs: list[_Run], wanted: Wanted, where: str) -> list[_Run]:
    def energy(run: _Run) -> float | None:
        return energy_kwh(run.metrics, wanted.energy, f"{where}, run {run.name}")

    children: dict[str, list[_Run]] = {}
    for run in runs:
        if run.parent is not None:
            children.setdefault(run.parent, []).append(run)
    # A parent that alone knows the energy stands for its children.
    stands = {key for key, below in children.items() if not any(energy(run) is not None for run in below)}
    stands = {run.id for run in runs if run.id in stands and energy(run) is not None}
    return [
        run for run in sorted(runs, key=lambda item: item.start_ms or 0)
        if (run.id not in children or run.id in stands) and run.parent not in stands
    ]  # fmt: skip


def _tracked(run: _Run, wanted: Wanted, where: str) -> TrackedRun:
    place = f"{where}, run {run.name}"
    state = status(run.status, place)
    judged = run.metrics.get(wanted.quality) if wanted.quality is not None and state == "complete" else None
    quality = None
    if judged is not None and str(judged).casefold() != "nan":
        quality = finite(judged, str(wanted.quality), place) * (-1.0 if wanted.minimise else 1.0)
    seconds = (run.end_ms - run.start_ms) / 1000.0 if run.start_ms is not None and run.end_ms is not None else None
    return TrackedRun(run.name, place, state, seconds, energy_kwh(run.metrics, wanted.energy, place), quality)


def _from_sqlite(connection: sqlite3.Connection, wanted: Wanted, where: str) -> tuple[str, list[_Run]]:
    experiments = dict(connection.execute(
        "SELECT DISTINCT e.name, e.experiment_id FROM experiments e JOIN runs r USING (experiment_id)"
        " WHERE r.lifecycle_stage = 'active' ORDER BY e.experiment_id"
    ))  # fmt: skip
    name = one_of("experiment", list(experiments), wanted.group, "--experiment", where)
    asked = (experiments[name],)
    runs = {
        key: _Run(key, called or key, state, start, end)
        for key, called, state, start, end in connection.execute(
            "SELECT run_uuid, name, status, start_time, end_time FROM runs"
            " WHERE experiment_id = ? AND lifecycle_stage = 'active'", asked
        )
    }  # fmt: skip
    for key, metric, value, is_nan in connection.execute(
        "SELECT m.run_uuid, m.key, m.value, m.is_nan FROM latest_metrics m JOIN runs r USING (run_uuid)"
        " WHERE r.experiment_id = ? AND r.lifecycle_stage = 'active'", asked
    ):  # fmt: skip
        runs[key].metrics[metric] = "nan" if is_nan else value
    for key, parent in connection.execute(
        "SELECT t.run_uuid, t.value FROM tags t JOIN runs r USING (run_uuid)"
        " WHERE r.experiment_id = ? AND r.lifecycle_stage = 'active' AND t.key = ?", (*asked, _PARENT)
    ):  # fmt: skip
        runs[key].parent = parent
    return name, list(runs.values())


def _from_files(path: Path, wanted: Wanted, where: str) -> tuple[str, list[_Run]]:
    folders = {}
    for meta in sorted(path.glob("*/meta.yaml")):
        runs = sorted(meta.parent.glob("*/meta.yaml"))
        if runs:
            folders[str(_yaml(meta).get("name") or meta.parent.name)] = runs
    name = one_of("experiment", list(folders), wanted.group, "--experiment", where)
    found = []
    for meta in folders[name]:
        about = _yaml(meta)
        if about.get("lifecycle_stage", "active") == "active":
            found.append(_run_of(meta.parent, about))
    return name, found


def _run_of(folder: Path, about: Mapping[str, Any]) -> _Run:
    place = str(folder)
    start, end = about.get("start_time"), about.get("end_time")
    if not isinstance(start, int | None) or not isinstance(end, int | None):
        raise InputError("start_time and end_time are milliseconds", place=place, value=(start, end))
    state = about.get("status")
    parent = folder / "tags" / _PARENT
    called = about.get("run_name") or folder.name
    word = _STATUS.get(state, str(state)) if isinstance(state, int) else str(state)
    run = _Run(folder.name, str(called), word, start, end)
    if parent.is_file():
        run.parent = _text(parent).strip()
    metrics = folder / "metrics"
    for file in metrics.rglob("*") if metrics.is_dir() else ():
        lines = [line.split() for line in _text(file).splitlines() if line.strip()] if file.is_file() else []
        if any(len(line) < 2 for line in lines):
            raise InputError("a metric's line holds timestamp, value and step", place=str(file))
        if lines:
            run.metrics[file.relative_to(metrics).as_posix()] = max(lines, key=_moment)[1]
    return run


def _moment(line: list[str]) -> tuple[float, float]:
    """Step, then timestamp: the order in which MLflow calls a value the latest."""
    try:
        return float(line[2]) if len(line) > 2 else 0.0, float(line[0])
    except ValueError:
        return 0.0, 0.0


def _folder(where: str) -> Path | None:
    from urllib.parse import unquote, urlsplit

    path = Path(unquote(urlsplit(where).path)) if where.startswith("file:") else Path(where)
    return path if path.is_dir() else None


def _yaml(path: Path) -> Mapping[str, Any]:
    from setsuden.places import parse_yaml

    return parse_yaml(_text(path), str(path), None, "description of an experiment or a run").data


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the file cannot be read ({error})", place=str(path)) from None
