"""What to do next, from what was spent: at most three sentences, the most joules at stake first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from setsuden.dashboard.settings import Settings
from setsuden.dashboard.spent import Spent
from setsuden.quantity import Estimate, Provenance

_MOST = 3
_BIG_SHARE, _WASTE_SHARE, _IDLE_SHARE, _UNTAGGED_SHARE, _MEASURED_SHARE = 0.25, 0.02, 0.4, 0.3, 0.5


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do.

    code     key of its sentence
    share    share of the energy of the period that is at stake, 0-1
    energy   the same, J
    what     the tag or name it is about; count of runs
    """

    code: str
    share: float
    energy: Estimate
    what: str = ""
    count: int = 0


def advice(found: Spent, settings: Settings) -> list[Advice]:
    """The sentences that apply, those about more joules first; what is not known where it is priced comes last."""
    whole = found.total.energy
    if whole is None or whole.value <= 0:
        return []
    chosen = sorted(_joules(found, whole), key=lambda item: -item.share)[:_MOST]
    if settings.site is None and len(chosen) < _MOST:
        chosen.append(Advice("site", 1.0, whole))
    return chosen


def _joules(found: Spent, whole: Estimate) -> Iterator[Advice]:
    def share(energy: Estimate) -> float:
        return min(1.0, energy.value / whole.value)

    lost = found.lost.energy
    if lost is not None and share(lost) >= _WASTE_SHARE:
        yield Advice("broken", share(lost), lost, count=found.lost.runs)
    biggest = found.tags[0] if found.tags else found.names[0]
    energy = biggest.tally.energy
    if energy is not None and share(energy) >= _BIG_SHARE and len(found.names) > 1:
        yield Advice("tag" if found.tags else "name", share(energy), energy, biggest.name, biggest.tally.runs)
    untagged = found.untagged.energy
    if untagged is not None and share(untagged) >= _UNTAGGED_SHARE:
        yield Advice("untagged", share(untagged), untagged, count=found.untagged.runs)
    if found.total.based_j > 0 and (idle := found.total.idle_j / found.total.based_j) >= _IDLE_SHARE:
        yield Advice("idle", idle, whole)
    measured = found.total.share(Provenance.MEASURED)
    if found.total.parts and measured < _MEASURED_SHARE:
        yield Advice("modelled", 1.0 - measured, whole)
