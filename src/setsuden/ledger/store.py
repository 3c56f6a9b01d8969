"""Ledger: one SQLite file of runs, opened by any number of processes."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError, LedgerError
from setsuden.ledger import environment as surroundings
from setsuden.ledger.codec import dumps, storable
from setsuden.ledger.connection import connect_readable, connect_writable, patiently
from setsuden.ledger.faults import explained, understood
from setsuden.ledger.liveness import writer_identity
from setsuden.ledger.location import default_file
from setsuden.ledger.nesting import inherited
from setsuden.ledger.transaction import Transaction
from setsuden.ledger.writer import RunWriter

if TYPE_CHECKING:  # reading back is not part of measuring, whose start should cost little
    from pathlib import Path

    from setsuden.ledger.once import Total
    from setsuden.ledger.record import RunRecord, RunSummary


class Ledger:
    """Runs on disk. Safe to use from several threads; several processes may write one file.

    Commits go to a write-ahead log: a killed process loses nothing that was committed. ``synchronous=NORMAL`` is used,
    so a power cut may lose what was committed since the last checkpoint (``checkpoint()``), never damage the file.
    """

    def __init__(self, connection: sqlite3.Connection, place: str, writable: bool, hasty: bool = False) -> None:
        self._connection = connection
        self._hasty = hasty
        self._lock = threading.RLock()
        self._place = place
        self._transaction = Transaction(connection, self._lock, place)
        self.writable = writable

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        create: bool = True,
        busy_s: float = 5.0,
        patient: bool = True,
        read_only: bool = False,
    ) -> Ledger:
        """Open a ledger; by default it is created where missing.

        path     default: see ``setsuden.ledger.default_path``
        create   False: raise LedgerError for a missing file, and read a file or folder that may not be written
        busy_s   how long to wait for another writer
        patient  False: nothing waits for the disk before the first ``checkpoint``, where that cannot harm the file
        read_only  never write, though the file could be written; goes with ``create=False``
        """
        place = os.path.expanduser(path) if path is not None else default_file()
        if create:
            try:
                os.makedirs(os.path.dirname(place) or ".", mode=0o700, exist_ok=True)
            except OSError as error:
                raise LedgerError(
                    f"the folder of the ledger cannot be made ({error.strerror})",
                    place=place,
                    remedy="Choose another file with --ledger or SETSUDEN_LEDGER.",
                ) from error
        elif not os.path.isfile(place):
            raise LedgerError(
                "there is no ledger here yet", place=place, remedy="Measure something: setsuden run -- CMD."
            )
        with explained(place):
            if create or (not read_only and _may_be_written(place)):
                connection, hasty = connect_writable(place, busy_s, patient=patient)
                return cls(connection, place, writable=True, hasty=hasty)
            return cls(connect_readable(place, busy_s), place, writable=False)

    @property
    def path(self) -> Path:
        """The file."""
        from pathlib import Path

        return Path(self._place)

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            if self._hasty:
                patiently(self._connection)
            self._connection.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- writing

    def transaction(self) -> Transaction:
        """All or nothing; may be nested, the outermost one commits. Raises LedgerError when it cannot be written."""
        return self._transaction

    def start_run(
        self,
        kind: str,
        name: str,
        config: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        *,
        environment: Mapping[str, Any] | None = None,
        started_at: str | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> RunWriter:
        """Open a run and commit it, so that it exists whatever happens next.

        kind          ``meter``, ``command``, ``pilot``, ...
        environment   default: captured now
        started_at    UTC, ISO 8601, for a run that took place earlier and elsewhere; default: now
        folder        where the program began it; default: the working directory

        A run that takes place here, under another one as ``setsuden run`` makes it, is tagged ``within:ID``.
        """
        now = datetime.now(UTC)
        with self.transaction() as connection:
            run_id = _unused_id(connection, now)
            cursor = connection.execute(
                "INSERT INTO runs (id, kind, name, status, started_at, heartbeat_at, writer, config, tags, "
                "environment, identity) VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)",
                (
                    run_id,
                    kind,
                    storable(name),
                    started_at or now.isoformat(timespec="milliseconds"),
                    time.time(),
                    dumps(writer_identity()),
                    dumps(dict(config or {})),
                    dumps([*tags, *(inherited() if environment is None else ())]),
                    dumps(dict(environment) if environment is not None else surroundings.capture(folder)),
                    dumps(surroundings.identity(folder)),
                ),
            )
        assert cursor.lastrowid is not None
        return RunWriter(self, cursor.lastrowid, run_id)

    def writer(self, run: str) -> RunWriter:
        """Write on in a run that is not finished (id, prefix or ``last``); the calling process becomes its writer.

        One that failed is running again. Raises InputError for one that is finished: see ``amend``.
        """
        writer = self.amend(run)
        writer.resume()
        return writer

    def amend(self, run: str) -> RunWriter:
        """Add to a run without taking it over: one that has ended stays so."""
        number, run_id = self._find(run)
        return RunWriter(self, number, run_id)

    def take_over(self, number: int) -> None:
        """Make this process the writer of a run and set it to running; raises InputError for a finished one."""
        with self.transaction() as connection:
            run_id, status = connection.execute("SELECT id, status FROM runs WHERE number = ?", (number,)).fetchone()
            if status == "finished":
                raise InputError(
                    "this run is finished and is not opened again", place=run_id,
                    remedy="Start a new run; `Ledger.amend` adds events and documents to one that has ended.",
                )  # fmt: skip
            connection.execute(
                "UPDATE runs SET status = 'running', ended_at = NULL, detail = NULL, writer = ?, heartbeat_at = ? "
                "WHERE number = ?",
                (dumps(writer_identity()), time.time(), number),
            )

    def checkpoint(self) -> None:
        """Move the log into the file and have it on disk; from here on a power cut loses nothing older."""
        with self._lock, explained(self._place):
            if self._hasty:
                patiently(self._connection)
                self._hasty = False
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def put_baseline(self, machine: str, body: Mapping[str, Any]) -> None:
        """Keep an idle baseline for a machine and its set of channels; replaces the older one."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO baselines VALUES (?, ?, ?) ON CONFLICT (machine) DO UPDATE SET "
                "measured_at = excluded.measured_at, body = excluded.body",
                (machine, time.time(), dumps(dict(body))),
            )

    # -- reading

    def baseline(self, machine: str, max_age_s: float) -> dict[str, Any] | None:
        """The idle baseline kept for a machine, or None when there is none that is young enough."""
        with self.reading() as connection:
            row = connection.execute(
                "SELECT body FROM baselines WHERE machine = ? AND measured_at >= ?", (machine, time.time() - max_age_s)
            ).fetchone()
            return dict(json.loads(row[0])) if row else None

    def runs(
        self, *, kind: str | None = None, name: str | None = None, tag: str | None = None, limit: int | None = None,
        unreadable: list[str] | None = None,
    ) -> list[RunSummary]:  # fmt: skip
        """Runs, newest first, each with its total; only the totals are read, never the samples.

        unreadable   takes up the ids of damaged runs, which are then left out; None: LedgerError names the first
        """
        from setsuden.ledger.lookup import selected
        from setsuden.ledger.record import load_summaries

        with self.reading() as connection:
            return load_summaries(connection, selected(connection, kind, name, tag, limit), unreadable)

    def total(
        self,
        *,
        kind: str | None = None,
        name: str | None = None,
        tag: str | None = None,
        ids: Sequence[str] | None = None,
    ) -> Total:
        """What all such runs took together; time in which several watched one machine is counted once.

        ids   only these; None: all
        """
        from setsuden.ledger.lookup import selected
        from setsuden.ledger.once import add_up
        from setsuden.ledger.record import load_summaries

        with self.reading() as connection:
            rows = selected(connection, kind, name, tag, ids=ids)
            return add_up(connection, rows, load_summaries(connection, rows))

    def run(self, run: str) -> RunRecord:
        """One run by id, by the beginning of its id or of its last part, or ``last``; raises InputError otherwise."""
        from setsuden.ledger.lookup import COLUMNS
        from setsuden.ledger.record import load_record

        number, _ = self._find(run)
        with self.reading() as connection:
            row = connection.execute(f"SELECT {COLUMNS} FROM runs WHERE number = ?", (number,)).fetchone()
            return load_record(self, connection, row)

    def document(self, run: str, name: str) -> Any:
        """A document of a run, or None."""
        number, _ = self._find(run)
        with self.reading() as connection:
            row = connection.execute("SELECT body FROM documents WHERE run = ? AND name = ?", (number, name)).fetchone()
            return json.loads(row[0]) if row else None

    def blocks(self, number: int, channel: str) -> list[tuple[int, str | None, bytes]]:
        """Sample blocks of one channel in order: how many samples, flags as JSON, packed data."""
        with self.reading() as connection:
            return connection.execute(
                "SELECT b.samples, b.flags, b.data FROM channels c JOIN blocks b ON b.run = c.run "
                "AND b.channel = c.position WHERE c.run = ? AND c.id = ? ORDER BY c.position, b.first_t_s",
                (number, channel),
            ).fetchall()

    def delete(self, run: str) -> None:
        """Remove a run and all that belongs to it."""
        number, _ = self._find(run)
        with self.transaction() as connection:
            connection.execute("DELETE FROM runs WHERE number = ?", (number,))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one look at the tables; raises LedgerError for what cannot be read."""
        with self._lock, explained(self._place), understood(self._place):
            yield self._connection

    def _find(self, run: str) -> tuple[int, str]:
        from setsuden.ledger.lookup import the_one

        with self.reading() as connection:
            return the_one(connection, run)


def _unused_id(connection: sqlite3.Connection, now: datetime) -> str:
    """The second and three random bytes, drawn again where another run of that second has the same."""
    while True:
        run_id = f"{now:%Y%m%d-%H%M%S}-{os.urandom(3).hex()}"
        if connection.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone() is None:
            return run_id


def _may_be_written(place: str) -> bool:
    return os.access(place, os.W_OK) and os.access(os.path.dirname(place) or ".", os.W_OK)
