"""Entries: what sums over many runs need of each, read without samples; those already known are not read again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from setsuden.ledger.channel import energy_between, node_total
from setsuden.ledger.codec import unpack
from setsuden.ledger.lookup import COLUMNS
from setsuden.ledger.once import Total, add_up, watch_of
from setsuden.ledger.record import RUNNING, RunSummary, load_summaries, stretches_of
from setsuden.ledger.store import Ledger
from setsuden.quantity import Estimate, Provenance

_AT_ONCE = 500
_IDENTITY, _ENVIRONMENT, _SUMMARY = 13, 12, 14  # places in COLUMNS


@dataclass(frozen=True, slots=True)
class Entry:
    """One run as sums see it.

    started    with its time zone
    identity   host, user and folder; processor is empty where nobody said
    detail     what failed, in one sentence
    parts      energy of the counted channels by provenance, J
    phases     energy of the windows that name a phase (``train``, ``infer``), J; what a window of another phase inside
               took is taken off
    watched    machine, begin and end on its clock; None where nothing says which machine it was
    version    changes whenever the row did
    """

    number: int
    summary: RunSummary
    started: datetime
    detail: str | None
    identity: Mapping[str, Any]
    processor: str
    parts: Mapping[Provenance, Estimate]
    phases: Mapping[str, Estimate]
    watched: tuple[str, float, float] | None
    version: tuple[object, ...]


def entries(ledger: Ledger, known: Mapping[int, Entry]) -> dict[int, Entry]:
    """Every run by its number, newest first; rows that are as in ``known`` and have ended are taken from there."""
    with ledger.reading() as connection:
        versions = {
            row[0]: row
            for row in connection.execute(
                "SELECT number, id, status, ended_at, heartbeat_at FROM runs ORDER BY number DESC"
            )
        }
        fresh = {
            number: entry
            for number, version in versions.items()
            if (entry := known.get(number)) and entry.version == version and entry.summary.status != RUNNING
        }
        missing = [number for number in versions if number not in fresh]
        read = {entry.number: entry for entry in _read(connection, missing, versions)}
    return {number: fresh.get(number) or read[number] for number in versions if number in fresh or number in read}


def shares(ledger: Ledger, numbers: Sequence[int]) -> Total:
    """What each of some runs adds to their sum, where they watched one machine at the same time; see ``once``."""
    with ledger.reading() as connection:
        rows = [row for some in _batches(numbers) for row in _rows(connection, some)]
        return add_up(connection, rows, load_summaries(connection, rows))


def power_now(ledger: Ledger, number: int) -> Estimate | None:
    """Mean watts of the node over the newest two blocks of samples of a run; None before there are any."""
    parts = []
    with ledger.reading() as connection:
        for position, stretch in enumerate(stretches_of(connection, number)):
            if not stretch.channel.counted:
                continue
            blocks = connection.execute(
                "SELECT samples, data FROM blocks WHERE run = ? AND channel = ? ORDER BY first_t_s DESC, number DESC "
                "LIMIT 2",
                (number, position),
            ).fetchall()
            if not blocks:
                continue
            end = unpack(blocks[0][1], blocks[0][0]).count_at(-1)
            begin = unpack(blocks[-1][1], blocks[-1][0]).count_at(0)
            if end.t_s > begin.t_s:
                energy = energy_between(stretch.channel, begin, end) * (1.0 / (end.t_s - begin.t_s))
                parts.append(Estimate(energy.value, energy.low, energy.high, "W", energy.provenance, energy.boundary))
    return node_total(parts)


def _read(
    connection: sqlite3.Connection, numbers: Sequence[int], versions: Mapping[int, tuple[Any, ...]]
) -> Iterator[Entry]:
    for some in _batches(numbers):
        rows = _rows(connection, some)
        for row, summary in zip(rows, load_summaries(connection, rows), strict=True):
            watch = watch_of(row, summary)
            yield Entry(
                number=row[0],
                summary=summary,
                started=datetime.fromisoformat(summary.started_at).astimezone(),
                detail=row[7],
                identity=json.loads(row[_IDENTITY]),
                processor=_processor(json.loads(row[_ENVIRONMENT])),
                parts=_parts(connection, row),
                phases=_phases(connection, row[0]),
                watched=None if watch is None else (watch.machine, watch.begin_s, watch.end_s),
                version=versions[row[0]],
            )


def _rows(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    places = ",".join("?" * len(numbers))
    return connection.execute(f"SELECT {COLUMNS} FROM runs WHERE number IN ({places})", numbers).fetchall()


def _batches(numbers: Iterable[int]) -> Iterator[tuple[int, ...]]:
    rest = iter(numbers)
    while some := tuple(islice(rest, _AT_ONCE)):
        yield some


def _processor(environment: Mapping[str, Any]) -> str:
    hardware = environment.get("hardware") or {}
    return str(hardware.get("processor") or hardware.get("machine") or "")


def _parts(connection: sqlite3.Connection, row: tuple[Any, ...]) -> dict[Provenance, Estimate]:
    if row[_SUMMARY] is not None:
        counted = [
            Estimate.from_json(part["gross"]) for part in json.loads(row[_SUMMARY])["channels"] if part["counted"]
        ]
    else:
        counted = [
            energy_between(stretch.channel, *stretch.ends)
            for stretch in stretches_of(connection, row[0])
            if stretch.channel.counted and stretch.ends
        ]
    split = {}
    for provenance in Provenance:
        if (summed := node_total([part for part in counted if part.provenance is provenance])) is not None:
            split[provenance] = summed
    return split


def _phases(connection: sqlite3.Connection, number: int) -> dict[str, Estimate]:
    named_phase = "instr(measurement, '\"phase\":') > 0"
    rows = connection.execute(
        f"SELECT id, parent, CASE WHEN {named_phase} THEN json_extract(measurement, '$.attributes.phase') END, "
        f"CASE WHEN {named_phase} THEN json_extract(measurement, '$.energy') END FROM windows WHERE run = ?",
        (number,),
    ).fetchall()
    parents: dict[int, int | None] = {}
    named: dict[int, tuple[str, Estimate]] = {}
    for window, parent, phase, energy in rows:
        parents[window] = parent
        if isinstance(phase, str) and energy is not None:
            named[window] = phase, Estimate.from_json(json.loads(energy))
    phases: dict[str, Estimate] = {}
    for window, (phase, took) in named.items():
        around = _named_around(window, parents, named)
        if around is not None and named[around][0] == phase:
            continue
        phases[phase] = phases[phase] + took if phase in phases else took
        if around is not None:
            other = named[around][0]
            phases[other] = phases[other] - took if other in phases else took * -1.0
    return phases


def _named_around(window: int, parents: Mapping[int, int | None], named: Mapping[int, object]) -> int | None:
    """The nearest window around this one that names a phase."""
    seen = {window}
    at = parents.get(window)
    while at is not None and at not in named and at not in seen:
        seen.add(at)
        at = parents.get(at)
    return at if at in named else None
