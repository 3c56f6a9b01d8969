"""The recommendation: the cheapest option that keeps every constraint, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from setsuden.decision.choice import Table, choose, criteria
from setsuden.decision.decision import CLEAR, LIKELY, Assessment, Confidence, Decision, Doubt, Violation
from setsuden.decision.draws import DRAWS, Draws
from setsuden.decision.flips import constraint_flips, weight_flips
from setsuden.decision.information import Information, value_of_information
from setsuden.decision.option import Constraint, Objective, Option, unique
from setsuden.decision.pareto import front, front_probability
from setsuden.decision.regret import best_probability, regret
from setsuden.decision.saving import spread_of
from setsuden.errors import InputError
from setsuden.quantity import Estimate
from setsuden.quantity.draws import DEFAULT_SEED

_POSSIBLE = 1e-3  # options less often best than this cannot make measuring worth while


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
        None if row is None else _doubt(drawn.options, worlds, pairs, constraints, values, row),
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
    return spread_of(figure, regrets, float(regrets.mean()))


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


def _doubt(
    options: Sequence[Option],
    worlds: NDArray[np.float64],
    pairs: Sequence[tuple[str, str]],
    constraints: Sequence[Constraint],
    values: NDArray[np.float64],
    row: int,
) -> Doubt | None:
    matter = [i for i in range(len(options)) if i == row or values[i, 0] < values[row, 0]]
    found = []
    for metric in dict.fromkeys(constraint.metric for constraint in constraints):
        kept = _kept(worlds, pairs, [constraint for constraint in constraints if constraint.metric == metric])
        found += [Doubt(metric, options[i].id, float(kept[i].mean())) for i in matter]
    worst = max(found, key=lambda doubt: min(doubt.probability, 1 - doubt.probability), default=None)
    return worst if worst and 1 - CLEAR < worst.probability < CLEAR else None
