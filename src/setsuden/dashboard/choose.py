"""Which runs a list shows, in what order: by text, tag, name, machine, kind, status and date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from setsuden.dashboard.request import Request
from setsuden.dashboard.spent import day_of, machine_of
from setsuden.ledger.entries import Entry
from setsuden.ledger.nesting import own_tags
from setsuden.ledger.record import CUT_OFF, RUNNING

STATUSES = (RUNNING, "finished", "failed", "interrupted", CUT_OFF)
SORTS = ("name", "started", "status", "duration", "energy", "power")
ORDERS = ("down", "up")


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for; empty fields choose nothing out.

    text   every word of it stands in the name, id, tags or reason of failure, whatever the case
    """

    text: str
    tag: str
    name: str
    machine: str
    kind: str
    status: str
    first: date | None
    last: date | None
    sort: str
    order: str

    @classmethod
    def of(cls, request: Request) -> Choice:
        """Raises InputError for a date, status or order that is none."""
        return cls(
            text=request.one("q"),
            tag=request.one("tag"),
            name=request.one("name"),
            machine=request.one("machine"),
            kind=request.one("kind"),
            status=request.choice("status", STATUSES),
            first=request.day("from"),
            last=request.day("to"),
            sort=request.choice("sort", SORTS) or "started",
            order=request.choice("order", ORDERS) or "down",
        )


def chosen(entries: Iterable[Entry], choice: Choice, zone: tzinfo | None) -> list[Entry]:
    """The runs that meet the choice, in its order; those without a figure come last either way."""
    found = [entry for entry in entries if _meets(entry, choice, zone)]
    key = _KEYS[choice.sort]
    known = [(value, entry.number, entry) for entry in found if (value := key(entry)) is not None]
    unknown = [entry for entry in found if key(entry) is None]
    known.sort(key=lambda item: item[:2], reverse=choice.order == "down")
    return [*(entry for _, _, entry in known), *unknown]


def _meets(entry: Entry, choice: Choice, zone: tzinfo | None) -> bool:
    summary = entry.summary
    if choice.kind and summary.kind != choice.kind:
        return False
    if choice.status and summary.status != choice.status:
        return False
    if choice.name and summary.name != choice.name:
        return False
    if choice.tag and choice.tag not in own_tags(entry.summary.tags):
        return False
    if choice.machine and machine_of(entry) != choice.machine:
        return False
    if choice.first or choice.last:
        day = day_of(entry, zone)
        if (choice.first and day < choice.first) or (choice.last and day > choice.last):
            return False
    if not choice.text:
        return True
    within = " ".join((summary.name, summary.id, *summary.tags, entry.detail or "")).casefold()
    return all(word in within for word in choice.text.casefold().split())


def _power(entry: Entry) -> float | None:
    energy, seconds = entry.summary.energy, entry.summary.duration_s
    return energy.value / seconds if energy is not None and seconds else None


_KEYS: dict[str, Callable[[Entry], float | str | None]] = {
    "started": lambda entry: entry.started.timestamp(),
    "name": lambda entry: entry.summary.name.casefold(),
    "status": lambda entry: entry.summary.status,
    "duration": lambda entry: entry.summary.duration_s,
    "energy": lambda entry: entry.summary.energy.value if entry.summary.energy is not None else None,
    "power": _power,
}


def kinds_of(entries: Iterable[Entry]) -> list[str]:
    """Every kind there is, in order of the alphabet."""
    return sorted({entry.summary.kind for entry in entries})


def tags_of(entries: Sequence[Entry]) -> list[str]:
    """Every tag there is, the most used first."""
    counts: dict[str, int] = {}
    for entry in entries:
        for tag in own_tags(entry.summary.tags):
            counts[tag] = counts.get(tag, 0) + 1
    return sorted(counts, key=lambda tag: (-counts[tag], tag))
