"""Which runs lie inside which, by the tag that says so."""

from __future__ import annotations

from collections.abc import Iterable

from setsuden.ledger.entries import Entry
from setsuden.ledger.nesting import outer_of
from setsuden.quantity import Estimate


class Nest:
    """Over some runs.

    splits   the energy of a run by phase, by its number, once somebody has asked for it
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_id = {entry.summary.id: entry for entry in entries}
        self.splits: dict[int, dict[str, Estimate]] = {}
        self._inner: dict[str, list[Entry]] = {}
        for entry in self._by_id.values():
            if (outer := outer_of(entry.summary.tags)) is not None:
                self._inner.setdefault(outer, []).append(entry)

    def inner(self, entry: Entry) -> list[Entry]:
        """The runs directly inside."""
        return self._inner.get(entry.summary.id, [])

    def within_any(self, entry: Entry) -> bool:
        """Whether a run around this one, at any depth, has energy."""
        seen = {entry.summary.id}
        at = outer_of(entry.summary.tags)
        while at is not None and at not in seen and (around := self._by_id.get(at)) is not None:
            if around.summary.energy is not None:
                return True
            seen.add(at)
            at = outer_of(around.summary.tags)
        return False
