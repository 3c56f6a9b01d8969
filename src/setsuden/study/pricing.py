"""Carbon and cost of a forecast, where the user said the machine stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from setsuden.footprint import Footprint, footprint
from setsuden.footprint.document import document
from setsuden.quantity import Estimate, Factor, merged_factors

_DRAWS = 4000  # per forecast; enough for two digits of an interval


@dataclass(slots=True)
class Pricer:
    """Prices joules at one site and remembers the factors that entered.

    site    code of a grid or a cloud region; None takes the world average, which the footprint marks as assumed
    price   of a kWh as the user stated it; None takes the site's where an open one is known
    """

    site: str | None
    price: Estimate | None = None
    factors: tuple[Factor, ...] = field(default=())

    def __call__(self, energy: Estimate) -> tuple[Estimate | None, Estimate | None]:
        """Carbon in gCO2e and cost in the currency of the site; cost is None where no price is known."""
        priced = self.footprint(energy)
        return priced.operational_carbon.to("gCO2e"), priced.cost

    def footprint(self, energy: Estimate) -> Footprint:
        """Everything that these joules mean at the site."""
        priced = footprint(energy, site=self.site, price=self.price, draws=_DRAWS)
        self.factors = merged_factors(self.factors, priced.factors)
        return priced

    def document(self, energy: Estimate) -> dict[str, Any]:
        """The ``footprint`` part of the pilot document, its words in English."""
        return document(self.footprint(energy))
