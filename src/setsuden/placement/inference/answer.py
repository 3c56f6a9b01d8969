"""The answer to a placement question: both views, what would flip it, and what others' coefficients would say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from setsuden.decision import (
    Bar,
    Composite,
    Constraint,
    Decision,
    Objective,
    Option,
    recommend,
    tornado,
)
from setsuden.placement.inference.break_points import BreakPoint, break_points, value_of
from setsuden.placement.inference.options import placements
from setsuden.placement.inference.study import Study
from setsuden.placement.inference.term import Place, Placement, scenario
from setsuden.placement.inference.winners import WinnerMap, winner_map
from setsuden.placement.network import VIEWS, View, published, published_names
from setsuden.quantity import Estimate, Factor, Provenance, merged_factors
from setsuden.quantity.draws import DEFAULT_SEED

_PAYLOADS_KB = tuple(10 ** (-1 + 5 * i / 28) for i in range(29))  # 0.1 kB to 10 MB
_RATES_PER_S = tuple(10 ** (-5 + 7 * i / 28) for i in range(29))  # one a day to a hundred a second


@dataclass(frozen=True, slots=True)
class ViewAnswer:
    """One view of the network.

    placements    device, edge, cloud and the best split; ``best_split_is_end`` says that no cut beats both ends
    compared      the two placements whose difference the bars move: the recommended one and the runner-up
    bars          difference of the two (second minus first), per request, with each unknown at its ends, widest first
    """

    view: View
    decision: Decision
    placements: tuple[Placement, ...]
    break_points: tuple[BreakPoint, ...]
    compared: tuple[str, str] | None
    bars: tuple[Bar, ...]
    map: WinnerMap
    best_split_is_end: bool | None

    def figure(self, option: str, metric: str) -> Estimate | None:
        """Energy or carbon per request of one placement."""
        return self.decision.assessment(option).figures.get(metric)


@dataclass(frozen=True, slots=True)
class PublishedAnswer:
    """Who wins when the network is charged as one paper or tool does, by best figures."""

    id: str
    title: str
    winner: str | None
    cloud_j: float
    device_j: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything about one question; ``agree`` is whether both views recommend the same."""

    study: Study
    weights: Mapping[str, Estimate]
    views: Mapping[View, ViewAnswer]
    published: tuple[PublishedAnswer, ...]
    factors: tuple[Factor, ...]
    seed: int

    @property
    def agree(self) -> bool:
        """Whether the recommendation does not depend on the view."""
        return len({item.decision.recommended for item in self.views.values()}) == 1


def answer(study: Study, *, seed: int = DEFAULT_SEED) -> Answer:
    """Both views of ``study``; the same seed gives the same answer."""
    weights = scenario(study.up_kb, study.down_kb, study.rate_per_s, study.cloud.pue)
    views = {view: _view(study, view, weights, seed) for view in VIEWS}
    figures = [term.figure for item in views.values() for p in item.placements for term in p.terms]
    figures += [item.latency for found in views.values() for item in found.placements]
    figures += [
        *weights.values(),
        study.device_intensity,
        study.network_intensity,
        study.cloud_intensity,
    ]
    factors = merged_factors(*(figure.factors for figure in figures))
    return Answer(study, weights, views, tuple(_published(study, weights)), factors, seed)


def if_on_anyway(study: Study) -> dict[View, str | None]:
    """Who takes least, by best figures, were the device's waiting not charged to these requests; None where none keeps
    the limits."""
    free = replace(study, device=replace(study.device, idle_share=0.0))
    weights = scenario(study.up_kb, study.down_kb, study.rate_per_s, study.cloud.pue)
    grid, limits, found = intensities(free), constraints(free), {}
    for view in VIEWS:
        items = placements(free, view)
        costs = {
            item.id: value_of(item.option(grid), free.objective, weights) for item in items if _keeps(item, limits)
        }
        found[view] = min(costs, key=costs.__getitem__) if costs else None
    return found


def intensities(study: Study) -> dict[Place, Estimate]:
    """gCO2e/kWh by place."""
    here = study.device_intensity
    return {"device": here, "edge": here, "network": study.network_intensity, "cloud": study.cloud_intensity}


