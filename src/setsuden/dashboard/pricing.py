"""What joules mean where the machines stand: the footprint of a sum, worked out once for each."""

from __future__ import annotations

from dataclasses import dataclass, field

from setsuden.catalogue.grid import WORLD
from setsuden.dashboard.hide import cleaned
from setsuden.dashboard.settings import Settings
from setsuden.dashboard.words import DashboardWords, figure
from setsuden.footprint import Footprint, footprint
from setsuden.language.looked_up import place
from setsuden.quantity import Boundary, Estimate, Scope
from setsuden.report.formats.redaction import redaction_of

_MOST_KEPT = 4096


@dataclass(slots=True)
class Pricing:
    """Footprints at the site of the settings."""

    settings: Settings
    _kept: dict[Estimate, Footprint] = field(default_factory=dict)

    def of(self, energy: Estimate) -> Footprint:
        """Carbon and cost of an energy; facility overhead only where it has none yet and the settings say it."""
        if (found := self._kept.get(energy)) is None:
            settings = self.settings
            pue = settings.pue if _is_node(energy.boundary) else None
            found = footprint(energy, site=settings.site, pue=pue, price=settings.price)
            if settings.shared:  # figures of one's own name the file they are in
                found = cleaned(found, redaction_of({}))
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[energy] = found
        return found


def _is_node(boundary: Boundary | None) -> bool:
    return boundary is None or (boundary.scope is Scope.NODE and not boundary.network)


def price_notes(priced: Footprint, words: DashboardWords) -> list[str]:
    """What to know of the carbon and the cost, and why there is no cost where there is none."""
    notes = [*priced.notes, *(note for name, note in priced.missing.items() if name == "cost")]
    return [note.text(words.language) for note in notes]


def price_said(priced: Footprint, words: DashboardWords) -> str:
    """The carbon and, where it is known, the cost in one sentence."""
    carbon = figure(priced.total_carbon, interval=False)
    if priced.intensity.site == WORLD:
        return words("home.carbon_world", carbon=carbon)
    where = place(priced.intensity.place, words.language)
    if priced.cost is None:
        return words("home.carbon", carbon=carbon, place=where)
    return words("home.carbon_and_cost", carbon=carbon, place=where, cost=figure(priced.cost, interval=False))
