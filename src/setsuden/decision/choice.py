"""The choice by best figures: the cheapest option that keeps every constraint. No chance is involved here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from setsuden.decision.option import Constraint, Direction, Objective, Option
from setsuden.decision.pareto import front
from setsuden.errors import InputError
from setsuden.quantity import Estimate, total, unit


class Table:
    """Best figures of all options under one scenario, ready to be asked.

    options     unique and ordered by id
    units       the unit each metric is compared in: that of the first option that knows it
    figures     metric -> one Estimate or None per option
    """

    def __init__(self, options: Sequence[Option], metrics: Sequence[str], weights: Mapping[str, Estimate]) -> None:
        self.options = tuple(options)
        self.weights = dict(weights)
        self.figures: dict[str, list[Estimate | None]] = {}
        self.units: dict[str, str] = {}
        for metric in metrics:
            known = [option.value_of(metric, weights) for option in self.options]
            first = next((figure for figure in known if figure is not None), None)
            if first is None:
                self.units[metric] = "1"
                self.figures[metric] = known
                continue
            for figure in known:
                if figure is not None and figure.boundary != first.boundary:
                    total((first, figure))  # raises the BoundaryError that names both
            self.units[metric] = first.unit
            self.figures[metric] = [figure and _in(first.unit, figure) for figure in known]

    def values(self, metric: str, direction: Direction) -> NDArray[np.float64]:
        """Best figures per option, signed so that small is good; inf where unknown."""
        sign = 1.0 if direction == "min" else -1.0
        return np.array([math.inf if figure is None else sign * figure.value for figure in self.figures[metric]])

    def meets(self, constraint: Constraint, limit: float | None = None) -> NDArray[np.bool_]:
        """Which options keep the constraint, by best figure; an unknown figure does not."""
        sign = 1.0 if constraint.kind == "at_most" else -1.0
        bound = sign * (constraint.limit if limit is None else limit)
        return self.values(constraint.metric, constraint.wants) <= bound

    def feasible(self, constraints: Sequence[Constraint]) -> NDArray[np.bool_]:
        """Which options keep all constraints, by best figures."""
        keeps = np.ones(len(self.options), dtype=np.bool_)
        for constraint in constraints:
            keeps &= self.meets(constraint)
        return keeps

    def criteria(self, objective: Objective, constraints: Sequence[Constraint]) -> NDArray[np.float64]:
        """Values (options, metrics) to be made small: the objective, then each constrained metric once."""
        return np.stack([self.values(*pair) for pair in criteria(objective, constraints)], axis=1)


def criteria(objective: Objective, constraints: Sequence[Constraint]) -> list[tuple[str, Direction]]:
    """Metrics that matter and which way: the objective, then what is constrained."""
    pairs: dict[str, Direction] = {objective.metric: objective.direction}
    for constraint in constraints:
        if pairs.setdefault(constraint.metric, constraint.wants) != constraint.wants:
            raise InputError(
                "a metric is limited from both sides or against the objective",
                place=constraint.called,
                value=constraint.metric,
                remedy="Give the second wish as a metric of its own.",
            )
    return list(pairs.items())


def choose(costs: NDArray[np.float64], feasible: NDArray[np.bool_], values: NDArray[np.float64]) -> int | None:
    """Row of the cheapest feasible option; None when there is none.

    costs    shape (options,), to be made small; inf where unknown, which is never chosen
    values   shape (options, metrics), to be made small. Among equally cheap options one that no other of them beats on
             these is taken, then the first.
    """
    priced = np.where(feasible, costs, np.inf)
    cheapest = priced.min(initial=np.inf)
    if not np.isfinite(cheapest):
        return None
    tied = np.flatnonzero(priced == cheapest)
    return int(tied[np.argmax(front(values[tied]))]) if tied.size > 1 else int(tied[0])


def linear_in(
    option: Option, metric: str, weight: str, weights: Mapping[str, Estimate], unit_text: str
) -> tuple[float, float] | None:
    """(fixed, slope) of a metric as a function of one weight's value, in ``unit_text``; None where it is unknown."""
    found = option.metrics.get(metric)
    if found is None:
        return None
    if isinstance(found, Estimate):
        return _in(unit_text, found).value, 0.0
    fixed = slope = 0.0
    for part in found.parts:
        if part.weight == weight:
            scale = (unit(part.figure.unit) * unit(weights[weight].unit)).factor_to(unit(unit_text))
            slope += part.figure.value * scale
        else:
            figure = part.figure if part.weight is None else part.figure * weights[part.weight]
            fixed += _in(unit_text, figure).value
    return fixed, slope


def _in(unit_text: str, figure: Estimate) -> Estimate:
    return figure if figure.unit == unit_text else figure.to(unit_text)
