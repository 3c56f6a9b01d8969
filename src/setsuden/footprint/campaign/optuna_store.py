"""Trials of an Optuna study: state, times, objective and the energy among a trial's user attributes.

An SQLite storage is read with the standard library, by the tables that Optuna has written since 2.0; any other storage
(a server database, a journal file) is read through Optuna, where it is installed.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from setsuden.errors import InputError, MissingDependencyError
from setsuden.footprint.campaign.database import opened, sqlite_path
from setsuden.footprint.campaign.tracked import TrackedRun, energy_kwh, status
from setsuden.footprint.campaign.trackers import Wanted, one_of


def read(where: str, wanted: Wanted) -> tuple[str, list[TrackedRun]]:
    """Name of the study and its trials by number; trials that wait or run are unfinished.

    Quality is the objective, turned so that more is better; a study of several objectives has no one best trial and
    gives none. A pruned trial is a stopped run.
    """
    path = sqlite_path(where)
    if path is not None and not _is_journal(path):
        with opened(path) as connection:
            return _from_sqlite(connection, wanted, where)
    return _through_optuna(where, path, wanted)


def _from_sqlite(connection: sqlite3.Connection, wanted: Wanted, where: str) -> tuple[str, list[TrackedRun]]:
    studies = {str(name): int(key) for key, name in connection.execute("SELECT study_id, study_name FROM studies")}
    name = one_of("study", list(studies), wanted.group, "--study", where)
    asked = (studies[name],)
    directions = [row[0] for row in connection.execute(
        "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective", asked
    )]  # fmt: skip
    values: dict[int, float | None] = dict(connection.execute(
        "SELECT v.trial_id, v.value FROM trial_values v JOIN trials t USING (trial_id)"
        " WHERE t.study_id = ? AND v.objective = 0 AND v.value IS NOT NULL", asked
    ))  # fmt: skip
    attributes: dict[int, dict[str, Any]] = {}
    for trial, key, text in connection.execute(
        "SELECT a.trial_id, a.key, a.value_json FROM trial_user_attributes a JOIN trials t USING (trial_id)"
        " WHERE t.study_id = ?", asked
    ):  # fmt: skip
        attributes.setdefault(trial, {})[key] = _attribute(text, f"{where}, {key}")
    sign = _sign(directions)
    runs = []
    for trial, nth, state, start, end in connection.execute(
        "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials"
        " WHERE study_id = ? ORDER BY number", asked
    ):  # fmt: skip
        place = f"{where}, trial {nth}"
        seconds = _seconds(start, end, place)
        found = attributes.get(trial, {})
        runs.append(_run(nth, place, state, seconds, found, values.get(trial), sign, wanted))
    return name, runs


def _through_optuna(where: str, path: Path | None, wanted: Wanted) -> tuple[str, list[TrackedRun]]:
    try:
        import optuna
    except ImportError:
        raise MissingDependencyError("optuna", f"reading the storage {where!r}", "optuna") from None
    try:
        storage: Any = where
        if path is not None:
            from optuna.storages import JournalStorage
            from optuna.storages.journal import JournalFileBackend

            storage = JournalStorage(JournalFileBackend(str(path)))
        names = optuna.get_all_study_names(storage)
        name = one_of("study", names, wanted.group, "--study", where)
        study = optuna.load_study(study_name=name, storage=storage)
        trials = study.get_trials(deepcopy=False)
        directions = [direction.name for direction in study.directions]
    except InputError:
        raise
    except Exception as error:  # drivers of every database raise their own
        raise InputError(f"optuna cannot read the storage ({' '.join(str(error).split())})", value=where) from None
    sign = _sign(directions)
    runs = []
    for trial in trials:
        place = f"{where}, trial {trial.number}"
        seconds = trial.duration.total_seconds() if trial.duration is not None else None
        value = trial.values[0] if trial.values else None
        runs.append(_run(trial.number, place, trial.state.name, seconds, trial.user_attrs, value, sign, wanted))
    return name, runs


def _run(
    nth: int,
    place: str,
    state: str,
    seconds: float | None,
    attributes: dict[str, Any],
    value: float | None,
    sign: float | None,
    wanted: Wanted,
) -> TrackedRun:
    known = status(state, place)
    quality = sign * value if known == "complete" and sign is not None and value is not None else None
    return TrackedRun(str(nth), place, known, seconds, energy_kwh(attributes, wanted.energy, place), quality)


def _sign(directions: list[str]) -> float | None:
    return (1.0 if directions[0] == "MAXIMIZE" else -1.0) if len(directions) == 1 else None


def _seconds(start: object, end: object, place: str) -> float | None:
    if start is None or end is None:
        return None
    try:
        return (datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(start))).total_seconds()
    except (ValueError, TypeError):
        raise InputError("the times of this trial cannot be read", place=place, value=f"{start}, {end}") from None


def _attribute(text: str, place: str) -> object:
    try:
        found: object = json.loads(text)
    except json.JSONDecodeError:
        raise InputError("a user attribute is not JSON", place=place, value=text) from None
    return found


def _is_journal(path: Path) -> bool:
    """Whether a file is Optuna's journal: one JSON object per line."""
    try:
        with path.open("rb") as handle:
            return handle.read(1) == b"{"
    except OSError as error:
        raise InputError(f"the storage cannot be read ({error.strerror})", value=str(path)) from None
