"""The state of a run, so that two copies of it can be told to be the same, one older than the other, or two runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from setsuden.ledger.codec import dumps
from setsuden.ledger.content import Block, Content
from setsuden.ledger.record import RUNNING
from setsuden.team.selection import moment

Verdict = Literal["same", "newer", "older", "other"]


@dataclass(frozen=True, slots=True)
class State:
    """What a copy of a run is recognised by.

    born       digest of what never changes in the life of a run
    head       digest of everything but its samples
    series     digest of its blocks of samples, in their order
    progress   blocks, windows, closed windows, events and documents: none of them ever becomes fewer
    changed_s  when it last changed, by the clock of the machine that wrote it, seconds since the epoch
    """

    status: str
    born: str
    head: str
    series: str
    progress: tuple[int, ...]
    changed_s: float

    @property
    def blocks(self) -> int:
        """How many blocks of samples it has."""
        return self.progress[0]

    def against(self, other: State) -> Verdict:
        """What this state is to another one of the same id: ``newer`` where it can follow from it.

        Clocks only decide between states that hold equally much, and then it is one machine's clock.
        """
        if self.born != other.born:
            return "other"
        if (self.head, self.series) == (other.head, other.series):
            return "same"
        pairs = list(zip(self.progress, other.progress, strict=True))
        if self.progress != other.progress:
            if all(mine >= theirs for mine, theirs in pairs):
                return "newer"
            return "older" if all(mine <= theirs for mine, theirs in pairs) else "other"
        if self.series != other.series:
            return "other"
        ended = (self.status != RUNNING, other.status != RUNNING)
        if (self.changed_s, *ended[:1]) == (other.changed_s, *ended[1:]):
            return "other"
        return "newer" if (self.changed_s, ended[0]) > (other.changed_s, ended[1]) else "older"


def state_of(content: Content, series: str) -> State:
    """The state of a run whose blocks have that digest; see ``series_of``."""
    run = content.run
    times = [moment(run.ended_at), *(moment(event.at) for event in content.events)]
    times += [moment(document.updated_at) for document in content.documents]
    closed = sum(window.measurement is not None for window in content.windows)
    return State(
        status=run.status,
        born=_digest(run.id, run.kind, run.name, run.started_at, run.config, run.tags),
        head=_digest(*map(list, (run, content.channels, content.windows, content.events, content.documents))),
        series=series,
        progress=(content.blocks, len(content.windows), closed, len(content.events), len(content.documents)),
        changed_s=max([content.heartbeat_at, *(at.timestamp() for at in times if at is not None)]),
    )


class Series:
    """The digest of blocks of samples, one after the other."""

    def __init__(self) -> None:
        self._hasher = hashlib.sha256()

    def add(self, block: Block) -> None:
        """The next one."""
        *about, data = block
        self._hasher.update(dumps([*about, len(data)]).encode())
        self._hasher.update(data)

    @property
    def digest(self) -> str:
        """Of all so far."""
        return self._hasher.hexdigest()


def series_of(blocks: Iterable[Block], *, after: int = 0) -> tuple[str, str | None]:
    """The digest of blocks in their order, and what it was after so many of them; None where there are fewer."""
    series = Series()
    before = series.digest if after == 0 else None
    for number, block in enumerate(blocks, 1):
        series.add(block)
        if number == after:
            before = series.digest
    return series.digest, before


def _digest(*parts: object) -> str:
    return hashlib.sha256(dumps(list(parts)).encode()).hexdigest()
