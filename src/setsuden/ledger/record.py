"""Reading runs back: summaries for lists, whole records for one run; cut-off runs say so and keep their joules."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError
from setsuden.ledger.channel import CORRECTED, ChannelRecord, Count, correction_notes, energy_between, node_total
from setsuden.ledger.codec import unpack
from setsuden.ledger.faults import understood
from setsuden.ledger.liveness import is_alive
from setsuden.ledger.measurement import ChannelEnergy, Flag, Measurement, Utilisation
from setsuden.ledger.measurement_json import measurement_from_json
from setsuden.ledger.series import Series, series_of
from setsuden.quantity import Estimate, Factor, merged_factors

if TYPE_CHECKING:
    from setsuden.ledger.store import Ledger

RUNNING, CUT_OFF = "running", "cut off"
CUT_OFF_FLAG = "SET-CUT-OFF"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of a list of runs.

    status       running, finished, failed, interrupted (somebody stopped it, see ``writer.status_after``) or cut off
    duration_s   of the whole run; up to the last sample for a run without end; None when nothing was sampled
    energy       node total, gross, J; None when unknown
    extent_s     its begin and end on the elapsed clock of its machine; None when nothing was sampled
    """

    id: str
    kind: str
    name: str
    status: str
    started_at: str
    duration_s: float | None
    energy: Estimate | None
    dynamic: Estimate | None
    tags: tuple[str, ...]
    extent_s: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run; ``at`` is UTC."""

    at: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run in full, except its samples, which are read when asked for.

    windows   closed windows in order of their begin, and for a run without end also the open ones, measured up to the
              last sample and flagged SET-CUT-OFF
    """

    ledger: Ledger
    number: int
    id: str
    kind: str
    name: str
    status: str
    started_at: str
    ended_at: str | None
    detail: str | None
    config: Mapping[str, Any]
    tags: tuple[str, ...]
    environment: Mapping[str, Any]
    identity: Mapping[str, Any]
    channels: tuple[ChannelRecord, ...]
    windows: tuple[Measurement, ...]
    events: tuple[Event, ...]
    documents: tuple[str, ...]
    summary: RunSummary
    sample_count: int

    @property
    def root(self) -> Measurement | None:
        """The window that spans the run: the first one without a parent."""
        return next((window for window in self.windows if window.parent_id is None), None)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Every looked-up figure that entered."""
        return merged_factors(*(channel.factors for channel in self.channels))

    def document(self, name: str) -> Any:
        """The document of that name, or None."""
        return self.ledger.document(self.id, name)

    def samples(self, channel: str) -> Series:
        """All samples of a channel, by its id; raises InputError for one the run does not have."""
        ids = [known.id for known in self.channels]
        if channel not in ids:
            raise InputError("no such channel", value=channel, remedy=f"This run has: {', '.join(ids) or 'none'}.")
        with understood(str(self.ledger.path)):
            return series_of(self.ledger.blocks(self.number, channel))


def load_summaries(
    connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], unreadable: list[str] | None = None
) -> list[RunSummary]:
    """Rows of the table ``runs`` as summaries.

    unreadable   takes up the ids of runs that cannot be read, which are then left out; None: ValueError names the first
    """
    found = []
    for row in rows:
        try:
            found.append(_summary(connection, row))
        except (ValueError, LookupError, TypeError, ArithmeticError) as error:
            if unreadable is None:
                raise ValueError(f"run {row[1]} cannot be read: {type(error).__name__}: {error}") from error
            unreadable.append(row[1])
    return found


def load_record(ledger: Ledger, connection: sqlite3.Connection, row: tuple[Any, ...]) -> RunRecord:
    """A row of the table ``runs`` and all that belongs to it."""
    number = row[0]
    (summary,) = load_summaries(connection, [row])
    stretches = stretches_of(connection, number)
    windows = [
        _window(stored, stretches, summary.status)
        for stored in connection.execute(
            "SELECT id, name, parent, started_at, start_s, opening, attributes, measurement FROM windows "
            "WHERE run = ? ORDER BY start_s, id",
            (number,),
        )
    ]
    return RunRecord(
        ledger=ledger,
        number=number,
        id=row[1],
        kind=row[2],
        name=row[3],
        status=summary.status,
        started_at=row[5],
        ended_at=row[6],
        detail=row[7],
        config=json.loads(row[10]),
        tags=summary.tags,
        environment=json.loads(row[12]),
        identity=json.loads(row[13]),
        channels=tuple({stretch.channel.id: stretch.channel for stretch in stretches}.values()),
        windows=tuple(window for window in windows if window is not None),
        events=tuple(
            Event(*found)
            for found in connection.execute(
                "SELECT at, code, detail FROM events WHERE run = ? ORDER BY number", (number,)
            )
        ),
        documents=tuple(
            name for (name,) in connection.execute("SELECT name FROM documents WHERE run = ? ORDER BY name", (number,))
        ),
        summary=summary,
        sample_count=sum(stretch.samples for stretch in stretches),
    )


def status_seen(status: str, writer: str, heartbeat_at: float) -> str:
    """As readers see it: a running one whose writer (JSON) is gone was cut off."""
    return CUT_OFF if status == RUNNING and not is_alive(json.loads(writer), heartbeat_at) else status


def _summary(connection: sqlite3.Connection, row: tuple[Any, ...]) -> RunSummary:
    number, run_id, kind, name, status, started_at, ended_at, _, heartbeat_at, writer, _, tags, *_, summary = row
    status = status_seen(status, writer, heartbeat_at)
    duration_s: float | None = None
    energy: Estimate | None = None
    dynamic: Estimate | None = None
    extent_s: tuple[float, float] | None = None
    if summary is not None:
        whole = measurement_from_json(json.loads(summary))
        duration_s, energy, dynamic = whole.duration_s, whole.energy, whole.dynamic
        extent_s = whole.start_s, whole.start_s + whole.duration_s
    else:
        known = [(s.channel, *s.ends) for s in stretches_of(connection, number) if s.ends]
        if known:
            seconds: dict[str, float] = {}
            for channel, a, b in known:
                seconds[channel.id] = seconds.get(channel.id, 0.0) + b.t_s - a.t_s
            duration_s = max(seconds.values())
            extent_s = min(a.t_s for _, a, _ in known), max(b.t_s for _, _, b in known)
            energy = node_total([energy_between(channel, a, b) for channel, a, b in known if channel.counted])
        elif ended_at is not None:
            duration_s = (_time(ended_at) - _time(started_at)).total_seconds()
    return RunSummary(
        run_id, kind, name, status, started_at, duration_s, energy, dynamic, tuple(json.loads(tags)), extent_s
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """One channel as one meter read it: its first and last count."""

    channel: ChannelRecord
    first: Count | None
    last: Count | None
    samples: int

    @property
    def ends(self) -> tuple[Count, Count] | None:
        """Between which it tells of time and joules; None where no time passed: one sample alone tells of none."""
        first, last = self.first, self.last
        return (first, last) if first and last and last.t_s > first.t_s else None


def stretches_of(connection: sqlite3.Connection, number: int) -> list[Stretch]:
    """By position."""
    rows = connection.execute(
        "SELECT position, info, first, last, samples FROM channels WHERE run = ? ORDER BY position", (number,)
    ).fetchall()
    return [
        Stretch(ChannelRecord.from_json(json.loads(info)), _count(first), _count(last), samples)
        if last is not None  # as schema 1 kept it
        else _stretch(connection, number, position, ChannelRecord.from_json(json.loads(info)))
        for position, info, first, last, samples in rows
    ]


def _stretch(connection: sqlite3.Connection, number: int, position: int, channel: ChannelRecord) -> Stretch:
    """From its first and its last block."""
    ends = [
        connection.execute(
            "SELECT samples, data, total FROM blocks WHERE run = ? AND channel = ? "
            f"ORDER BY first_t_s {way}, number {way} LIMIT 1",
            (number, position),
        ).fetchone()
        for way in ("ASC", "DESC")
    ]
    if ends[0] is None:
        return Stretch(channel, None, None, 0)
    (first, data, _), (last, youngest, total) = ends
    return Stretch(channel, unpack(data, first).count_at(0), unpack(youngest, last).count_at(-1), total)


def _count(text: str) -> Count:
    return Count(*json.loads(text))


def _window(row: tuple[Any, ...], stretches: Sequence[Stretch], status: str) -> Measurement | None:
    window_id, name, parent, started_at, start_s, opening, attributes, measurement = row
    if measurement is not None:
        return measurement_from_json(json.loads(measurement))
    if status == RUNNING:
        return None
    position, *counts = json.loads(opening)
    parts = [
        (stretch.channel, begin, stretch.last)
        for stretch, begin in zip(stretches[position:], (Count(*count) for count in counts), strict=False)
        if stretch.last is not None and stretch.last.t_s > begin.t_s
    ]
    energies = tuple(
        ChannelEnergy(
            channel.id, channel.component, channel.label, channel.method, energy_between(channel, begin, end),
            None, None, channel.counted,
        )
        for channel, begin, end in parts
    )  # fmt: skip
    return Measurement(
        window_id=window_id,
        name=name,
        parent_id=parent,
        started_at=started_at,
        start_s=start_s,
        duration_s=max((end.t_s for _, _, end in parts), default=start_s) - start_s,
        energy=node_total([part.gross for part in energies if part.counted]),
        dynamic=None,
        channels=energies,
        utilisation=Utilisation(),
        flags=(
            Flag(CUT_OFF_FLAG, "The process ended inside this window; it is measured up to the last sample."),
            *(Flag(CORRECTED, note) for note in correction_notes([channel for channel, _, _ in parts])),
        ),
        attributes=json.loads(attributes),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
