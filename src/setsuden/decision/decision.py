"""A decision as data: what was found about each option, what to choose, how sure, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from setsuden.decision.flips import Flip
from setsuden.decision.information import Information
from setsuden.decision.option import Constraint, Objective, Option
from setsuden.errors import InputError
from setsuden.quantity import Estimate

Confidence = Literal["clear", "likely", "too-close", "none-feasible"]

CLEAR = 0.9
"""From this probability of being the best feasible option on, a recommendation is called clear."""
LIKELY = 0.6
"""From this probability on it is called likely; below, too close to call."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A constraint an option does not keep by its best figure; ``value`` is None where the figure is unknown."""

    constraint: str
    value: float | None
    limit: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """One option under one scenario.

    figures                the metrics that matter; None where unknown
    feasible               keeps every constraint by its best figures; ``violations`` says which not
    feasible_probability   share of draws in which it keeps them all
    on_front               on the Pareto front by best figures; ``front_probability`` is the share of draws
    best_probability       share of draws in which it is the cheapest of the options feasible in that draw
    expected_regret        mean cost above the cheapest of the options that are feasible by best figures, with the
                           5-95 % range over draws; None for an option that is not feasible
    """

    option: Option
    figures: Mapping[str, Estimate | None]
    feasible: bool
    violations: tuple[Violation, ...]
    feasible_probability: float
    on_front: bool
    front_probability: float
    best_probability: float
    expected_regret: Estimate | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A limited figure that is too uncertain to say whether its option keeps the limit.

    metric, option   which figure of which option; ``probability`` that it keeps its limits
    """

    metric: str
    option: str
    probability: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What to choose, how sure that is, and what would change it.

    recommended      id of the cheapest feasible option by best figures; None when there is none
    confidence       ``clear`` from a best_probability of 0.9, ``likely`` from 0.6, else ``too-close``
    runner_up        next cheapest feasible option that is on the front in at least one draw; None without one
    agreement        per attribute of the recommended option: share of draws in which the best option has the same one
    flips            nearest turning points of every constraint and weight, see ``flips.Flip``
    information      what knowing more would save; None when nothing was feasible or it was not asked for
    doubt            the limited figure most in doubt among the recommended option and the cheaper ones; None where
                     all of them keep or break their limits with a probability of 0.9
    """

    objective: Objective
    constraints: tuple[Constraint, ...]
    assessments: tuple[Assessment, ...]
    recommended: str | None
    runner_up: str | None
    confidence: Confidence
    agreement: Mapping[str, float]
    flips: tuple[Flip, ...]
    information: Information | None
    doubt: Doubt | None
    draws: int
    seed: int

    @property
    def front(self) -> tuple[str, ...]:
        """Ids on the Pareto front by best figures, best objective first."""
        sign = 1 if self.objective.direction == "min" else -1
        metric = self.objective.metric
        members = [a for a in self.assessments if a.on_front]
        known = [(sign * f.value, a.option.id) for a in members if (f := a.figures[metric]) is not None]
        return tuple(name for _, name in sorted(known))

    def assessment(self, option_id: str) -> Assessment:
        """What was found about one option."""
        for item in self.assessments:
            if item.option.id == option_id:
                return item
        raise InputError("no such option", value=option_id)

    def to_json(self) -> dict[str, Any]:
        """Plain data, schema ``recommendation``."""
        best = self.information.best if self.information else None
        return {
            "objective": {"metric": self.objective.metric, "direction": self.objective.direction},
            "constraints": [
                {"name": c.called, "metric": c.metric, "kind": c.kind, "limit": c.limit} for c in self.constraints
            ],
            "options": [_assessment_json(item) for item in self.assessments],
            "front": list(self.front),
            "recommended": self.recommended,
            "runner_up": self.runner_up,
            "confidence": self.confidence,
            "agreement": dict(self.agreement),
            "flips": [flip.to_json() for flip in self.flips],
            "measure_next": {"factor": best[0], "gain": best[1]} if best else None,
            "doubt": None
            if self.doubt is None
            else {"metric": self.doubt.metric, "option": self.doubt.option, "probability": self.doubt.probability},
            "thresholds": {"clear": CLEAR, "likely": LIKELY},
            "draws": self.draws,
            "seed": self.seed,
        }


def _assessment_json(item: Assessment) -> dict[str, Any]:
    return {
        "id": item.option.id,
        "label": item.option.label,
        "attributes": dict(item.option.attributes),
        "metrics": {name: figure.to_json() if figure else None for name, figure in item.figures.items()},
        "feasible": item.feasible,
        "feasible_probability": item.feasible_probability,
        "violations": [{"constraint": v.constraint, "value": v.value, "limit": v.limit} for v in item.violations],
        "on_front": item.on_front,
        "front_probability": item.front_probability,
        "best_probability": item.best_probability,
        "expected_regret": item.expected_regret.to_json() if item.expected_regret else None,
    }
