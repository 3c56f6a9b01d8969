"""The recommendation: the cheapest option that keeps every constraint, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from setsuden.decision.choice import Table, choose, criteria
from setsuden.decision.draws import DRAWS, Draws
from setsuden.decision.flips import Flip, constraint_flips, weight_flips
from setsuden.decision.information import Information, value_of_information
from setsuden.decision.option import Constraint, Objective, Option, unique
from setsuden.decision.pareto import front, front_probability
from setsuden.decision.regret import best_probability, regret
from setsuden.errors import InputError
from setsuden.quantity import Estimate
from setsuden.quantity.draws import DEFAULT_SEED

Confidence = Literal["clear", "likely", "too-close", "none-feasible"]

CLEAR = 0.9
"""From this probability of being the best feasible option on, a recommendation is called clear."""
LIKELY = 0.6
"""From this probability on it is called likely; below, too close to call."""
_POSSIBLE = 1e-3  # options less often best than this cannot make measuring worth while


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
class Decision:
    """What to choose, how sure that is, and what would change it.

    recommended      id of the cheapest feasible option by best figures; None when there is none
    confidence       ``clear`` from a best_probability of 0.9, ``likely`` from 0.6, else ``too-close``
    runner_up        next cheapest feasible option that is on the front in at least one draw; None when there is none
    agreement        per attribute of the recommended option: share of draws in which the best option has the same one
    flips            nearest turning points of every constraint and weight, see ``flips.Flip``
    information      what knowing more would save; None when nothing was feasible or it was not asked for
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
            "thresholds": {"clear": CLEAR, "likely": LIKELY},
            "draws": self.draws,
            "seed": self.seed,
        }


def recommend(
    options: Iterable[Option],
    objective: Objective,
    constraints: Sequence[Constraint] = (),
    *,
    weights: Mapping[str, Estimate] | None = None,
    shared_relative_error: Mapping[str, float] | None = None,
    n: int = DRAWS,
    seed: int = DEFAULT_SEED,
    draws: Draws | None = None,
    information: bool = True,
) -> Decision:
    """Choose among ``options``.

    weights                 multipliers of composite metrics: the scenario (``expected_requests``, ``trainings``)
    shared_relative_error   see ``draws.Draws``: the error that all options have in common, per metric
    n, seed                 draws per figure; the same seed gives the same decision, bit for bit
    draws                   reuse these for many scenarios; options, shared error, n and seed are then taken from here
    information             also work out what measuring more would save

    Raises InputError for no options or for two that share an id, UnitError and BoundaryError for figures that do not
    compare.
    """
    drawn = draws or Draws(unique(options), shared_relative_error, n=n, seed=seed)
    if not drawn.options:
        raise InputError("there is nothing to choose from", remedy="Give at least one option.")
    scenario = dict(weights or {})
    pairs = criteria(objective, constraints)
    table = Table(drawn.options, [metric for metric, _ in pairs], scenario)
    values = table.criteria(objective, constraints)
    feasible = table.feasible(constraints)
    row = choose(values[:, 0], feasible, values)

    worlds = _worlds(drawn, table, pairs)
    kept = _kept(worlds, pairs, constraints)
    best = best_probability(worlds[0], kept)
    possible_front = front_probability(worlds)
    on_front = front(values)
    candidates = feasible & np.isfinite(values[:, 0])
    regrets = regret(worlds[0], candidates) if row is not None else None

    assessments = tuple(
        Assessment(
            option,
            {metric: table.figures[metric][i] for metric, _ in pairs},
            bool(feasible[i]),
            _violations(table, constraints, i),
            float(kept[i].mean()),
            bool(on_front[i]),
            float(possible_front[i]),
            float(best[i]),
            _regret_estimate(table, objective, i, regrets[i]) if regrets is not None and candidates[i] else None,
        )
        for i, option in enumerate(drawn.options)
    )
    return Decision(
        objective,
        tuple(constraints),
        assessments,
        None if row is None else drawn.options[row].id,
        _runner_up(drawn.options, values, candidates, on_front | (possible_front > 0), row),
        _confidence(None if row is None else float(best[row])),
        {} if row is None else _agreement(drawn.options, best, row),
        constraint_flips(table, objective, constraints) + weight_flips(table, objective, constraints),
        _information(drawn, objective, scenario, worlds[0], candidates, best, row) if information else None,
        drawn.n,
        drawn.seed,
    )


def recommend_each(
    options: Iterable[Option],
    objective: Objective,
    scenarios: Iterable[tuple[Mapping[str, Estimate], Sequence[Constraint]]],
    *,
    shared_relative_error: Mapping[str, float] | None = None,
    n: int = DRAWS,
    seed: int = DEFAULT_SEED,
    information: bool = False,
) -> list[Decision]:
    """One decision per scenario (weights, constraints), all priced with the same draws of the same figures."""
    drawn = Draws(unique(options), shared_relative_error, n=n, seed=seed)
    return [
        recommend((), objective, constraints, weights=weights, draws=drawn, information=information)
        for weights, constraints in scenarios
    ]


