"""From the declared life to its plans, one per view of the network, with every figure looked up."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path

from setsuden.catalogue import grid
from setsuden.catalogue.uncertainty import default
from setsuden.lifecycle.answer import Alternative
from setsuden.lifecycle.declaration import (
    AlternativeChoice,
    Exchange,
    FederatedChoice,
    Hardware,
    LifeDeclaration,
    Priced,
)
from setsuden.lifecycle.federation import Federated
from setsuden.lifecycle.plan import Plan, Stage
from setsuden.lifecycle.trained import filled
from setsuden.parsing import parsed
from setsuden.placement.judgement import also, judged
from setsuden.placement.network import VIEWS, Link, View, link
from setsuden.places import Declared, parse_yaml, read_yaml
from setsuden.quantity import Estimate

_DAYS_PER_MONTH = 365.25 / 12
_J_PER_KWH = 3.6e6
_GRAMS = "gCO2e/kWh"
_PLACED = ("develop", "train", "adapt", "retrain", "serve", "exchange")


def example_text() -> str:
    """A commented life, valid as it stands."""
    return (files("setsuden.lifecycle") / "example.yaml").read_text(encoding="utf-8")


Question = tuple[dict[View, Plan], tuple[Alternative, ...], dict[View, Federated] | None]


def read_example() -> Question:
    """The plans of the example."""
    return read(parse_yaml(example_text(), "example.yaml", "lifecycle"))


def read_file(path: Path) -> Question:
    """The plans of a YAML file."""
    return read(read_yaml(path, "lifecycle"), path.parent)


def read(declared: Declared, folder: Path = Path()) -> Question:
    """The plan in both views, its alternatives and the same training federated, for ``answer``.

    folder   that a relative name of a federation's result starts from

    Raises InputError with the place of the first problem.
    """
    declared = filled(declared, folder)
    said = parsed(declared, LifeDeclaration)
    at = declared.at
    stated = said.intensity_g_per_kwh
    here = at(("site",), lambda: _intensity(said.site or grid.WORLD)) if stated is None else stated.estimate(_GRAMS)
    other = said.other_site
    there = None if other is None else at(("other_site",), lambda: _intensity(other))
    exchange = said.exchange
    path = None if exchange is None else at(("exchange", "link"), lambda: _link(exchange))
    moved = None if other is None or there is None else (other, there)
    grids = {"grid": here}
    for name in (*_PLACED, "federated"):
        part: Priced | None = getattr(said, name)
        if part is not None and part.intensity_g_per_kwh is not None:
            grids[_grid(said, name)] = part.intensity_g_per_kwh.estimate(_GRAMS)
        elif part is not None and part.site is not None:
            grids[_grid(said, name)] = at((name, "site"), partial(_intensity, part.site))
    plans = {view: _plan(said, grids, moved, path, view) for view in VIEWS}
    clients: dict[View, Federated] | None = None
    if (shared := said.federated) is not None:
        way = at(("federated", "link"), partial(_link, shared))
        clients = {view: _federated(shared, said, plans[view], grids, _per_bit(way, view)) for view in VIEWS}
    return plans, tuple(_alternative(choice, said, plans) for choice in said.alternatives), clients


def _intensity(site: str) -> Estimate:
    return grid.intensity(site).estimate()


def _grid(said: LifeDeclaration, stage: str) -> str:
    """Name of the grid that prices a stage: its own where it states one, else that of the whole life."""
    part: Priced | None = getattr(said, stage)
    if part is not None and part.intensity_g_per_kwh is not None:
        return f"grid, {stage}"
    if part is not None and part.site is not None and part.site != said.site:
        return f"grid, {part.site}"
    inherits = stage == "retrain" and (part is None or part.site is None)
    return _grid(said, "train") if inherits else "grid"


def _federated(
    choice: FederatedChoice, said: LifeDeclaration, plan: Plan, grids: dict[str, Estimate], per_bit: Estimate
) -> Federated:
    assert said.train is not None
    return Federated(
        {
            "rounds": choice.rounds.estimate("round"),
            "clients": choice.clients_per_round.estimate("client"),
            "client": choice.client_j.estimate("J"),
            "exchanged": choice.upload_mb.estimate("MB") + choice.download_mb.estimate("MB"),
            "server": choice.server_j_per_round.estimate("J"),
            "data": choice.central_data_gb.estimate("GB"),
            "network": per_bit.to("kWh/GB"),
            "training": plan.inputs["training"],
            "pue": plan.inputs["pue"],
            "grid here": grids[_grid(said, "train")],
            "grid there": grids[_grid(said, "federated")],
            "grid between": grids["grid"],
        }
    )


def _plan(
    said: LifeDeclaration,
    grids: dict[str, Estimate],
    there: tuple[str, Estimate] | None,
    path: Link | None,
    view: View,
) -> Plan:
    priced = {name: _grid(said, name) for name in _PLACED}
    requests = said.requests_per_day.estimate("request", said.months * _DAYS_PER_MONTH)
    inputs: dict[str, Estimate] = {
        **{name: figure for name, figure in grids.items() if name in priced.values()},
        "pue": default("pue_h").estimate("1") if said.pue is None else said.pue.estimate("1"),
        "requests": requests,
        "serving": said.serve.energy_j.estimate("J/request"),
    }
    stages: list[Stage] = []
    if said.develop is not None:
        inputs["development"] = said.develop.kwh()
        stages.append(Stage("develop", ("development", "pue"), float(said.develop.trials), priced["develop"]))
    elif said.train is not None:
        # what the catalogue knows of development over the final training, the training itself taken off
        multiplier = default("k_dev").estimate("1")
        less = replace(multiplier, value=multiplier.value - 1, low=multiplier.low - 1, high=multiplier.high - 1)
        inputs["development share"] = less
        stages.append(Stage("develop", ("development share", "training", "pue"), 1.0, priced["train"]))
    if said.train is not None:
        inputs["training"] = said.train.kwh()
        stages.append(Stage("train", ("training", "pue"), 1.0, priced["train"]))
    if said.adapt is not None:
        inputs["adaptation"] = said.adapt.kwh()
        stages.append(Stage("adapt", ("adaptation", "pue"), float(said.adapt.times), priced["adapt"]))
    if said.retrain is not None:
        within = max(0, math.ceil(said.months / said.retrain.every_months) - 1)  # none on the last day
        times = within * said.retrain.share_of_training
        stages.append(Stage("retrain", ("training", "pue"), times, priced["retrain"]))
    stages.append(Stage("serve", ("serving", "requests", "pue"), 1 / _J_PER_KWH, priced["serve"]))
    if said.exchange is not None and path is not None:
        inputs["data"] = _kilobytes(said.exchange)
        inputs["network"] = _per_bit(path, view).to("J/kB")
        stages.append(Stage("exchange", ("data", "network", "requests"), 1 / _J_PER_KWH, priced["exchange"]))
    if said.hardware:
        grams = [_making(item) for item in said.hardware]
        inputs["making"] = grams[0]
        for more in grams[1:]:
            inputs["making"] = inputs["making"] + more
        stages.append(Stage("embodied", ("making",), 1.0, None))
    return Plan(said.name, inputs, tuple(stages), requests, said.months, said.workload, tuple(said.done), there)


def _kilobytes(exchange: Exchange) -> Estimate:
    answer = exchange.answer_kb.estimate("kB/request")
    if "answer_kb" not in exchange.model_fields_set:
        answer = also(answer, judged("size of the answer, where none is stated", answer.value, answer.unit))
    return exchange.payload_kb.estimate("kB/request") + answer


def _making(item: Hardware) -> Estimate:
    """gCO2e of one kind of machine, by the share of its life that is used."""
    figure = item.kg.estimate("gCO2e", 1e3 * item.count * item.used_share * item.used_years / item.lifetime_years)
    if "lifetime_years" in item.model_fields_set:
        return figure
    return also(figure, judged("years a machine is kept where none are stated", item.lifetime_years, "yr"))


def _per_bit(path: Link, view: View) -> Estimate:
    return path.average if view == "attribution" else path.marginal


def _link(exchange: Exchange | FederatedChoice) -> Link:
    found = link(exchange.link)
    if exchange.average_kwh_per_gb is not None:
        found = replace(found, average=exchange.average_kwh_per_gb.estimate("kWh/GB").to("J/bit"))
    if exchange.marginal_w_per_mbps is not None:
        found = replace(found, marginal=exchange.marginal_w_per_mbps.estimate("J/Mbit").to("J/bit"))
    return found


def _alternative(choice: AlternativeChoice, said: LifeDeclaration, plans: dict[View, Plan]) -> Alternative:
    """The plan with what the alternative changes, under names of its own; the rest keeps its names and its draws."""
    return Alternative(choice.name, {view: _changed(choice, said, plan) for view, plan in plans.items()})


def _changed(choice: AlternativeChoice, said: LifeDeclaration, plan: Plan) -> Plan:
    inputs, stages = dict(plan.inputs), list(plan.stages)
    if choice.once_kwh is not None:
        name = f"once, {choice.name}"
        inputs[name] = choice.once_kwh.estimate("kWh")
        stages = [stage for stage in stages if stage.name not in ("develop", "train", "adapt", "retrain")]
        stages.insert(0, Stage("train", (name, "pue"), 1.0, _grid(said, "train")))
    if choice.energy_j is not None or choice.on_device:
        name = "serving" if choice.energy_j is None else f"serving, {choice.name}"
        if choice.energy_j is not None:
            inputs[name] = choice.energy_j.estimate("J/request")
        factors = (name, "requests") if choice.on_device else (name, "requests", "pue")
        stages = [replace(stage, inputs=factors) if stage.name == "serve" else stage for stage in stages]
    update = {
        key: value
        for key, value in (("payload_kb", choice.payload_kb), ("answer_kb", choice.answer_kb))
        if value is not None
    }
    if said.exchange is not None and update:
        name = f"data, {choice.name}"
        inputs[name] = _kilobytes(said.exchange.model_copy(update=update))
        stages = [
            replace(stage, inputs=(name, "network", "requests")) if stage.name == "exchange" else stage
            for stage in stages
        ]
    return replace(plan, inputs=inputs, stages=tuple(stages))
