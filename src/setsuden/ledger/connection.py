"""Connections to a ledger's file: to write, or only to read."""

from __future__ import annotations

import os
import sqlite3

from setsuden.ledger.migrations import migrate, outdated


def connect_writable(place: str, busy_s: float, *, patient: bool) -> tuple[sqlite3.Connection, bool]:
    """A connection, and whether its commits do not wait for the disk yet; see ``patiently``.

    patient   False: they do not where the write-ahead log is empty. With frames of earlier commits in it, SQLite must
              have its header on disk before new ones follow, or a power cut might mix the two.
    """
    hasty = not patient and not _holds_anything(place)
    connection = sqlite3.connect(place, timeout=busy_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA synchronous = {'OFF' if hasty else 'NORMAL'}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection, place)
    except BaseException:
        connection.close()
        raise
    return connection, hasty


def patiently(connection: sqlite3.Connection) -> None:
    """From here on commits wait for the disk as often as a whole file after a power cut takes."""
    connection.execute("PRAGMA synchronous = NORMAL")


def _holds_anything(place: str) -> bool:
    try:
        return os.stat(f"{place}-wal").st_size > 0
    except OSError:
        return False


def connect_readable(place: str, busy_s: float) -> sqlite3.Connection:
    """A file that may not be written: first as SQLite reads it beside a writer, then as one that nobody writes."""
    from pathlib import Path  # what only writes does without

    for options in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(
            f"{Path(place).absolute().as_uri()}?{options}",
            uri=True,
            timeout=busy_s,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            return _up_to_date(connection, place)
        except sqlite3.OperationalError as error:
            connection.close()
            if "immutable" in options or "locked" in str(error):  # what somebody is writing is not taken for unchanging
                raise
    raise AssertionError("unreachable")


def _up_to_date(connection: sqlite3.Connection, place: str) -> sqlite3.Connection:
    """The same, or where its tables are of an earlier version a copy in memory with those of this one."""
    if not outdated(connection):
        migrate(connection, place)
        return connection
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.backup(copy)
    connection.close()
    migrate(copy, place)
    return copy
