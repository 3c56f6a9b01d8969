"""Shares: what each run adds to a sum, so that no joule is in it twice; kept for runs that have ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from setsuden.dashboard.nest import Nest
from setsuden.ledger import Ledger
from setsuden.ledger.entries import Entry, shares
from setsuden.ledger.overlap import clusters
from setsuden.ledger.record import RUNNING
from setsuden.quantity import Boundary, Estimate

_MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Shares:
    """What the runs of a sum add to it, J, by number; those whose joules are all in others are missing.

    boundary   around which the sum is drawn: that of most runs; runs of another one add nothing
    """

    boundary: Boundary | None
    adds: Mapping[int, Estimate]


@dataclass(slots=True)
class Sharing:
    """Finds shares; runs that ended are looked at once, however often they are asked for."""

    _kept: dict[tuple[object, ...], dict[int, Estimate]] = field(default_factory=dict)

    def of(self, ledger: Ledger, entries: Iterable[Entry]) -> Shares:
        """The shares of a sum over these runs and no others."""
        every = list(entries)
        boundary = _commonest(every)
        adds: dict[int, Estimate] = {}
        machines: dict[str, list[tuple[float, float, Entry]]] = {}
        nest = Nest(every)
        for entry in every:
            energy = entry.summary.energy
            if energy is None or energy.boundary != boundary:
                continue
            if entry.watched is not None:
                machine, begin_s, end_s = entry.watched
                machines.setdefault(machine, []).append((begin_s, end_s, entry))
            elif not nest.within_any(entry):
                adds[entry.number] = energy
        for watches in machines.values():
            for group in clusters(watches, lambda watch: watch[:2]):
                adds |= self._group(ledger, [entry for _, _, entry in group])
        return Shares(boundary, adds)

    def _group(self, ledger: Ledger, group: list[Entry]) -> dict[int, Estimate]:
        """Of runs that hang together in time."""
        if len(group) == 1:
            energy = group[0].summary.energy
            return {} if energy is None else {group[0].number: energy}
        key = tuple(entry.version for entry in group)
        if (found := self._kept.get(key)) is None:
            by_id = shares(ledger, [entry.number for entry in group]).shares
            found = {entry.number: by_id[entry.summary.id] for entry in group if entry.summary.id in by_id}
            if all(entry.summary.status != RUNNING for entry in group):
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = found
        return found


def _commonest(entries: Iterable[Entry]) -> Boundary | None:
    counts: dict[Boundary | None, int] = {}
    for entry in entries:
        if entry.summary.energy is not None:
            counts[entry.summary.energy.boundary] = counts.get(entry.summary.energy.boundary, 0) + 1
    return max(counts, key=lambda boundary: counts[boundary], default=None)
