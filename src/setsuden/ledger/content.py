"""A run as it lies in the tables, out of one ledger and into another, byte for byte."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from setsuden.errors import InputError
from setsuden.ledger.record import status_seen

if TYPE_CHECKING:
    import sqlite3

    from setsuden.ledger.store import Ledger

# Blocks that are taken at once: half a second of the longest lock, some hundred kilobytes of memory.
_AT_ONCE = 512


class RunRow(NamedTuple):
    """The run itself. What the ledger keeps as JSON is JSON text here, and so in the other rows.

    status   as readers see it: ``cut off`` where the writer is gone
    """

    id: str
    kind: str
    name: str
    status: str
    started_at: str
    ended_at: str | None
    detail: str | None
    config: str
    tags: str
    environment: str
    identity: str
    writer: str
    summary: str | None


class ChannelRow(NamedTuple):
    """``samples``, ``first`` and ``last`` are of ledgers that kept the running count here."""

    position: int
    id: str
    info: str
    samples: int
    first: str | None
    last: str | None


class WindowRow(NamedTuple):
    """``measurement`` is None while the window is open."""

    id: int
    name: str
    parent: int | None
    started_at: str
    start_s: float
    opening: str
    attributes: str
    measurement: str | None
    energy_j: float | None
    duration_s: float | None


class EventRow(NamedTuple):
    """What happened to the run."""

    at: str
    code: str
    detail: str


class DocumentRow(NamedTuple):
    """Plain data under a name."""

    name: str
    updated_at: str
    body: str


class Block(NamedTuple):
    """Samples of one channel as ``codec.pack`` wrote them."""

    channel: int
    samples: int
    first_t_s: float
    last_t_s: float
    flags: str | None
    total: int | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """All of a run but its samples, at one moment.

    heartbeat_at   last sign of life of its writer, seconds since the epoch
    blocks         how many blocks of samples it had, and how many samples in them
    numbers        the run's number in this ledger, the first and the last number of those blocks
    """

    run: RunRow
    channels: tuple[ChannelRow, ...]
    windows: tuple[WindowRow, ...]
    events: tuple[EventRow, ...]
    documents: tuple[DocumentRow, ...]
    heartbeat_at: float = 0.0
    blocks: int = 0
    samples: int = 0
    numbers: tuple[int, int, int] = (0, 0, 0)


def content_of(ledger: Ledger, run_id: str) -> Content:
    """The run of this whole id; raises InputError for one that is not there."""
    with ledger.reading() as connection:
        connection.execute("BEGIN")  # one moment for all tables, beside whoever writes
        try:
            return _content(connection, run_id)
        finally:
            connection.execute("COMMIT")


def _content(connection: sqlite3.Connection, run_id: str) -> Content:
    found = connection.execute(
        f"SELECT number, heartbeat_at, {', '.join(RunRow._fields)} FROM runs WHERE id = ?", (run_id,)
    ).fetchone()
    if found is None:
        raise InputError("no such run", value=run_id, remedy="See `setsuden runs` for the ids.")
    number, heartbeat_at, *fields = found
    run = RunRow(*fields)
    run = run._replace(status=status_seen(run.status, run.writer, heartbeat_at))

    def rows(kind: Any, table: str, order: str) -> tuple[Any, ...]:
        query = f"SELECT {', '.join(kind._fields)} FROM {table} WHERE run = ? ORDER BY {order}"
        return tuple(map(kind._make, connection.execute(query, (number,))))

    blocks, samples, first, last = connection.execute(
        "SELECT count(*), coalesce(sum(samples), 0), coalesce(min(number), 1), coalesce(max(number), 0) FROM blocks "
        "WHERE run = ?",
        (number,),
    ).fetchone()
    return Content(
        run,
        rows(ChannelRow, "channels", "position"),
        rows(WindowRow, "windows", "id"),
        rows(EventRow, "events", "number"),
        rows(DocumentRow, "documents", "name"),
        heartbeat_at,
        blocks,
        samples,
        (number, first, last),
    )


def blocks_of(ledger: Ledger, content: Content) -> Iterator[Block]:
    """The blocks that the run had at that moment, in the order they were written; a few hundred are in memory.

    Nothing is locked between two of them, so a writer never waits for whoever takes them.
    """
    run, first, last = content.numbers
    # By row number and not by the index, which would sort all blocks of the run at every turn: hence the "+".
    query = (
        f"SELECT number, {', '.join(Block._fields)} FROM blocks WHERE number BETWEEN ? AND ? AND +run = ? "
        "ORDER BY number LIMIT ?"
    )
    while first <= last:
        with ledger.reading() as connection:
            found = connection.execute(query, (first, last, run, _AT_ONCE)).fetchall()
        if not found:
            return
        for _, *block in found:
            yield Block._make(block)
        first = found[-1][0] + 1


def put_content(ledger: Ledger, content: Content, blocks: Iterable[Block], *, silent_s: float) -> None:
    """Write a whole run in one transaction; one of the same id is replaced and keeps its place in lists.

    blocks     may come slowly, as over a network: the ledger is locked once all are here, in a file of SQLite's own
    silent_s   how long ago the run's writer gave a sign of life
    """
    with ledger.reading() as connection:
        connection.execute("DROP TABLE IF EXISTS temp.arriving")
        connection.execute(f"CREATE TEMP TABLE arriving ({', '.join(Block._fields)})")
    places = ", ".join("?" * len(Block._fields))
    coming = iter(blocks)
    while some := list(islice(coming, _AT_ONCE)):
        with ledger.transaction() as connection:
            connection.executemany(f"INSERT INTO temp.arriving VALUES ({places})", some)
    with ledger.transaction() as connection:
        _replace(connection, content, time.time() - silent_s)
    with ledger.reading() as connection:
        connection.execute("DROP TABLE temp.arriving")


def _replace(connection: sqlite3.Connection, content: Content, heartbeat_at: float) -> None:
    before = connection.execute("SELECT number FROM runs WHERE id = ?", (content.run.id,)).fetchone()
    connection.execute("DELETE FROM runs WHERE id = ?", (content.run.id,))
    columns = ("number", "heartbeat_at", *RunRow._fields)
    row = (None if before is None else before[0], heartbeat_at, *content.run)
    number = connection.execute(_insert("runs", columns), row).lastrowid
    for table, kind, rows in (
        ("channels", ChannelRow, content.channels),
        ("windows", WindowRow, content.windows),
        ("events", EventRow, content.events),
        ("documents", DocumentRow, content.documents),
    ):
        connection.executemany(_insert(table, ("run", *kind._fields)), [(number, *row) for row in rows])
    fields = ", ".join(Block._fields)
    connection.execute(
        f"INSERT INTO blocks (run, {fields}) SELECT ?, {fields} FROM temp.arriving ORDER BY rowid", (number,)
    )


def writers(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Who writes, or wrote, each run of the ledger: id -> as ``liveness`` has it."""
    with ledger.reading() as connection:
        return {run_id: json.loads(writer) for run_id, writer in connection.execute("SELECT id, writer FROM runs")}


def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
