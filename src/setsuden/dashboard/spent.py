"""Spent: what a ledger's runs took in a period, by time, by tag, by what was run, by machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from setsuden.dashboard.nest import Nest
from setsuden.dashboard.period import Period, Step, start_of, starts, step_for
from setsuden.dashboard.sharing import Shares, Sharing
from setsuden.dashboard.tally import Tally, tally
from setsuden.ledger import Ledger
from setsuden.ledger.entries import Entry
from setsuden.ledger.nesting import own_tags
from setsuden.ledger.record import CUT_OFF, RUNNING

BROKEN_OFF = ("failed", "interrupted", CUT_OFF)


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that have something in common."""

    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Column:
    """The runs that began in one day, week or month."""

    start: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class Spent:
    """Everything the first page says.

    entries    of the period, newest first
    columns    every step from the first run to the last, also those without a run
    tags, names, machines   most energy first; a run with two tags is in both groups
    running, broken_off     of the period, newest first; running ones whenever they began
    ever       how many runs the ledger holds
    """

    period: Period
    step: Step
    entries: Sequence[Entry]
    total: Tally
    columns: Sequence[Column]
    tags: Sequence[Group]
    untagged: Tally
    names: Sequence[Group]
    machines: Sequence[Group]
    running: Sequence[Entry]
    broken_off: Sequence[Entry]
    lost: Tally
    ever: int


def day_of(entry: Entry, zone: tzinfo | None) -> date:
    """The day a run began, on the clocks of ``zone``; None: this machine's."""
    return entry.started.astimezone(zone).date()


def spent(
    ledger: Ledger,
    entries: Mapping[int, Entry],
    period: Period,
    wanted: Step | None,
    zone: tzinfo | None,
    sharing: Sharing,
) -> Spent:
    """What was spent in ``period``.

    entries   all of the ledger, as they are shown
    wanted    days, weeks or months; None: what suits the span
    """
    every = list(entries.values())
    nest, shares = Nest(every), sharing.of(ledger, every)
    days = {entry.number: day_of(entry, zone) for entry in every}
    inside = [entry for entry in every if period.holds(days[entry.number])]
    broken = [entry for entry in inside if entry.summary.status in BROKEN_OFF]

    def whole(some: Iterable[Entry]) -> Tally:
        return tally(some, shares, nest)

    step, columns = _columns(inside, days, wanted, whole)
    return Spent(
        period=period,
        step=step,
        entries=inside,
        total=whole(inside),
        columns=columns,
        tags=_tags(inside, every, nest, lambda some: sharing.of(ledger, some)),
        untagged=whole(entry for entry in inside if entry.number in shares.adds and not _tagged(entry, nest)),
        names=_groups(inside, shares, lambda entry: entry.summary.name, whole),
        machines=_groups(inside, shares, machine_of, whole),
        running=[entry for entry in every if entry.summary.status == RUNNING],
        broken_off=broken,
        lost=tally(broken, sharing.of(ledger, [e for e in every if e.summary.status in BROKEN_OFF]), nest),
        ever=len(every),
    )


def machine_of(entry: Entry) -> str:
    """Its name, else its processor; empty where nobody said."""
    return str(entry.identity.get("host") or entry.processor)


def _tagged(entry: Entry, nest: Nest) -> bool:
    return any(own_tags(one.summary.tags) for one in (entry, *nest.inner(entry)))


def _groups(
    inside: Iterable[Entry], shares: Shares, key: Callable[[Entry], str], whole: Callable[[list[Entry]], Tally]
) -> list[Group]:
    """Runs that add joules, each in one group, so that groups add up to the whole."""
    members: dict[str, list[Entry]] = {}
    for entry in inside:
        if entry.number in shares.adds:
            members.setdefault(key(entry), []).append(entry)
    return _ordered(Group(name, whole(some)) for name, some in members.items())


def _tags(
    inside: Iterable[Entry], every: Iterable[Entry], nest: Nest, shares_of: Callable[[list[Entry]], Shares]
) -> list[Group]:
    """All runs of a tag, also those inside a run without it; what two of the tag watched together is added once."""
    tagged: dict[str, list[Entry]] = {}
    for entry in every:
        for tag in own_tags(entry.summary.tags):
            tagged.setdefault(tag, []).append(entry)
    members: dict[str, list[Entry]] = {}
    for entry in inside:
        for tag in own_tags(entry.summary.tags):
            members.setdefault(tag, []).append(entry)
    return _ordered(Group(tag, tally(some, shares_of(tagged[tag]), nest)) for tag, some in members.items())


def _ordered(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (-_joules(group.tally), group.name))


def _joules(found: Tally) -> float:
    return found.energy.value if found.energy is not None else 0.0


def _columns(
    entries: Sequence[Entry], days: Mapping[int, date], wanted: Step | None, whole: Callable[[list[Entry]], Tally]
) -> tuple[Step, list[Column]]:
    if not entries:
        return wanted or "day", []
    first, last = (end(days[entry.number] for entry in entries) for end in (min, max))
    step = step_for(first, last, wanted)
    members: dict[date, list[Entry]] = {start: [] for start in starts(first, last, step)}
    for entry in entries:
        members[start_of(days[entry.number], step)].append(entry)
    return step, [Column(start, whole(some)) for start, some in members.items()]
