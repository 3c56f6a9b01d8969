"""Sums over many runs: joules with their ends, split by how they are known and by what they were spent on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from setsuden.dashboard.nest import Nest
from setsuden.dashboard.sharing import Shares
from setsuden.ledger.entries import Entry
from setsuden.quantity import Boundary, Estimate, Provenance, weakest

PHASES = ("train", "infer", "other")


@dataclass(slots=True)
class Sum:
    """A running sum of energies of one boundary, J: ends are added to ends, nothing is taken as independent."""

    value: float = 0.0
    low: float = 0.0
    high: float = 0.0
    weakest: Provenance = Provenance.MEASURED
    boundary: Boundary | None = None

    def add(self, energy: Estimate, share: float = 1.0) -> None:
        """So much of one more."""
        self.value += energy.value * share
        self.low += energy.low * share
        self.high += energy.high * share
        self.boundary = energy.boundary
        if energy.provenance is not self.weakest:
            self.weakest = weakest((self.weakest, energy.provenance))

    def estimate(self) -> Estimate:
        """The sum, J."""
        return Estimate(
            self.value, min(self.low, self.value), max(self.high, self.value), "J", self.weakest, self.boundary
        )


@dataclass(slots=True)
class Tally:
    """What some runs took together, each joule once.

    runs      how many there are
    adding    how many of them add joules
    shared    how many have joules that another run counts, because both watched one machine at the same time
    unknown   how many have no energy
    apart     how many are drawn around another boundary than the sum: theirs do not add up
    idle_j    what would have been drawn anyway, of the ``based_j`` joules of runs with an idle baseline
    """

    runs: int = 0
    adding: int = 0
    shared: int = 0
    unknown: int = 0
    apart: int = 0
    energy: Estimate | None = None
    parts: dict[Provenance, Estimate] = field(default_factory=dict)
    phases: dict[str, Estimate] = field(default_factory=dict)
    idle_j: float = 0.0
    based_j: float = 0.0

    def share(self, provenance: Provenance) -> float:
        """Share of the joules known so, 0-1."""
        known = sum(part.value for part in self.parts.values())
        return self.parts[provenance].value / known if known > 0 and provenance in self.parts else 0.0


def tally(entries: Iterable[Entry], shares: Shares, nest: Nest) -> Tally:
    """What ``entries`` add to a sum.

    shares   of the whole sum, of which these may be a part: parts then add up to the whole
    """
    found = Tally()
    whole, parts, phases = Sum(), {p: Sum() for p in Provenance}, {phase: Sum() for phase in PHASES}
    for entry in entries:
        found.runs += 1
        energy, share = entry.summary.energy, shares.adds.get(entry.number)
        if energy is None:
            found.unknown += not nest.within_any(entry)
            continue
        if energy.boundary != shares.boundary:
            found.apart += 1
            continue
        if share is None or share.value != energy.value:
            found.shared += 1
        if share is None:
            continue
        scale = share.value / energy.value if energy.value > 0 else 0.0
        found.adding += 1
        whole.add(share)
        for provenance, part in entry.parts.items():
            parts[provenance].add(part, scale)
        if entry.number not in nest.splits:
            nest.splits[entry.number] = split(entry, nest)
        for phase, part in nest.splits[entry.number].items():
            phases[phase].add(part, scale)
        if (dynamic := entry.summary.dynamic) is not None:
            found.based_j += share.value
            found.idle_j += max(0.0, energy.value - max(0.0, dynamic.value)) * scale
    if found.adding:
        found.energy = whole.estimate()
        found.parts = {provenance: part.estimate() for provenance, part in parts.items() if part.value > 0}
        found.phases = {phase: part.estimate() for phase, part in phases.items() if part.high > 0}
    return found


def split(entry: Entry, nest: Nest) -> dict[str, Estimate]:
    """The energy of a run by phase, J; they add up to it. What no window names a phase for is ``other``.

    A run that names none itself is split as the runs inside it are.
    """
    energy = entry.summary.energy
    assert energy is not None
    named = _named(entry, nest, 0)
    least = sum(part.value for part in named.values())
    # Windows that overlap in time count the same joules: they share what there is.
    scale = min(1.0, energy.value / least) if least > 0 else 0.0
    found = named if scale == 1.0 else {phase: part * scale for phase, part in named.items()}
    rest = energy.value - sum(part.value for part in found.values())
    if rest > 1e-9 * energy.value or not found:
        low = max(0.0, energy.low - sum(part.high for part in found.values()))
        high = max(rest, energy.high - sum(part.low for part in found.values()))
        rest = max(0.0, rest)
        other = Estimate(rest, min(low, rest), high, "J", energy.provenance, energy.boundary)
        found = {**found, "other": other}
    return found


_DEEPEST = 8


def _named(entry: Entry, nest: Nest, depth: int) -> dict[str, Estimate]:
    own = {
        phase: part if part.low >= 0 else replace(part, low=0.0)
        for phase, part in entry.phases.items()
        if phase in PHASES and part.value > 0
    }
    if own or depth >= _DEEPEST:
        return own
    sums: dict[str, Sum] = {}
    for inner in nest.inner(entry):
        for phase, part in _named(inner, nest, depth + 1).items():
            sums.setdefault(phase, Sum()).add(part)
    return {phase: part.estimate() for phase, part in sums.items()}
