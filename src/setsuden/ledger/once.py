"""No joule twice: what runs add up to where several watched one machine at the same time.

A counted channel shows a whole part of a machine, whoever asks: each rank of a training on four cards, and each of two
meters that are open at once, has all the joules of the processor. So of every part of a machine the time that several
runs share is counted by one of them (``overlap``). What a run watches alone, its own cards or its own container, adds
up.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from setsuden.language import Language
from setsuden.language.flag_text import told
from setsuden.ledger.around import counts_around
from setsuden.ledger.channel import energy_between
from setsuden.ledger.measurement import Flag
from setsuden.ledger.nesting import outermost
from setsuden.ledger.overlap import Span, Tail, after, begins, clusters, raised
from setsuden.ledger.record import RunSummary, Stretch, stretches_of
from setsuden.quantity import Estimate, render, total

COUNTED_ONCE = "SET-COUNTED-ONCE"
COUNTED_BY_TIME = "SET-COUNTED-BY-TIME"

_CARDS = ("gpu", "accelerator")
_NO_SAMPLES = 0.999  # two samples that are so far apart, as a share of the run, are its first and its last
_KIND, _STARTED, _WRITER, _SUMMARY = 2, 5, 9, 14  # places in a row of the table ``runs``


@dataclass(frozen=True, slots=True)
class Total:
    """What some runs took together.

    runs      in the order given
    shares    by id what a run adds, J; a run is missing where others hold all its joules, and where its own are unknown
    unknown   ids of the runs whose energy is unknown; one that began within another of them need not be known
    inner     ids of the runs that began within another of them and add nothing
    flags     what was counted once, and how
    """

    runs: tuple[RunSummary, ...]
    shares: Mapping[str, Estimate]
    unknown: tuple[str, ...]
    inner: frozenset[str]
    flags: tuple[Flag, ...] = ()

    @property
    def energy(self) -> Estimate | None:
        """All of it, J; None where there is no run, or the energy of one is unknown.

        Raises BoundaryError for runs drawn around different boundaries.
        """
        return total(self.shares.values()) if self.shares and not self.unknown else None

    def to_json(self, language: Language) -> dict[str, Any]:
        """Schema ``runs``, field ``total``."""
        energy = self.energy
        return {
            "runs": len(self.runs),
            "energy": None if energy is None else energy.to_json(),
            "unknown": list(self.unknown),
            "flags": [{"code": flag.code, "detail": told(flag, language)} for flag in self.flags],
        }


def add_up(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]], runs: Sequence[RunSummary]) -> Total:
    """The sum over some runs.

    rows   of the table ``runs``, columns as ``lookup.COLUMNS`` names them
    runs   their summaries, in the same order
    """
    shares = {run.id: run.energy for run in runs if run.energy is not None}
    machines: dict[str, list[Watch]] = defaultdict(list)
    for row, run in zip(rows, runs, strict=True):
        if (watch := watch_of(row, run)) is not None:
            machines[watch.machine].append(watch)
    told = _Told()
    for watches in machines.values():
        for group in clusters(watches, lambda watch: (watch.begin_s, watch.end_s)):
            if len(group) > 1:
                _share(connection, group, shares, told)
    outer = set(outermost({run.id: run.tags for run in runs}))
    unknown = tuple(run.id for run in runs if run.energy is None and run.id in outer)
    inner = frozenset(run.id for run in runs if run.id not in outer and run.id not in shares)
    return Total(tuple(runs), shares, unknown, inner, tuple(told.flags()))


@dataclass(slots=True)
class _Told:
    """What there is to say about a sum, gathered from group to group."""

    runs: int = 0
    once: list[Estimate] = field(default_factory=list)
    by_time: int = 0

    def flags(self) -> Iterator[Flag]:
        if self.once:
            energy = render(total(self.once), interval=False)
            yield Flag(
                COUNTED_ONCE,
                f"{self.runs} of the runs watched one machine at the same time: {energy} were counted by more than one "
                "of them and are in the sum once.",
            )
        if self.by_time:
            yield Flag(
                COUNTED_BY_TIME,
                f"{self.by_time} of the runs have no samples where they overlap with another: split by time, with an "
                "interval from all to nothing shared.",
            )


@dataclass(frozen=True, slots=True)
class Watch:
    """A run and where it watched: equal ``machine`` means one machine and one clock.

    scope     what holds for a modelled processor: the namespace of its process, and its group of processes
    clock_s   what its own elapsed clock lags behind that of ``begin_s`` and ``end_s``
    """

    row: tuple[Any, ...]
    run: RunSummary
    machine: str
    scope: tuple[str | None, str | None]
    begin_s: float
    end_s: float
    clock_s: float


def watch_of(row: tuple[Any, ...], run: RunSummary) -> Watch | None:
    """None where nothing says which machine it was: an imported run does not know the instrument behind it."""
    if run.energy is None or run.extent_s is None or row[_KIND] == "import":
        return None
    writer = json.loads(row[_WRITER])
    scope = writer.get("pid_namespace"), writer.get("cgroup")
    begin_s, end_s = run.extent_s
    if writer.get("boot"):  # all its processes share the elapsed clock
        return Watch(row, run, writer["boot"], scope, begin_s, end_s, 0.0)
    if not writer.get("host"):
        return None
    clock_s = datetime.fromisoformat(row[_STARTED]).timestamp() - begin_s
    return Watch(row, run, writer["host"], scope, begin_s + clock_s, end_s + clock_s, clock_s)


def _share(connection: sqlite3.Connection, group: Sequence[Watch], shares: dict[str, Estimate], told: _Told) -> None:
    """Take off ``shares`` what runs of one machine that overlap in time counted a second time."""
    looks = _Looks(connection, {watch.row[0]: watch.clock_s for watch in group})
    by_part: dict[Hashable, list[Span]] = defaultdict(list)
    for span in _spans(group, looks):
        by_part[span.part].append(span)
    kept: dict[int, list[Estimate]] = defaultdict(list)
    changed: set[int] = set()
    involved: set[int] = set()
    for spans in by_part.values():
        parts = list(_kept(spans, looks))
        for span, part in zip(spans, parts, strict=True):
            if part is not None:
                kept[span.run].append(part)
            if part is not span.gross:
                changed.add(span.run)
        if any(part is not span.gross for span, part in zip(spans, parts, strict=True)):
            involved |= {span.run for span in spans}
    if not changed:
        return
    ids = {watch.row[0]: watch.run.id for watch in group if watch.row[0] in changed}
    before = total(shares.pop(name) for name in ids.values())
    shares.update({name: total(kept[number]) for number, name in ids.items() if kept[number]})
    left = [shares[name] for name in ids.values() if name in shares]
    told.runs += len(involved)
    told.once.append(before - total(left) if left else before)
    told.by_time += len(looks.by_time)


def _kept(spans: Sequence[Span], looks: _Looks) -> Iterator[Estimate | None]:
    """What each span of one part adds: its very ``gross`` where it shares nothing, None where it adds nothing."""
    kept = [
        None if begin_s is None else span.gross if begin_s == span.start_s else after(span, looks.tail(span, begin_s))
        for span, begin_s in zip(spans, begins(spans), strict=True)
    ]
    largest, short_j = raised([part for part in kept if part is not None], spans)
    for place, part in enumerate(kept):
        yield _more(part, short_j, spans[place].gross) if place == largest and short_j > 0 else part


def _more(part: Estimate | None, joules: float, like: Estimate) -> Estimate:
    """So much more of it; the lower end stays, because another reading says less."""
    low, value, high = (part.low, part.value, part.high) if part is not None else (0.0, 0.0, 0.0)
    value += joules
    return Estimate(value, low, max(high, value), like.unit, like.provenance, like.boundary, like.factors)


def _spans(group: Sequence[Watch], looks: _Looks) -> Iterator[Span]:
    """What each run of a group counted, by part of the machine."""
    counted = {watch.row[0]: list(_counted(watch, looks)) for watch in group}
    measured = {
        (watch.scope[0], component)
        for watch in group
        for channel, component, *_ in counted[watch.row[0]]
        if not _modelled(channel, component)
    }
    apart = len({watch.scope for watch in group}) > 1  # only then it matters whether a container has its own share
    for watch in group:
        number, boundary = watch.row[0], watch.run.energy.boundary if watch.run.energy is not None else None
        parts: dict[tuple[Hashable, float, float], tuple[list[str], list[Estimate]]] = {}
        for channel, component, begin_s, end_s, gross in counted[number]:
            part: Hashable = channel.partition("/")[2] or channel if component in _CARDS else component
            if component == "other":
                part = channel
            elif _modelled(channel, component) and apart and (watch.scope[0], component) not in measured:
                part = component, watch.scope if looks.limited(number) else watch.scope[0]
            names, joules = parts.setdefault((part, begin_s, end_s), ([], []))
            names.append(channel)
            joules.append(gross.within(boundary))
        for (part, begin_s, end_s), (names, joules) in parts.items():
            yield Span(number, tuple(names), part, begin_s + watch.clock_s, end_s + watch.clock_s, total(joules))


def _modelled(channel: str, component: str) -> bool:
    """Whether it stands for what the run's own container may use, not for a part that a sensor watches."""
    return channel.startswith("model/") and component not in _CARDS


