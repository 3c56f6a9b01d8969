"""The balance sheet of a model's life, what dominates it, where choices turn, and what moves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from setsuden.decision import Affine, Bar, BreakEven, VarianceShare, break_even, sobol, tornado
from setsuden.decision.draws import DRAWS
from setsuden.lifecycle.federation import Comparison, Federated, compare
from setsuden.lifecycle.levers import Lever, levers
from setsuden.lifecycle.meeting import Verdict, meeting
from setsuden.lifecycle.plan import Array, Name, Plan, Stage, Value
from setsuden.placement.network import VIEWS, View
from setsuden.quantity import Boundary, Estimate, Provenance, Scope
from setsuden.quantity.draws import DEFAULT_SEED

WITHIN = Boundary(Scope.FACILITY, network=True)
WITH_MAKING = Boundary(Scope.FACILITY, network=True, embodied=True)
_ONCE: tuple[Name, ...] = ("develop", "train", "adapt", "retrain")


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to have the model; inputs that it shares with the plan have the same names and are drawn together."""

    name: str
    plans: Mapping[View, Plan]


@dataclass(frozen=True, slots=True)
class Turning:
    """Plan against one alternative, in energy: the requests at which they take the same, and what is saved.

    verdict      the plan takes less ``below`` or ``above`` the point, ``always`` or ``never``; ``equal``: both the same
    requests     the point by best figures; ``low`` and ``high`` 5-95 % of the draws, high None where it is open
    saving       kWh that the alternative saves at the planned requests; negative where it takes more
    probability  share of draws in which the alternative saves
    """

    alternative: str
    view: View
    verdict: Verdict
    requests: float | None
    low: float | None
    high: float | None
    saving: Estimate
    probability: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """The balance under one view of the network.

    energy, carbon   kWh and kgCO2e by stage, in the order of life; ``embodied`` has no energy
    dominating       the stage with the most carbon by best figures; ``probability``: share of draws in which it is
    parity           requests at which serving and exchange have taken as much energy as all that came before
    """

    view: View
    energy: Mapping[Name, Estimate]
    carbon: Mapping[Name, Estimate]
    total_energy: Estimate
    total_carbon: Estimate
    dominating: Name
    probability: float
    parity: BreakEven | None
    bars: tuple[Bar, ...]
    shares: tuple[VarianceShare, ...]
    levers: tuple[Lever, ...]
    together_g: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Both views of one life."""

    plans: Mapping[View, Plan]
    sheets: Mapping[View, Sheet]
    turnings: tuple[Turning, ...]
    alternatives: tuple[Alternative, ...]
    draws: int
    seed: int
    federated: tuple[Comparison, ...] = ()

    @property
    def plan(self) -> Plan:
        """The plan; views differ in nothing but what a bit costs."""
        return self.plans["marginal"]


def answer(
    plans: Mapping[View, Plan],
    alternatives: Sequence[Alternative] = (),
    federated: Mapping[View, Federated] | None = None,
    *,
    n: int = DRAWS,
    seed: int = DEFAULT_SEED,
) -> Answer:
    """Both views of a life; the same seed gives the same answer.

    federated   the plan's training done by clients instead, if that is to be compared
    """
    sheets = {view: sheet(plans[view], view, n=n, seed=seed) for view in VIEWS}
    turnings = tuple(
        turning(plans[view], alternative, view, n=n, seed=seed)
        for alternative in alternatives
        for view in reversed(VIEWS)
    )
    other = tuple(compare(federated[view], view, n=n, seed=seed) for view in reversed(VIEWS)) if federated else ()
    return Answer(plans, sheets, turnings, tuple(alternatives), n, seed, other)


def sheet(plan: Plan, view: View, *, n: int = DRAWS, seed: int = DEFAULT_SEED) -> Sheet:
    """The balance of one view."""
    best, drawn = plan.best(), plan.draws(n, seed)
    energy = {
        stage.name: _estimate(stage.energy(best), stage.energy(drawn), "kWh", plan, stage)
        for stage in plan.stages
        if stage.grid is not None
    }
    rows = {stage.name: stage.carbon(drawn) for stage in plan.stages}
    values = {stage.name: stage.carbon(best) for stage in plan.stages}
    carbon = {
        stage.name: _estimate(values[stage.name], rows[stage.name], "gCO2e", plan, stage).to("kgCO2e")
        for stage in plan.stages
    }
    dominating = max(values, key=lambda name: values[name])
    counted = WITH_MAKING if "embodied" in values else WITHIN
    stacked = np.vstack([rows[stage.name] for stage in plan.stages])
    first = [stage.name for stage in plan.stages].index(dominating)
    probability = float((stacked.argmax(axis=0) == first).mean())

    def total(inputs: Mapping[str, float]) -> float:
        return sum(stage.carbon(inputs) for stage in plan.stages) / 1e3

    def total_rows(inputs: Mapping[str, Array]) -> Array:
        return np.asarray(sum(stage.carbon(inputs) for stage in plan.stages)) / 1e3

    unsure = {name: figure for name, figure in plan.inputs.items() if figure.low < figure.high}
    still = {name: np.full(n, figure.value) for name, figure in plan.inputs.items() if name not in unsure}
    listed, together = levers(plan, values)
    return Sheet(
        view,
        energy,
        carbon,
        _total([stage.energy(best) for stage in plan.stages if stage.grid],
               [stage.energy(drawn) for stage in plan.stages if stage.grid], "kWh", WITHIN),
        _total(list(values.values()), list(rows.values()), "gCO2e", counted).to("kgCO2e"),
        dominating,
        probability,
        _parity(plan),
        tornado(lambda inputs: total({**best, **inputs}), unsure),
        sobol(lambda inputs: total_rows({**still, **inputs}), unsure, n=n, seed=seed) if unsure else (),
        listed,
        together,
    )  # fmt: skip


def once(plan: Plan) -> Estimate:
    """kWh of everything before and beside serving, every combination of its inputs enclosed."""
    return _bounds(plan, [stage for stage in plan.stages if stage.name in _ONCE], "kWh", 1.0)


def per_request(plan: Plan) -> Estimate:
    """J/request of serving and exchange, facility and network included."""
    stages = [stage for stage in plan.stages if stage.name in ("serve", "exchange")]
    inputs = {**plan.inputs, "requests": Estimate.exact(1.0, "request", Provenance.ASSUMED)}
    return _bounds(replace(plan, inputs=inputs), stages, "J/request", 3.6e6)


def _bounds(plan: Plan, stages: Sequence[Stage], unit: str, scale: float) -> Estimate:
    """All inputs are non-negative and enter as products, so the ends of the intervals are the ends of the sum."""
    ends = [
        sum(stage.energy({name: getattr(figure, end) for name, figure in plan.inputs.items()}) for stage in stages)
        * scale
        for end in ("value", "low", "high")
    ]
    return Estimate(ends[0], ends[1], ends[2], unit, Provenance.ESTIMATED, WITHIN)


def _parity(plan: Plan) -> BreakEven | None:
    """Serving, from nothing, against all that came before; None where nothing is known to come before."""
    before, request = once(plan), per_request(plan)
    if before.value <= 0 or request.value <= 0:
        return None
    nothing = Estimate.exact(0.0, "kWh", Provenance.ASSUMED, WITHIN)
    free = Estimate.exact(0.0, "J/request", Provenance.ASSUMED, WITHIN)
    return break_even(Affine(nothing, request), Affine(before, free))


def turning(plan: Plan, alternative: Alternative, view: View, *, n: int = DRAWS, seed: int = DEFAULT_SEED) -> Turning:
    """Where ``plan`` and ``alternative`` take the same energy; what both share cancels draw by draw."""
    other = alternative.plans[view]
    start = _fixed(other, other.best()) - _fixed(plan, plan.best())  # > 0: the plan takes less at first
    slope = _slope(plan, plan.best()) - _slope(other, other.best())  # > 0: the plan takes more per request
    mine, theirs = plan.draws(n, seed), other.draws(n, seed)
    starts = np.asarray(_fixed(other, theirs) - _fixed(plan, mine))
    slopes = np.asarray(_slope(plan, mine) - _slope(other, theirs))
    requests = mine["requests"]
    saved = slopes * requests - starts
    best = slope * plan.requests.value - start
    low, high = np.quantile(saved, (0.05, 0.95))
    saving = Estimate(best, min(float(low), best), max(float(high), best), "kWh", Provenance.ASSUMED, WITHIN)
    probability = float((saved > 0).mean())
    point = meeting(start, slope, starts, slopes)
    return Turning(alternative.name, view, point.verdict, point.n, point.low, point.high, saving, probability)


def curve(plan: Plan, requests: Sequence[float], *, n: int = 2000, seed: int = DEFAULT_SEED) -> list[Estimate]:
    """kWh at each number of requests, everything but making included."""
    best, drawn = plan.best(), plan.draws(n, seed)
    found = []
    for count in requests:
        value = _fixed(plan, best) + _slope(plan, best) * count
        low, high = np.quantile(np.asarray(_fixed(plan, drawn) + _slope(plan, drawn) * count), (0.05, 0.95))
        found.append(
            Estimate(value, min(float(low), value), max(float(high), value), "kWh", Provenance.ASSUMED, WITHIN)
        )
    return found


def _fixed(plan: Plan, values: Mapping[str, Value]) -> Value:
    """kWh of all that is not per request."""
    return _sum(plan, _ONCE, values)


def _slope(plan: Plan, values: Mapping[str, Value]) -> Value:
    """kWh per request."""
    one = {**values, "requests": values["requests"] * 0 + 1}
    return _sum(plan, ("serve", "exchange"), one)


def _sum(plan: Plan, names: Sequence[Name], values: Mapping[str, Value]) -> Value:
    total = values["requests"] * 0
    for stage in plan.stages:
        if stage.name in names:
            total = total + stage.energy(values)
    return total


def _estimate(value: float, rows: Array, unit: str, plan: Plan, stage: Stage) -> Estimate:
    boundary = WITH_MAKING if stage.name == "embodied" else WITHIN
    low, high = np.quantile(rows, (0.05, 0.95))
    factors = tuple(
        dict.fromkeys(
            factor
            for name in (*stage.inputs, *((stage.grid,) if stage.grid else ()))
            for factor in plan.inputs[name].factors
        )
    )
    return Estimate(value, min(float(low), value), max(float(high), value), unit, Provenance.ASSUMED, boundary, factors)


def _total(values: Sequence[float], rows: Sequence[Array], unit: str, boundary: Boundary) -> Estimate:
    value = float(sum(values))
    low, high = np.quantile(np.sum(rows, axis=0), (0.05, 0.95))
    return Estimate(value, min(float(low), value), max(float(high), value), unit, Provenance.ASSUMED, boundary)