def saving(
    decision_options: Sequence[Option],
    chosen: str,
    reference: str,
    metric: str,
    *,
    weights: Mapping[str, Estimate] | None = None,
    shared_relative_error: Mapping[str, float] | None = None,
    n: int = DRAWS,
    seed: int = DEFAULT_SEED,
) -> Estimate:
    """What ``chosen`` saves against ``reference`` in a metric; drawn in the same worlds, so what they share cancels."""
    pair = [option for option in unique(decision_options) if option.id in (chosen, reference)]
    scenario = dict(weights or {})
    table = Table(pair, [metric], scenario)
    figures = {option.id: figure for option, figure in zip(pair, table.figures[metric], strict=True)}
    ours, theirs = figures.get(chosen), figures.get(reference)
    if ours is None or theirs is None:
        raise InputError(f"{metric} is unknown for one side of the comparison", value=(chosen, reference))
    rows = Draws(pair, shared_relative_error, n=n, seed=seed).metric(metric, scenario, table.units[metric], np.inf)
    by_id = dict(zip((option.id for option in pair), rows, strict=True))
    return _spread(theirs - ours, by_id[reference] - by_id[chosen], (theirs - ours).value)


def _worlds(drawn: Draws, table: Table, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
    """Draws (metrics, options, draws), signed so that small is good; inf where unknown."""
    worlds = np.empty((len(pairs), len(drawn.options), drawn.n))
    for world, (metric, direction) in zip(worlds, pairs, strict=True):
        sign = 1.0 if direction == "min" else -1.0
        rows = drawn.metric(metric, table.weights, table.units[metric], sign * np.inf)
        np.multiply(rows, sign, out=world)
    return worlds


def _kept(
    worlds: NDArray[np.float64], pairs: Sequence[tuple[str, str]], constraints: Sequence[Constraint]
) -> NDArray[np.bool_]:
    order = [metric for metric, _ in pairs]
    kept: NDArray[np.bool_] = np.isfinite(worlds[0])
    for constraint in constraints:
        sign = 1.0 if constraint.kind == "at_most" else -1.0
        kept &= worlds[order.index(constraint.metric)] <= sign * constraint.limit
    return kept


def _violations(table: Table, constraints: Sequence[Constraint], row: int) -> tuple[Violation, ...]:
    found = []
    for constraint in constraints:
        if not table.meets(constraint)[row]:
            figure = table.figures[constraint.metric][row]
            found.append(Violation(constraint.called, figure.value if figure else None, constraint.limit))
    return tuple(found)


def _regret_estimate(table: Table, objective: Objective, row: int, regrets: NDArray[np.float64]) -> Estimate:
    figure = table.figures[objective.metric][row]
    assert figure is not None  # candidates have a finite cost
    return _spread(figure, regrets, float(regrets.mean()))


def _spread(like: Estimate, drawn: NDArray[np.float64], value: float) -> Estimate:
    low, high = np.quantile(drawn, (0.05, 0.95))
    return Estimate(
        value, min(float(low), value), max(float(high), value), like.unit, like.provenance, like.boundary, like.factors
    )


def _confidence(probability: float | None) -> Confidence:
    if probability is None:
        return "none-feasible"
    return "clear" if probability >= CLEAR else "likely" if probability >= LIKELY else "too-close"


def _runner_up(
    options: Sequence[Option],
    values: NDArray[np.float64],
    candidates: NDArray[np.bool_],
    worth_naming: NDArray[np.bool_],
    row: int | None,
) -> str | None:
    if row is None:
        return None
    rivals = candidates & worth_naming
    rivals[row] = False
    second = choose(values[:, 0], rivals, values)
    return None if second is None else options[second].id


def _agreement(options: Sequence[Option], best: NDArray[np.float64], row: int) -> dict[str, float]:
    decided = float(best.sum())
    if decided == 0:
        return {}
    return {
        name: float(sum(p for option, p in zip(options, best, strict=True) if option.attributes.get(name) == value))
        for name, value in options[row].attributes.items()
    }


def _information(
    drawn: Draws,
    objective: Objective,
    weights: Mapping[str, Estimate],
    costs: NDArray[np.float64],
    candidates: NDArray[np.bool_],
    best: NDArray[np.float64],
    row: int | None,
) -> Information | None:
    if row is None:
        return None
    rivals = candidates & (best > _POSSIBLE)
    rivals[row] = True
    rows = np.flatnonzero(rivals)
    return value_of_information(costs[rows], drawn.factors(objective.metric, weights, rows.tolist()))


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