def _counted(watch: Watch, looks: _Looks) -> Iterator[tuple[str, str, float, float, Estimate]]:
    """Channel, component, begin, end and joules of what entered the total of a run."""
    if watch.row[_SUMMARY] is not None:
        assert watch.run.extent_s is not None
        for part in json.loads(watch.row[_SUMMARY])["channels"]:
            if part["counted"]:
                yield part["channel"], part["component"], *watch.run.extent_s, Estimate.from_json(part["gross"])
        return
    for stretch in looks.stretches(watch.row[0]):
        if stretch.channel.counted and stretch.ends:
            first, last = stretch.ends
            joules = energy_between(stretch.channel, first, last)
            yield stretch.channel.id, stretch.channel.component, first.t_s, last.t_s, joules


class _Looks:
    """What has to be looked up in channels and samples, each no more than once."""

    def __init__(self, connection: sqlite3.Connection, clocks: Mapping[int, float]) -> None:
        self._connection, self._clocks = connection, clocks
        self._stretches: dict[int, list[Stretch]] = {}
        self.by_time: set[int] = set()

    def stretches(self, number: int) -> list[Stretch]:
        """The channels of a run, by position."""
        if number not in self._stretches:
            self._stretches[number] = stretches_of(self._connection, number)
        return self._stretches[number]

    def limited(self, number: int) -> bool:
        """Whether its modelled processor is the share of a container, which only its own processes keep busy."""
        factors = (factor for stretch in self.stretches(number) for factor in stretch.channel.factors)
        return any(factor.source.endswith(" CPUs") for factor in factors)

    def tail(self, span: Span, at_s: float) -> Tail:
        """What a span counted after a moment inside it, off its samples; without any, by the share of the time."""
        found = [self._tail(span, channel, at_s) for channel in span.channels]
        if None in found:
            self.by_time.add(span.run)
            return Tail(span.gross.value * (span.end_s - at_s) / (span.end_s - span.start_s), 0.0, span.gross.value)
        return Tail(*(max(0.0, sum(column)) for column in zip(*filter(None, found), strict=True)))

    def _tail(self, span: Span, channel: str, at_s: float) -> Tail | None:
        """Between the samples around a moment; None where there are none inside the span."""
        t_s = at_s - self._clocks[span.run]
        found = counts_around(self._connection, span.run, channel, t_s)
        if found is None:
            return None
        below, above, last = found
        seconds = above.t_s - below.t_s
        if seconds >= _NO_SAMPLES * (span.end_s - span.start_s):
            return None
        share = (t_s - below.t_s) / seconds if seconds > 0 else 0.0
        counted_j = below.energy_j + share * (above.energy_j - below.energy_j)
        return Tail(*(last.energy_j - joules for joules in (counted_j, above.energy_j, below.energy_j)))
