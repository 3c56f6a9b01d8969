"""A declared plan, made: every setting simulated to the target, beside training in one place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.federated.plan import (
    Around,
    Asking,
    Limits,
    Packing,
    Plan,
    RoundsToTarget,
    Setting,
    from_trace,
    plan,
    settings,
)
from setsuden.federated.plan.rounds import BY_CONCURRENCY, BY_EPOCHS
from setsuden.federated.plan.setting import PLAIN, RANDOM
from setsuden.federated.price import Bill, central
from setsuden.federated.scenario.declaration import CentralPlan, PlanDeclaration, RoundsChoice
from setsuden.federated.scenario.reading import Ground, ground, planning
from setsuden.federated.simulate import drawn_header
from setsuden.federated.trace import Trace
from setsuden.places import Declared
from setsuden.quantity import Estimate, Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A plan with what it was made of; ``centralised`` None where the data may not leave."""

    said: PlanDeclaration
    ground: Ground
    rounds: RoundsToTarget
    plan: Plan
    centralised: Bill | None


def run(declared: Declared, folder: Path) -> Planned:
    """Plan what was declared; InputError with the place of the first problem."""
    said = planning(declared)
    base = ground(declared, said, folder)
    rounds = declared.at(("rounds",), lambda: _rounds(said.rounds, folder))
    choices = declared.at(("choices",), lambda: _choices(said))
    inside = said.centralised or None
    bill = None if inside is None else declared.at(("centralised",), lambda: _central(base, inside))
    around = said.around
    made = declared.at(
        ("choices",),
        lambda: plan(
            base.fleet,
            base.work,
            rounds,
            choices,
            limits=Limits(carbon_g=said.limits.carbon_g, time_s=said.limits.time_s, quality=said.limits.quality),
            objective=said.objective,
            quality=_quality(said),
            around=Around(
                over_selection=around.over_selection,
                timeout_s=math.inf if around.timeout_s is None else around.timeout_s,
                waiting=around.waiting,
                drop_at=around.drop_at,
                server_macs=around.server_macs,
                buffer_share=around.buffer_share,
            ),
            centralised=bill,
            centralised_quality=None if inside is None or inside.quality is None else inside.quality.estimate("1"),
            form=base.rule,
        ),
    )
    return Planned(said, base, rounds, made, bill)


def document(planned: Planned) -> dict[str, Any]:
    """Plain data, schema ``federate-plan``."""
    made = planned.plan
    return {
        "schema": "setsuden:federate-plan",
        "name": planned.said.name,
        "clients": planned.said.clients,
        "answer": made.answer,
        "decision": made.decision.to_json(),
        "front": list(made.front),
        "settings": [
            {
                "id": one.setting.id,
                "epochs": one.setting.epochs,
                "concurrency": one.setting.concurrency,
                "packing": one.setting.packing.name,
                "asking": one.setting.asking.name,
                "asynchronous": one.setting.asynchronous,
                "start_hour": one.setting.start_hour,
                "rounds": one.rounds.to_json(),
                "duration_s": one.simulation.duration_s,
                "energy_j": one.simulation.energy_j,
                "carbon_g": one.simulation.carbon_g,
                "never_asked": one.never_asked,
            }
            for one in made.candidates
        ],
        "turns": [turn.to_json() for turn in made.turns],
        "centralised": None if planned.centralised is None else planned.centralised.to_json(),
        "rounds_rule": made.assumptions[0],
    }


def _rounds(said: RoundsChoice, folder: Path) -> RoundsToTarget:
    at = Setting(epochs=said.epochs, concurrency=said.concurrency)
    if said.trace is not None:
        found = from_trace(Trace.load(folder / said.trace), at).rounds
    else:
        assert said.value is not None
        low, high = said.low or said.value, said.high or said.value
        found = Estimate(said.value, low, high, "1", Provenance.ASSUMED)
    return RoundsToTarget(
        rounds=found,
        at=at,
        by_epochs=BY_EPOCHS if said.by_epochs is None else said.by_epochs.estimate("1"),
        by_concurrency=BY_CONCURRENCY if said.by_concurrency is None else said.by_concurrency.estimate("1"),
        factors={name: factor.estimate("1") for name, factor in said.factors.items()},
    )


def _choices(said: PlanDeclaration) -> tuple[Setting, ...]:
    choices = said.choices
    return settings(
        epochs=choices.epochs,
        concurrency=choices.concurrency,
        packing=[Packing(name=one.name, up=one.up, down=one.down) for one in choices.packing] or [PLAIN],
        asking=[Asking(name=one.name, order=one.order, share=one.share) for one in choices.asking] or [RANDOM],
        asynchronous=choices.asynchronous,
        start_hours=choices.start_hours,
    )


def _quality(said: PlanDeclaration) -> dict[str, Estimate] | Estimate | None:
    if said.quality is None:
        return None
    if isinstance(said.quality, dict):
        return {name: figure.estimate("1") for name, figure in said.quality.items()}
    return said.quality.estimate("1")


def _central(base: Ground, said: CentralPlan) -> Bill:
    if said.upload and base.sample_bytes is None:
        raise InputError(
            "sending the data to one place needs the bytes of a raw sample",
            remedy="Give work.sample_bytes, or upload: false where the data already lies there.",
        )
    header = drawn_header(base.fleet, base.work, base.sample_bytes or 0)
    return central(
        header, base.fleet, macs=said.samples * base.work.macs_per_sample, upload=said.upload, form=base.rule
    )
