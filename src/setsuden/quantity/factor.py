"""A factor: a figure taken from somewhere, with the somewhere attached."""

from __future__ import annotations

from typing import Any

from setsuden.tuples import NamedTuple


class Factor(NamedTuple):
    """One input of a result that was looked up rather than observed.

    name      what it is, e.g. ``grid carbon intensity, Japan``
    value     in ``unit``; ``low`` and ``high`` bound 5-95 %, equal to ``value`` where the source states no spread
    source    who published it, enough for a stranger to find it; ``year`` it describes; ``licence`` of the figure
    basis     the convention behind it, where conventions differ (``lifecycle_generation``), else None
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    year: int | None = None
    licence: str | None = None
    basis: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``--json`` outputs."""
        return {
            "name": self.name,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "source": self.source,
            "year": self.year,
            "licence": self.licence,
            "basis": self.basis,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Factor:
        """The inverse of ``to_json``."""
        return cls(**data)
