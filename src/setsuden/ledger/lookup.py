"""Which runs are meant: the rows of all that fit, or one by its id, the beginning of it, or ``last``."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from setsuden.errors import InputError
from setsuden.ledger.codec import dumps, storable

COLUMNS = "number, id, kind, name, status, started_at, ended_at, detail, heartbeat_at, writer, config, tags, "
COLUMNS += "environment, identity, summary"


def selected(
    connection: sqlite3.Connection,
    kind: str | None,
    name: str | None,
    tag: str | None,
    limit: int | None = None,
    ids: Sequence[str] | None = None,
) -> list[tuple[Any, ...]]:
    """Rows of runs, newest first."""
    conditions = ["1"]
    values: list[object] = []
    for column, value in (("kind", kind), ("name", name)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(storable(value))
    if tag is not None:
        conditions.append("EXISTS (SELECT 1 FROM json_each(runs.tags) WHERE value = ?)")
        values.append(storable(tag))
    if ids is not None:
        conditions.append("id IN (SELECT value FROM json_each(?))")
        values.append(dumps(list(ids)))
    return connection.execute(
        f"SELECT {COLUMNS} FROM runs WHERE {' AND '.join(conditions)} ORDER BY number DESC LIMIT ?",
        (*values, -1 if limit is None else limit),
    ).fetchall()


def the_one(connection: sqlite3.Connection, run: str) -> tuple[int, str]:
    """Number and id of a run by its id, the beginning of it or of its last part, or ``last``; else InputError."""
    if run == "last":
        rows = connection.execute("SELECT number, id FROM runs ORDER BY number DESC LIMIT 1").fetchall()
    else:
        pattern = run.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = connection.execute(
            "SELECT number, id FROM runs WHERE id LIKE ? ESCAPE '\\' OR id LIKE ? ESCAPE '\\' "
            "ORDER BY number DESC LIMIT 6",
            (f"{pattern}%", f"%-{pattern}%"),
        ).fetchall()
    exact = [row for row in rows if row[1] == run]
    found = exact or rows
    if len(found) == 1 and run:
        return int(found[0][0]), str(found[0][1])
    if not found:
        raise InputError("no such run", value=run, remedy="See `setsuden runs` for the ids.")
    raise InputError(
        "this matches more than one run", value=run, remedy="Matches: " + ", ".join(row[1] for row in found) + "."
    )