def constraints(study: Study) -> list[Constraint]:
    """What a placement must keep: up with the requests, and the latency."""
    found = [Constraint("busy_time", 1 / study.rate_per_s.value, "at_most", "request_rate")]
    if study.latency_limit_s is not None:
        found.append(Constraint("latency", study.latency_limit_s, "at_most"))
    return found


def _view(study: Study, view: View, weights: Mapping[str, Estimate], seed: int) -> ViewAnswer:
    everything = placements(study, view)
    grid = intensities(study)
    options = {item.id: item.option(grid) for item in everything}
    metric = study.objective
    kept, is_end = _with_best_split(everything, options, metric, weights)
    chosen = [options[item.id] for item in kept]
    decision = recommend(chosen, Objective(metric), constraints(study), weights=weights, seed=seed)
    pair = _pair(decision, metric)
    both = None if pair is None else (options[pair[0]], options[pair[1]])
    return ViewAnswer(
        view,
        decision,
        kept,
        tuple(break_points(study, options, kept, metric, weights)),
        pair,
        _bars(both, metric, weights) if both else (),
        winner_map(
            chosen,
            metric,
            weights,
            _PAYLOADS_KB,
            _RATES_PER_S,
            busy_s={item.id: item.busy_s for item in kept},
            seed=seed,
        ),
        is_end,
    )


def _with_best_split(
    everything: Sequence[Placement], options: Mapping[str, Option], metric: str, weights: Mapping[str, Estimate]
) -> tuple[tuple[Placement, ...], bool | None]:
    """The placements without a cut, and the best cut where there is one; whether an end beats every cut."""
    whole = [item for item in everything if not item.id.startswith("split:")]
    cuts = [item for item in everything if item.id.startswith("split:")]
    if not cuts:
        return tuple(whole), None
    best = min(cuts, key=lambda item: value_of(options[item.id], metric, weights))
    ends = min(value_of(options[name], metric, weights) for name in ("device", "cloud"))
    return (*whole, best), ends <= value_of(options[best.id], metric, weights)


def _pair(decision: Decision, metric: str) -> tuple[str, str] | None:
    """The recommended placement and the cheapest other one, feasible or not."""
    if decision.recommended is None:
        return None
    others = [
        (figure.value, item.option.id)
        for item in decision.assessments
        if item.option.id != decision.recommended and (figure := item.figures[metric]) is not None
    ]
    return (decision.recommended, min(others)[1]) if others else None


def _bars(pair: tuple[Option, Option], metric: str, weights: Mapping[str, Estimate]) -> tuple[Bar, ...]:
    inputs: dict[str, Estimate] = {name: value for name, value in weights.items() if value.low < value.high}
    composites = [option.metrics[metric] for option in pair]
    for composite in composites:
        assert isinstance(composite, Composite)
        for part in composite.parts:
            if part.figure.low < part.figure.high and part.figure.value:
                # a source is moved as a ratio to its best figure, so that all terms that rest on it move together
                k = 1 / part.figure.value
                one = Estimate(1.0, part.figure.low * k, part.figure.high * k, "1", Provenance.ASSUMED)
                inputs[part.source or ""] = one

    def total(composite: object, values: Mapping[str, float]) -> float:
        assert isinstance(composite, Composite)
        return sum(
            part.figure.value
            * values.get(part.source or "", 1.0)
            * (1.0 if part.weight is None else values.get(part.weight, weights[part.weight].value))
            for part in composite.parts
        )

    return tornado(lambda values: total(composites[1], values) - total(composites[0], values), inputs)


def _published(study: Study, weights: Mapping[str, Estimate]) -> list[PublishedAnswer]:
    grid, found = intensities(study), []
    limits = constraints(study)
    for name in published_names():
        model = published(name)
        charged = placements(replace(study, published=model), "attribution")
        items = [item for item in charged if not item.id.startswith("split:")]
        joules = {item.id: item.energy(weights).value for item in items}
        costs = {item.id: value_of(item.option(grid), study.objective, weights) for item in items}
        possible = [item for item in items if _keeps(item, limits)]
        winner = min(possible, key=lambda item: costs[item.id]).id if possible else None
        found.append(PublishedAnswer(name, model.title, winner, joules["cloud"], joules["device"]))
    return found


def _keeps(item: Placement, limits: Sequence[Constraint]) -> bool:
    values = {"busy_time": item.busy_s, "latency": item.latency.value}
    return all(values[limit.metric] <= limit.limit for limit in limits)
