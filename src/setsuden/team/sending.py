"""Runs of a local ledger into a team's database, each whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import TYPE_CHECKING, Any

from setsuden.errors import LedgerError, SetsudenError
from setsuden.ledger.content import Content, blocks_of, content_of, writers
from setsuden.ledger.faults import understood
from setsuden.ledger.record import RUNNING
from setsuden.team import figures, rows
from setsuden.team.faults import UnreachableError
from setsuden.team.fetching import FETCHED
from setsuden.team.names import storable, without_people
from setsuden.team.outcome import Outcome, Result
from setsuden.team.selection import Selection, moment
from setsuden.team.state import State, series_of, state_of

if TYPE_CHECKING:
    from psycopg import Connection

    from setsuden.ledger import Ledger, RunSummary
    from setsuden.team.remote import Kept, Remote


@dataclass(frozen=True, slots=True)
class Chosen:
    """What of a ledger is to be sent, oldest first, and how many runs were left out as running, or as fetched."""

    runs: tuple[RunSummary, ...]
    running: int
    fetched: int


def choose(ledger: Ledger, selection: Selection, *, running: bool = False) -> Chosen:
    """The selected runs that were measured here and have ended; with ``running`` also those that have not."""
    found = ledger.runs(kind=selection.kind, name=selection.name, tag=selection.tag)[::-1]
    if selection.since is not None:
        starts = ((summary, moment(summary.started_at)) for summary in found)
        found = [summary for summary, start in starts if start is not None and start >= selection.since]
    marks = writers(ledger)
    ours = [summary for summary in found if FETCHED not in marks[summary.id]]
    ready = tuple(summary for summary in ours if running or summary.status != RUNNING)
    return Chosen(ready, len(ours) - len(ready), len(found) - len(ours))


def send(ledger: Ledger, remote: Remote, runs: Sequence[RunSummary], *, with_host: bool = False) -> Iterator[Outcome]:
    """Send runs one after the other, each in one transaction; what is there already is left as it is.

    with_host   keep host, user and folder names and the command line

    Raises LedgerError where the database fails; the runs before are there then, and the next call goes on.
    """
    key = remote.machine_key()
    there = remote.kept([summary.id for summary in runs])
    for summary in runs:
        try:
            with understood(str(ledger.path)):
                parcel = _Parcel(ledger, summary, key, with_host=with_host)
                outcome = parcel.deliver(remote, there.get(summary.id))
        except UnreachableError:
            raise
        except SetsudenError as error:
            outcome = Outcome(summary.id, summary.name, "refused", error=error)
        yield outcome


class _Parcel:
    """One run, taken out of the ledger at one moment."""

    def __init__(self, ledger: Ledger, summary: RunSummary, key: bytes, *, with_host: bool) -> None:
        self._ledger = ledger
        self._key = key
        self._redacted = not with_host
        self._whole = storable(content_of(ledger, summary.id))
        # It may have gone on since the list was made.
        gone_on = self._whole.run.status == RUNNING or self._whole.run.status != summary.status
        self._summary = ledger.run(summary.id).summary if gone_on else summary

    def deliver(self, remote: Remote, there: Kept | None) -> Outcome:
        """Judge, then write; again where another sender was faster."""
        while True:
            sent = 0 if there is None else there.state.blocks
            series, before = series_of(blocks_of(self._ledger, self._whole), after=sent)
            outcome = None if there is None else self._judged(there, series, before)
            if outcome is not None:
                return outcome
            content = self._content(self._redacted)
            state = state_of(content, series)
            with remote.transaction() as connection:
                if remote.locked(self._summary.id) == there and self._written(connection, content, state, there):
                    return self._outcome("sent" if there is None else "updated")
            there = remote.kept([self._summary.id]).get(self._summary.id)

    def _judged(self, there: Kept, series: str, before: str | None) -> Outcome | None:
        """What there is to say where nothing is to be written; None where this state follows from the one there."""
        # Names may have been kept there and not here, or the other way round: that alone is no other state.
        state = state_of(self._content(there.redacted), series)
        verdict = state.against(there.state)
        if verdict == "same":
            return self._outcome("there")
        if verdict == "older":
            return self._outcome("newer")
        if verdict == "newer" and before == there.state.series:
            return None
        return self._outcome("refused", _another(self._summary.id))

    def _outcome(self, result: Result, error: SetsudenError | None = None) -> Outcome:
        return Outcome(self._summary.id, self._summary.name, result, self._whole.samples, error)

    def _content(self, redacted: bool) -> Content:
        return without_people(self._whole, self._key) if redacted else self._whole

    def _written(self, connection: Connection[Any], content: Content, state: State, there: Kept | None) -> bool:
        row = {
            **rows.run_columns(content),
            **figures.of_run(content, self._summary),
            **{field.name: getattr(state, field.name) for field in fields(State)},
            "progress": list(state.progress),
            "samples": content.samples,
            "redacted": self._redacted,
        }
        number = _run_written(connection, row, max(0.0, time.time() - content.heartbeat_at), there)
        if number is None:
            return False
        sent = 0 if there is None else there.state.blocks
        blocks = islice(blocks_of(self._ledger, content), sent, None)
        rows.write_parts(connection, number, content, blocks, sent)
        return True


def _run_written(connection: Connection[Any], row: dict[str, Any], silent_s: float, there: Kept | None) -> int | None:
    """The run's number there; None where another sender has just put it there."""
    columns, given = ", ".join(row), ", ".join(f"%({column})s" for column in row)
    # Clocks of machines differ: the sign of life is dated by the database's own.
    columns += ", heard_at, received_at"
    given += ", now() - make_interval(secs => %(silent_s)s), now()"
    if there is None:
        query = f"INSERT INTO setsuden.runs ({columns}) VALUES ({given}) ON CONFLICT (id) DO NOTHING RETURNING number"
    else:
        query = f"UPDATE setsuden.runs SET ({columns}) = ROW ({given}) WHERE id = %(id)s RETURNING number"
    found = connection.execute(query, {**row, "silent_s": silent_s}).fetchone()
    return None if found is None else int(found[0])


def _another(run_id: str) -> LedgerError:
    return LedgerError(
        "the database has another run under this id, or one that was changed; neither follows from the other",
        place=run_id,
        remedy="Nothing was changed there. Look at it with: setsuden ledger fetch --into OTHER.sqlite.",
    )
