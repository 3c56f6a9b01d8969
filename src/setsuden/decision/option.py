"""What is chosen between: options with figures, the limits they must keep, the one figure to make small or large."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from setsuden.errors import InputError
from setsuden.quantity import Estimate, total

Direction: TypeAlias = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Part:
    """One term of a composite metric: a figure, times a weight that all options share.

    figure   e.g. joules per request
    weight   name of the multiplier (``expected_requests``), looked up in the scenario; None for 1
    source   what the figure was read from; parts with one source are one unknown and are drawn together, also across
             options. None makes the figure the option's own.
    """

    figure: Estimate
    weight: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Composite:
    """A metric that is a sum of parts: ``trainings x J/training + requests x J/request``."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise InputError("a composite metric needs at least one part")

    def at(self, weights: Mapping[str, Estimate]) -> Estimate:
        """The sum under these weights; its interval encloses every combination of the parts."""
        return total(
            part.figure if part.weight is None else part.figure * weight_of(part.weight, weights) for part in self.parts
        )


Metric: TypeAlias = Estimate | Composite


def weight_of(name: str, weights: Mapping[str, Estimate]) -> Estimate:
    """The weight of that name, or InputError that lists those given."""
    if name not in weights:
        raise InputError(f"no weight {name!r}", remedy=f"Given: {', '.join(sorted(weights)) or 'none'}.")
    return weights[name]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be chosen.

    id          unique; two options with one id must be equal
    metrics     figures by name; leave out what is unknown. An unknown figure meets no constraint and counts as the
                worst possible when options are compared.
    attributes  what it consists of (``model``, ``batch_size``), used to say how sure each ingredient is
    """

    id: str
    metrics: Mapping[str, Metric]
    label: str = ""
    attributes: Mapping[str, str | int | float | None] = field(default_factory=dict)

    def value_of(self, metric: str, weights: Mapping[str, Estimate]) -> Estimate | None:
        """The figure under these weights; None where it is unknown."""
        found = self.metrics.get(metric)
        return found.at(weights) if isinstance(found, Composite) else found


@dataclass(frozen=True, slots=True)
class Constraint:
    """A limit on a metric, in the unit of that metric, the limit itself allowed.

    name   how the limit is called when a decision hinges on it (``accuracy_floor``); the metric where None
    """

    metric: str
    limit: float
    kind: Literal["at_most", "at_least"]
    name: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("at_most", "at_least"):
            raise InputError("unknown kind of constraint", value=self.kind, remedy="Use at_most or at_least.")
        if not math.isfinite(self.limit):
            raise InputError(
                "a limit must be a finite number",
                place=self.called,
                value=self.limit,
                remedy="Leave out a constraint that does not bind.",
            )

    @property
    def called(self) -> str:
        """Its name, or the metric's."""
        return self.name or self.metric

    @property
    def wants(self) -> Direction:
        """The direction in which it becomes easier to meet."""
        return "min" if self.kind == "at_most" else "max"


@dataclass(frozen=True, slots=True)
class Objective:
    """The figure to make small (``min``) or large (``max``)."""

    metric: str
    direction: Direction = "min"

    def __post_init__(self) -> None:
        if self.direction not in ("min", "max"):
            raise InputError("unknown direction", value=self.direction, remedy="Use min or max.")


def unique(options: Iterable[Option]) -> tuple[Option, ...]:
    """Each option once, ordered by id, so that neither order nor repetition of the input can matter."""
    by_id: dict[str, Option] = {}
    for option in options:
        if by_id.setdefault(option.id, option) != option:
            raise InputError("two different options have the same id", value=option.id, remedy="Give each its own id.")
    return tuple(by_id[key] for key in sorted(by_id))
