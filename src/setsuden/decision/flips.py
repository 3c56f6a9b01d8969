"""What would change the recommendation: the nearest value of each assumption at which another option takes over.

Exact, by best figures. A constraint acts in steps, so only the figures of the options can be turning points. A weight
acts linearly on every composite metric, so only crossings of straight lines can be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from setsuden.decision.choice import Table, choose, criteria, linear_in
from setsuden.decision.option import Composite, Constraint, Objective, Option


@dataclass(frozen=True, slots=True)
class Flip:
    """The nearest change of one assumption, in one direction, that changes the recommendation.

    factor      name of the constraint or of the weight
    current     its value now
    turns_at    where the recommendation changes; beyond it in ``direction`` (for a constraint that is loosened: at it)
    direction   ``up`` or ``down``
    becomes     id of the option that takes over; None when nothing is feasible any more
    """

    factor: str
    current: float
    turns_at: float
    direction: Literal["up", "down"]
    becomes: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain data: ``factor``, ``from``, ``to``, ``direction``, ``becomes``."""
        return {
            "factor": self.factor,
            "from": self.current,
            "to": self.turns_at,
            "direction": self.direction,
            "becomes": self.becomes,
        }


def constraint_flips(table: Table, objective: Objective, constraints: Sequence[Constraint]) -> tuple[Flip, ...]:
    """Nearest turning points of every limit, each moved alone."""
    now = _chosen(table, objective, constraints)
    flips = []
    for index, constraint in enumerate(constraints):
        figures = {figure.value for figure in table.figures[constraint.metric] if figure is not None}
        for direction in ("down", "up"):
            flip = _moved_limit(table, objective, constraints, index, sorted(figures), direction, now)
            if flip is not None:
                flips.append(flip)
    return tuple(flips)


def _moved_limit(
    table: Table,
    objective: Objective,
    constraints: Sequence[Constraint],
    index: int,
    figures: Sequence[float],
    direction: Literal["up", "down"],
    now: str | None,
) -> Flip | None:
    constraint = constraints[index]
    loosening = (direction == "up") == (constraint.kind == "at_most")
    beyond = math.inf if direction == "up" else -math.inf
    ahead = [v for v in figures if v != constraint.limit and (v > constraint.limit) == (direction == "up")]
    if not loosening and constraint.limit in figures:
        ahead.append(constraint.limit)  # the limit is the option's own figure: the least tightening drops it
    for figure in sorted(ahead, reverse=direction == "down"):
        # An option is admitted when the limit reaches its figure, and dropped when the limit has passed it.
        limit = figure if loosening else math.nextafter(figure, beyond)
        moved = [replace(c, limit=limit) if i == index else c for i, c in enumerate(constraints)]
        becomes = _chosen(table, objective, moved)
        if becomes != now:
            # An option whose figure nobody knows might still keep the limit: then nobody knows that none does.
            unknown = becomes is None and None in table.figures[constraint.metric]
            return None if unknown else Flip(constraint.called, constraint.limit, figure, direction, becomes)
    return None


def weight_flips(table: Table, objective: Objective, constraints: Sequence[Constraint]) -> tuple[Flip, ...]:
    """Nearest turning points of every weight that enters, each moved alone between zero and infinity."""
    flips = []
    for name in _used(table.options, table.units):
        lines = _Lines(table, objective, constraints, name)
        at = table.weights[name].value
        points = sorted(point for point in lines.turning_points() if point > 0)
        for direction, walk in (
            ("down", [p for p in reversed(points) if p < at] + [0.0]),
            ("up", [p for p in points if p > at] + [math.inf]),
        ):
            flip = lines.first_change(walk, at, "up" if direction == "up" else "down")
            if flip is not None:
                flips.append(flip)
    return tuple(flips)


class _Lines:
    """All figures as straight lines over one weight."""

    def __init__(self, table: Table, objective: Objective, constraints: Sequence[Constraint], name: str) -> None:
        self.table, self.objective, self.constraints, self.name = table, objective, constraints, name
        self.lines: dict[str, list[tuple[float, float] | None]] = {
            metric: [linear_in(option, metric, name, table.weights, unit) for option in table.options]
            for metric, unit in table.units.items()
        }
        self.pairs = criteria(objective, constraints)
        self.now = self.chosen(table.weights[name].value)

    def turning_points(self) -> Iterable[float]:
        """Where the chosen option meets another one, and where any option meets a limit."""
        for constraint in self.constraints:
            for line in self.lines[constraint.metric]:
                if line is not None and line[1] != 0:
                    yield (constraint.limit - line[0]) / line[1]
        if self.now is not None:
            costs = self.lines[self.objective.metric]
            mine = costs[self.now]
            for other in costs:
                if mine is not None and other is not None and other[1] != mine[1]:
                    yield (other[0] - mine[0]) / (mine[1] - other[1])

    def first_change(self, walk: Sequence[float], at: float, direction: Literal["up", "down"]) -> Flip | None:
        """Look into each stretch between turning points; a change of choice happens at the start of its stretch."""
        start = at
        for end in walk:
            inside = 2 * start + 1 if math.isinf(end) else (start + end) / 2
            becomes = self.chosen(inside)
            if becomes != self.now:
                name = None if becomes is None else self.table.options[becomes].id
                return Flip(self.name, at, start, direction, name)
            start = end
        return None

    def chosen(self, weight: float) -> int | None:
        """Row of the choice when the weight has this value."""
        columns = {}
        for metric, direction in self.pairs:
            sign = 1.0 if direction == "min" else -1.0
            lines = self.lines[metric]
            columns[metric] = np.array([math.inf if ab is None else sign * (ab[0] + ab[1] * weight) for ab in lines])
        feasible = np.ones(len(self.table.options), dtype=np.bool_)
        for constraint in self.constraints:
            sign = 1.0 if constraint.kind == "at_most" else -1.0
            feasible &= columns[constraint.metric] <= sign * constraint.limit
        values = np.stack(list(columns.values()), axis=1)
        return choose(values[:, 0], feasible, values)


def _used(options: Iterable[Option], metrics: Iterable[str]) -> list[str]:
    wanted = set(metrics)
    names = {
        part.weight
        for option in options
        for metric, found in option.metrics.items()
        if metric in wanted and isinstance(found, Composite)
        for part in found.parts
        if part.weight is not None
    }
    return sorted(names)


def _chosen(table: Table, objective: Objective, constraints: Sequence[Constraint]) -> str | None:
    row = choose(
        table.values(objective.metric, objective.direction),
        table.feasible(constraints),
        table.criteria(objective, constraints),
    )
    return None if row is None else table.options[row].id
