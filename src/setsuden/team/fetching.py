"""Runs of a team's database into a local ledger, each whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from setsuden.errors import LedgerError
from setsuden.ledger.codec import dumps
from setsuden.ledger.content import Block, put_content, writers
from setsuden.team import rows
from setsuden.team.outcome import Outcome
from setsuden.team.selection import Selection
from setsuden.team.state import Series, state_of

if TYPE_CHECKING:
    from setsuden.ledger import Ledger
    from setsuden.team.remote import Kept, Remote

FETCHED = "fetched"
"""The mark beside a run's writer: such a run came from a team's database, and is not sent on."""


def fetch(remote: Remote, ledger: Ledger, selection: Selection) -> Iterator[Outcome]:
    """Fetch the selected runs that the ledger does not have, or has in another state than the database.

    A run that the ledger itself measured stays as it is. Every digest is worked out again from what came.

    Raises LedgerError where the database or the ledger fails; the runs before are there then, the next call goes on.
    """
    here = writers(ledger)
    for run_id, kept in remote.selected(selection).items():
        mark = None if run_id not in here else here[run_id].get(FETCHED, {})
        if mark == {}:
            yield Outcome(run_id, kept.name, "own", kept.samples)
        elif mark is not None and (mark["head"], mark["series"]) == (kept.state.head, kept.state.series):
            yield Outcome(run_id, kept.name, "there", kept.samples)
        else:
            try:
                _bring(remote, ledger, run_id)
            except _OtherError as error:
                yield Outcome(run_id, kept.name, "refused", error=error)
            else:
                yield Outcome(run_id, kept.name, "fetched" if mark is None else "updated", kept.samples)


class _OtherError(LedgerError):
    """What came is not what was sent."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            "what the database holds of this run is not what was sent; it was changed there",
            place=run_id,
            remedy="Have its owner delete the run there, then send it again from where it was measured.",
        )


def _bring(remote: Remote, ledger: Ledger, run_id: str) -> None:
    with remote.transaction(steady=True) as connection:
        kept = remote.kept([run_id])[run_id]
        content = rows.read_content(connection, kept.number)
        if state_of(content, kept.state.series).head != kept.state.head:
            raise _OtherError(run_id)
        mark = {
            "from": remote.address.label,
            "head": kept.state.head,
            "series": kept.state.series,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        writer = dumps({**json.loads(content.run.writer), FETCHED: mark})
        marked = replace(content, run=content.run._replace(writer=writer))
        silent_s = remote.silent_s(kept)
        blocks = _sure(rows.read_blocks(connection, kept.number), kept, run_id)
        put_content(ledger, marked, blocks, silent_s=silent_s)


def _sure(blocks: Iterable[Block], kept: Kept, run_id: str) -> Iterator[Block]:
    """The blocks, and after the last of them an error where they are others than were sent."""
    series = Series()
    for block in blocks:
        series.add(block)
        yield block
    if series.digest != kept.state.series:
        raise _OtherError(run_id)
