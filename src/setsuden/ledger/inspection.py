"""A ledger looked at from outside: what is in it, and whether all of it can still be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setsuden.errors import LedgerError, SetsudenError
from setsuden.ledger.codec import unpack
from setsuden.ledger.content import blocks_of, content_of
from setsuden.ledger.faults import understood
from setsuden.ledger.migrations import SCHEMA_VERSION
from setsuden.ledger.record import CUT_OFF

if TYPE_CHECKING:
    from setsuden.ledger.store import Ledger


@dataclass(frozen=True, slots=True)
class Overview:
    """What is in a ledger.

    size_bytes   of the file and of its write-ahead log
    statuses     status -> how many runs
    cut_off      ids of the runs that were cut off, newest first
    first, last  when the earliest and the latest run began; None without runs
    """

    path: str
    size_bytes: int
    schema: int
    statuses: dict[str, int]
    cut_off: tuple[str, ...]
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be read; ``run`` is None where it is not of one run."""

    run: str | None
    error: SetsudenError


def overview(ledger: Ledger) -> Overview:
    """Only totals are read, no samples."""
    runs = ledger.runs()
    starts = sorted(run.started_at for run in runs)
    files = (ledger.path, ledger.path.with_name(f"{ledger.path.name}-wal"))
    return Overview(
        path=str(ledger.path),
        size_bytes=sum(file.stat().st_size for file in files if file.exists()),
        schema=SCHEMA_VERSION,
        statuses=dict(sorted(Counter(run.status for run in runs).items())),
        cut_off=tuple(run.id for run in runs if run.status == CUT_OFF),
        first=starts[0] if starts else None,
        last=starts[-1] if starts else None,
    )


def problems(ledger: Ledger) -> Iterator[Problem]:
    """Whatever SQLite finds wrong with the file, then every run that cannot be read to its last sample."""
    try:
        with ledger.reading() as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            loose = connection.execute("PRAGMA foreign_key_check").fetchall()
            ids = [row[0] for row in connection.execute("SELECT id FROM runs ORDER BY number")]
    except LedgerError as error:
        yield Problem(None, error)
        return
    yield from (Problem(None, LedgerError(text)) for text in found if text != "ok")
    if loose:
        yield Problem(None, LedgerError(f"{len(loose)} rows belong to no run"))
    for run_id in ids:
        try:
            _read(ledger, run_id)
        except SetsudenError as error:
            yield Problem(run_id, error)


def _read(ledger: Ledger, run_id: str) -> None:
    ledger.run(run_id)
    with understood(str(ledger.path)):
        for block in blocks_of(ledger, content_of(ledger, run_id)):
            columns = unpack(block.data, block.samples)
            if any(len(column) != block.samples for column in columns if column is not None):
                raise ValueError(f"a block that should hold {block.samples} samples does not")
