"""Options for tests, in the fewest words."""

from __future__ import annotations

from hypothesis import strategies as st

from setsuden.decision import Composite, Constraint, Objective, Option, Part
from setsuden.quantity import NODE, Estimate, Provenance

ENERGY = Objective("energy")


def joules(value: float, spread: float = 0.0, unit: str = "J") -> Estimate:
    return Estimate.relative(value, spread, unit, Provenance.MEASURED, NODE)


def share(value: float, spread: float = 0.0) -> Estimate:
    return Estimate.relative(value, spread, "1", Provenance.MEASURED)


def option(name: str, energy: float, accuracy: float = 0.9, *, spread: float = 0.0) -> Option:
    return Option(name, {"energy": joules(energy, spread), "accuracy": share(accuracy)})


def serving(name: str, train: float, per_request: float, *, spread: float = 0.0, accuracy: float = 0.9) -> Option:
    """Energy = train + requests x per_request."""
    parts = (Part(joules(train, spread)), Part(joules(per_request, spread, "J/request"), "requests"))
    return Option(name, {"energy": Composite(parts), "accuracy": share(accuracy)})


def requests(n: float, spread: float = 0.0) -> dict[str, Estimate]:
    return {"requests": Estimate.relative(n, spread, "request", Provenance.ASSUMED)}


def floor(limit: float) -> Constraint:
    return Constraint("accuracy", limit, "at_least", "accuracy_floor")


def option_lists(min_size: int = 1, max_size: int = 8, spread: float = 0.0) -> st.SearchStrategy[list[Option]]:
    """Options with few distinct figures, so that ties and dominated options are common."""
    pair = st.tuples(st.integers(1, 6), st.integers(1, 6))
    return st.lists(pair, min_size=min_size, max_size=max_size).map(
        lambda pairs: [option(f"o{i}", float(e), a / 10, spread=spread) for i, (e, a) in enumerate(pairs)]
    )
