"""RunWriter: everything that is written into one run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from setsuden.ledger.channel import ChannelRecord, OpenedWindow
from setsuden.ledger.codec import Row, dumps, pack, storable
from setsuden.ledger.liveness import BEAT_EVERY_S

if TYPE_CHECKING:
    import sqlite3

    from setsuden.ledger.measurement import Measurement
    from setsuden.ledger.store import Ledger
    from setsuden.ledger.transaction import Transaction

# Rows of one statement: few sizes, because Python keeps every statement that it has seen, up to a tenth of a megabyte
# each. An SQLite from before 2020 takes 999 values.
_SIZES = (1, 4, 16, 64)


class RunWriter:
    """Writes one run. Safe to use from several threads; every call is committed unless inside ``transaction()``.

    Any call may raise LedgerError (disk full, locked, read-only); what it was to write is then not there at all.
    """

    def __init__(self, ledger: Ledger, number: int, run_id: str) -> None:
        self._ledger = ledger
        self._number = number
        self._beaten_s = float("-inf")
        self.id = run_id

    @property
    def ledger(self) -> Ledger:
        """The ledger this run lies in."""
        return self._ledger

    def transaction(self) -> Transaction:
        """Group several calls into one commit."""
        return self._ledger.transaction()

    def add_channels(self, channels: Sequence[ChannelRecord]) -> int:
        """Declare channels that count from zero; returns the position of the first one.

        Every meter that writes into the run declares its own, so that a count never goes back within one position.
        """
        with self.transaction() as connection:
            first = self._next(connection, "SELECT max(position) FROM channels WHERE run = ?", 0)
            connection.executemany(
                "INSERT INTO channels (run, position, id, info) VALUES (?, ?, ?, ?)",
                [
                    (self._number, first + offset, channel.id, dumps(channel.to_json()))
                    for offset, channel in enumerate(channels)
                ],
            )
        return first

    def next_window_id(self) -> int:
        """The first number that no window of this run has, from 1."""
        with self.transaction() as connection:
            return self._next(connection, "SELECT max(id) FROM windows WHERE run = ?", 1)

    def write_samples(self, channel: int, rows: Sequence[Row], flags: Sequence[str] = ()) -> None:
        """A block of samples of one channel, in order of time.

        channel   position among the declared channels
        rows      (t_s, energy_j, low_j, high_j, power_w or None), at least one
        flags     codes that occurred within the block
        """
        self.write_blocks([(channel, rows, flags)])

    def write_blocks(self, blocks: Sequence[tuple[int, Sequence[Row], Sequence[str]]]) -> None:
        """Several blocks, each as for ``write_samples``."""
        number = self._number
        packed = [
            (number, channel, len(rows), rows[0][0], rows[-1][0], dumps(list(flags)) if flags else None, pack(rows))
            for channel, rows, flags in blocks
        ]
        with self.transaction() as connection:
            connection.executemany(
                "INSERT INTO blocks (run, channel, samples, first_t_s, last_t_s, flags, data, total) "
                "VALUES (?1,?2,?3,?4,?5,?6,?7, ?3 + coalesce((SELECT total FROM blocks WHERE run = ?1 AND channel = ?2 "
                "ORDER BY first_t_s DESC, number DESC LIMIT 1), 0))",
                packed,
            )

    def open_windows(self, windows: Sequence[OpenedWindow]) -> None:
        """Note windows that began, so that a cut-off run can still be summed up."""
        rows = [
            (
                self._number, window.window_id, storable(window.name), window.parent_id, window.started_at,
                window.start_s, dumps([window.first_channel, *(count.to_list() for count in window.opening)]),
                dumps(dict(window.attributes)),
            )
            for window in windows
        ]  # fmt: skip
        head = "INSERT INTO windows (run, id, name, parent, started_at, start_s, opening, attributes)"
        with self.transaction() as connection:
            _insert(connection, head, rows)

    def close_window(self, measurement: Measurement) -> None:
        """Store what a window found; a window that was never opened here is added. A second call replaces the first."""
        self.close_windows([measurement])

    def close_windows(self, measurements: Sequence[Measurement]) -> None:
        """Several windows, each as for ``close_window``."""
        rows = [
            (
                self._number, found.window_id, storable(found.name), found.parent_id, found.started_at, found.start_s,
                "[0]", "{}", _text(found), found.energy.value if found.energy is not None else None, found.duration_s,
            )
            for found in measurements
        ]  # fmt: skip
        head = (
            "INSERT INTO windows (run, id, name, parent, started_at, start_s, opening, attributes, measurement, "
            "energy_j, duration_s)"
        )
        tail = (
            "ON CONFLICT (run, id) DO UPDATE SET measurement = excluded.measurement, energy_j = excluded.energy_j, "
            "duration_s = excluded.duration_s"
        )
        with self.transaction() as connection:
            _insert(connection, head, rows, tail)

    def event(self, code: str, detail: str) -> None:
        """Note something that happened to the run, with the time of day."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO events (run, at, code, detail) VALUES (?, ?, ?, ?)",
                (self._number, _now(), code, storable(detail)),
            )

    def heartbeat(self, *, at_once: bool = False) -> None:
        """Say that the writer is alive, unless it was said a moment ago."""
        now_s = time.monotonic()
        if not at_once and now_s - self._beaten_s < BEAT_EVERY_S:
            return
        with self.transaction() as connection:
            connection.execute("UPDATE runs SET heartbeat_at = ? WHERE number = ?", (time.time(), self._number))
        self._beaten_s = now_s

    def set_environment(self, environment: Mapping[str, Any]) -> None:
        """Replace what is known of hardware, software and code."""
        with self.transaction() as connection:
            connection.execute(
                "UPDATE runs SET environment = ? WHERE number = ?", (dumps(dict(environment)), self._number)
            )

    def put_document(self, name: str, document: Any) -> None:
        """Store any plain data under a name; replaces what was there. This is how a study keeps its state."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO documents (run, name, updated_at, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (run, name) DO UPDATE SET updated_at = excluded.updated_at, body = excluded.body",
                (self._number, name, _now(), dumps(document)),
            )

    def document(self, name: str) -> Any:
        """The document of that name, or None."""
        return self._ledger.document(self.id, name)

    def finish(
        self, status: str = "finished", *, detail: str | None = None, summary: Measurement | None = None
    ) -> None:
        """Close the run.

        status    ``finished``, ``failed`` or ``interrupted``, see ``status_after``
        detail    one sentence on what failed
        summary   the measurement that stands for the whole run in lists
        """
        with self.transaction() as connection:
            connection.execute(
                "UPDATE runs SET status = ?, ended_at = ?, detail = ?, summary = ?, heartbeat_at = ? WHERE number = ?",
                (
                    status,
                    _now(),
                    storable(detail),
                    _text(summary) if summary is not None else None,
                    time.time(),
                    self._number,
                ),
            )

    def _next(self, connection: sqlite3.Connection, query: str, start: int) -> int:
        last = connection.execute(query, (self._number,)).fetchone()[0]
        return start if last is None else int(last) + 1

    def resume(self) -> None:
        """Take an unfinished or cut-off run over: this process writes it from now on."""
        self._ledger.take_over(self._number)


# What a shell gives for a program that SIGINT or SIGTERM ended.
_ENDED_BY_SIGNAL = (130, 143)


def status_after(error: BaseException | None) -> tuple[str, str | None]:
    """How a run ended that ``error`` ended, and one sentence on what failed.

    ``interrupted`` is what somebody stopped: Ctrl-C, or an exit with 128 + the number of SIGINT or SIGTERM.
    """
    code = error.code if isinstance(error, SystemExit) else None
    if error is None or (isinstance(error, SystemExit) and not code):
        return "finished", None
    if isinstance(error, KeyboardInterrupt) or code in _ENDED_BY_SIGNAL:
        return "interrupted", None
    return "failed", f"{type(error).__name__}: {error}"


def _insert(connection: sqlite3.Connection, head: str, rows: Sequence[tuple[Any, ...]], tail: str = "") -> None:
    """Many rows by few statements: each lets go of the interpreter and may get it back 5 ms later.

    The first of the columns is never NULL in a row that is there.
    """
    for start in range(0, len(rows), _SIZES[-1]):
        some = rows[start : start + _SIZES[-1]]
        width, size = len(some[0]), next(size for size in _SIZES if size >= len(some))
        places = ",".join([f"({','.join('?' * width)})"] * size)
        values = [*chain.from_iterable(some), *[None] * (width * (size - len(some)))]
        connection.execute(f"{head} SELECT * FROM (VALUES {places}) WHERE column1 IS NOT NULL {tail}", values)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _text(measurement: Measurement) -> str:
    from setsuden.ledger.measurement_json import measurement_to_json  # the first window's end pays for it

    return dumps(measurement_to_json(measurement))
