"""The tables, as named steps; each is committed together with the record that it ran."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from setsuden.errors import LedgerError

_FIRST_TABLES = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, detail TEXT,
    heartbeat_at REAL NOT NULL, writer TEXT NOT NULL, config TEXT NOT NULL, tags TEXT NOT NULL,
    environment TEXT NOT NULL, identity TEXT NOT NULL, summary TEXT
);
CREATE INDEX runs_by_start ON runs (started_at);
CREATE TABLE channels (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, position INTEGER NOT NULL, id TEXT NOT NULL,
    info TEXT NOT NULL, samples INTEGER NOT NULL DEFAULT 0, first TEXT, last TEXT,
    PRIMARY KEY (run, position)
) WITHOUT ROWID;
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, channel INTEGER NOT NULL,
    samples INTEGER NOT NULL, first_t_s REAL NOT NULL, last_t_s REAL NOT NULL, flags TEXT, data BLOB NOT NULL
);
CREATE INDEX blocks_by_channel ON blocks (run, channel, first_t_s);
CREATE TABLE windows (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, id INTEGER NOT NULL, name TEXT NOT NULL, parent INTEGER,
    started_at TEXT NOT NULL, start_s REAL NOT NULL, opening TEXT NOT NULL, attributes TEXT NOT NULL,
    measurement TEXT, energy_j REAL, duration_s REAL,
    PRIMARY KEY (run, id)
) WITHOUT ROWID;
CREATE TABLE events (
    number INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    at TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX events_by_run ON events (run);
CREATE TABLE documents (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL, updated_at TEXT NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (run, name)
);
CREATE TABLE baselines (
    machine TEXT PRIMARY KEY, measured_at REAL NOT NULL, body TEXT NOT NULL
);
"""

# A count that is kept beside the wide row of its channel rewrites that row at every flush. The newest block holds the
# last count anyway; with this it also tells how many samples there are. Older runs keep theirs in ``channels``.
_RUNNING_TOTALS = "ALTER TABLE blocks ADD COLUMN total INTEGER"

_STEPS: tuple[tuple[str, str], ...] = (("0001 first tables", _FIRST_TABLES), ("0002 running totals", _RUNNING_TOTALS))

SCHEMA_VERSION = len(_STEPS)


def outdated(connection: sqlite3.Connection) -> bool:
    """Whether its tables are those of an earlier version of this program."""
    return 0 < _version(connection) < SCHEMA_VERSION


def migrate(connection: sqlite3.Connection, place: str) -> None:
    """Bring the tables up to date; raises LedgerError for a file of a newer setsuden or of another program."""
    if _version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the lock.
        version = _version(connection)
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"this ledger has schema {version}, written by a newer setsuden; this one knows {SCHEMA_VERSION}",
                place=place,
                remedy="Upgrade setsuden, or choose another file with --ledger.",
            )
        if version == 0 and connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise LedgerError(
                "this SQLite file belongs to another program", place=place, remedy="Choose another file with --ledger."
            )
        connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)")
        for name, script in _STEPS[version:]:
            for statement in script.split(";"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute("INSERT INTO migrations VALUES (?, ?)", (name, datetime.now(UTC).isoformat()))
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
