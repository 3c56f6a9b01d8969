"""How unsure a convention is: default centres and ranges for figures that nobody measured here."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table
from setsuden.quantity import Estimate, Factor, Provenance


@dataclass(frozen=True, slots=True)
class Default:
    """One default: ``centre`` with 5-95 % ``low`` and ``high`` in ``unit``; ``basis`` says what the range rests on."""

    id: str
    name: str
    unit: str
    centre: float
    low: float
    high: float
    distribution: str
    basis: str
    source: Source

    def factor(self, unit: str) -> Factor:
        """For a result's list of factors, in a unit that quantities know."""
        text = f"{self.source}: {self.basis}"
        return Factor(self.name, self.centre, self.low, self.high, unit, text, None, self.source.licence, self.id)

    def estimate(self, unit: str) -> Estimate:
        """As an assumed figure in ``unit``, which must be the written form of this row's unit."""
        return Estimate(self.centre, self.low, self.high, unit, Provenance.ASSUMED, None, (self.factor(unit),))


TABLE = Table("uncertainty", Default)


def default(symbol: str) -> Default:
    """The default called ``symbol``, such as ``w_dram``."""
    return TABLE.get(symbol)
