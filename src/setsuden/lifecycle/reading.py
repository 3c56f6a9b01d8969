"""From the declared life to its plans, one per view of the network, with every figure looked up."""

from __future__ import annotations

import math
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from setsuden.catalogue import grid
from setsuden.catalogue.uncertainty import default
from setsuden.lifecycle.answer import Alternative
from setsuden.lifecycle.declaration import AlternativeChoice, Exchange, LifeDeclaration
from setsuden.lifecycle.plan import Plan, Stage
from setsuden.placement.network import VIEWS, Link, View, link
from setsuden.quantity import Estimate
from setsuden.study.places import Declared, parse_yaml, read_yaml
from setsuden.study.reading import explained

_DAYS_PER_MONTH = 365.25 / 12
_J_PER_KWH = 3.6e6


def example_text() -> str:
    """A commented life, valid as it stands."""
    return (files("setsuden.lifecycle") / "example.yaml").read_text(encoding="utf-8")


def read_example() -> tuple[dict[View, Plan], tuple[Alternative, ...]]:
    """The plans of the example."""
    return read(parse_yaml(example_text(), "example.yaml", "lifecycle"))


def read_file(path: Path) -> tuple[dict[View, Plan], tuple[Alternative, ...]]:
    """The plans of a YAML file."""
    return read(read_yaml(path, "lifecycle"))


def read(declared: Declared) -> tuple[dict[View, Plan], tuple[Alternative, ...]]:
    """The plan in both views and its alternatives; raises InputError with the place of the first problem."""
    try:
        said = LifeDeclaration.model_validate(declared.data)
    except ValidationError as error:
        raise explained(error, declared, LifeDeclaration) from None

    at = declared.at
    here = at(("site",), lambda: grid.intensity(said.site or grid.WORLD).estimate())
    other = said.other_site
    there = None if other is None else at(("other_site",), lambda: grid.intensity(other).estimate())
    exchange = said.exchange
    path = None if exchange is None else at(("exchange", "link"), lambda: _link(exchange))
    moved = None if other is None or there is None else (other, there)
    plans = {view: _plan(said, here, moved, path, view) for view in VIEWS}
    return plans, tuple(_alternative(choice, said, plans) for choice in said.alternatives)


def _plan(
    said: LifeDeclaration, here: Estimate, there: tuple[str, Estimate] | None, path: Link | None, view: View
) -> Plan:
    requests = said.requests_per_day.estimate("request", said.months * _DAYS_PER_MONTH)
    inputs: dict[str, Estimate] = {
        "grid": here,
        "pue": default("pue_h").estimate("1") if said.pue is None else said.pue.estimate("1"),
        "requests": requests,
        "serving": said.serve.energy_j.estimate("J/request"),
    }
    stages: list[Stage] = []
    if said.develop is not None:
        inputs["development"] = said.develop.kwh()
        stages.append(Stage("develop", ("development", "pue"), float(said.develop.trials), "grid"))
    elif said.train is not None:
        # what the catalogue knows of development over the final training, the training itself taken off
        multiplier = default("k_dev").estimate("1")
        less = replace(multiplier, value=multiplier.value - 1, low=multiplier.low - 1, high=multiplier.high - 1)
        inputs["development share"] = less
        stages.append(Stage("develop", ("development share", "training", "pue"), 1.0, "grid"))
    if said.train is not None:
        inputs["training"] = said.train.kwh()
        stages.append(Stage("train", ("training", "pue"), 1.0, "grid"))
    if said.adapt is not None:
        inputs["adaptation"] = said.adapt.kwh()
        stages.append(Stage("adapt", ("adaptation", "pue"), float(said.adapt.times), "grid"))
    if said.retrain is not None:
        within = max(0, math.ceil(said.months / said.retrain.every_months) - 1)  # none on the last day
        times = within * said.retrain.share_of_training
        stages.append(Stage("retrain", ("training", "pue"), times, "grid"))
    stages.append(Stage("serve", ("serving", "requests", "pue"), 1 / _J_PER_KWH, "grid"))
    if said.exchange is not None and path is not None:
        inputs["data"] = _kilobytes(said.exchange)
        inputs["network"] = _per_bit(path, view).to("J/kB")
        stages.append(Stage("exchange", ("data", "network", "requests"), 1 / _J_PER_KWH, "grid"))
    if said.hardware:
        grams = [
            item.kg.estimate("gCO2e", 1e3 * item.count * item.used_share * item.used_years / item.lifetime_years)
            for item in said.hardware
        ]
        inputs["making"] = grams[0]
        for more in grams[1:]:
            inputs["making"] = inputs["making"] + more
        stages.append(Stage("embodied", ("making",), 1.0, None))
    return Plan(said.name, inputs, tuple(stages), requests, said.months, said.workload, tuple(said.done), there)


def _kilobytes(exchange: Exchange) -> Estimate:
    return exchange.payload_kb.estimate("kB/request") + exchange.answer_kb.estimate("kB/request")


def _per_bit(path: Link, view: View) -> Estimate:
    return path.average if view == "attribution" else path.marginal


def _link(exchange: Exchange) -> Link:
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
        stages.insert(0, Stage("train", (name, "pue"), 1.0, "grid"))
    if choice.energy_j is not None or choice.on_device:
        name = "serving" if choice.energy_j is None else f"serving, {choice.name}"
        if choice.energy_j is not None:
            inputs[name] = choice.energy_j.estimate("J/request")
        factors = (name, "requests") if choice.on_device else (name, "requests", "pue")
        stages = [
            Stage("serve", factors, 1 / _J_PER_KWH, "grid") if stage.name == "serve" else stage for stage in stages
        ]
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
