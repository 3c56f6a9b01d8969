"""The plan: every setting simulated to its target, the front, the choice, and whether to federate at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from setsuden.decision import Composite, Constraint, Decision, Objective, Option, front, recommend
from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet
from setsuden.federated.plan.candidate import Around, Candidate, by_party, simulated
from setsuden.federated.plan.rounds import RoundsToTarget
from setsuden.federated.plan.setting import Setting
from setsuden.federated.price import Bill, Rule, Turn, turning_points
from setsuden.federated.price.forms import rule as rule_of
from setsuden.federated.simulate import Work
from setsuden.federated.simulate.tables import Tables
from setsuden.quantity import Estimate, Provenance

Answer = Literal["federated", "centralised", "neither"]
CENTRAL = "centralised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What must be kept; None: not limited."""

    carbon_g: float | None = None
    time_s: float | None = None
    quality: float | None = None

    def constraints(self) -> tuple[Constraint, ...]:
        """As the decision takes them."""
        found = []
        if self.carbon_g is not None:
            found.append(Constraint("carbon", self.carbon_g, "at_most", "carbon budget"))
        if self.time_s is not None:
            found.append(Constraint("time", self.time_s, "at_most", "deadline"))
        if self.quality is not None:
            found.append(Constraint("quality", self.quality, "at_least", "quality floor"))
        return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to do, how sure that is, and what would change it.

    answer       ``federated``, ``centralised``, or ``neither``: nothing keeps every limit
    decision     over all settings, and centralised training where it may be done
    front        ids that nothing beats on carbon, time and quality at once, least carbon first
    turns        where the best federation and centralised training change places; empty without the latter
    assumptions  the rule of rounds and the boundary of the price, to be printed with the plan
    """

    answer: Answer
    decision: Decision
    front: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    turns: tuple[Turn, ...]
    assumptions: tuple[str, ...]

    def candidate(self, setting_id: str) -> Candidate:
        """One setting by its id."""
        for one in self.candidates:
            if one.setting.id == setting_id:
                return one
        raise InputError("no such setting in this plan", value=setting_id)


def plan(
    fleet: Fleet,
    work: Work,
    rounds: RoundsToTarget,
    choices: Sequence[Setting],
    *,
    limits: Limits | None = None,
    objective: Literal["carbon", "energy", "time"] = "carbon",
    quality: Mapping[str, Estimate] | Estimate | None = None,
    around: Around | None = None,
    centralised: Bill | None = None,
    centralised_quality: Estimate | None = None,
    form: str | Rule = "setsuden",
    **terms: object,
) -> Plan:
    """Simulate each of ``choices`` to its target and choose.

    work          of one epoch with plain bytes; epochs and packing of a setting change it
    quality       at the target: of all settings, or by the name of a packing (``plain`` for the rest); None: unknown,
                  so that no floor is met
    centralised   the bill of training in one place to the same target; None where the data may not leave

    Between settings the error of the price is common and cancels; that of the rounds does not. With centralised
    training among the options the figures of one party (clients, links, server) are one unknown over all of them, the
    rounds included: the same devices, networks and rule are meant, and many settings are not better than one place
    because many were drawn.
    """
    if not choices:
        raise InputError("there is nothing to plan", remedy="Give at least one setting.")
    chosen = rule_of(form, **terms) if isinstance(form, str) else form
    kept, common = limits or Limits(), around or Around()
    made: dict[tuple[int, str], tuple[Work, Tables]] = {}
    candidates = []
    shared: list[float] = []
    for setting in dict.fromkeys(choices):
        beside = centralised is not None
        one, price_error = simulated(fleet, work, rounds, setting, quality, common, chosen, made, beside)
        candidates.append(one)
        shared.append(price_error)
    options = [one.option for one in candidates]
    if centralised is not None:
        options.append(_central(centralised, centralised_quality))
    constraints = kept.constraints()
    decision = recommend(
        options,
        Objective(objective),
        constraints,
        shared_relative_error=None if centralised is not None else dict.fromkeys(("carbon", "energy"), min(shared)),
    )
    best = decision.recommended
    answer: Answer = "neither" if best is None else "centralised" if best == CENTRAL else "federated"
    return Plan(
        answer,
        decision,
        _front(options),
        tuple(candidates),
        _turns(candidates, centralised, "energy" if objective == "energy" else "carbon"),
        (rounds.rule(), *(f"{name}: {text}" for name, text in chosen.boundary().items())),
    )


def _central(bill: Bill, quality: Estimate | None) -> Option:
    metrics: dict[str, Estimate | Composite] = {
        "carbon": by_party([bill] * 3, "carbon", bill.carbon.provenance),
        "energy": by_party([bill] * 3, "energy", bill.energy.provenance),
        "time": Estimate.exact(bill.ended_s, "s", Provenance.ASSUMED),
    }
    if quality is not None:
        metrics["quality"] = quality
    return Option(CENTRAL, metrics)


def _front(options: Sequence[Option]) -> tuple[str, ...]:
    """Least carbon, time, and most quality, by best figures; an unknown quality is the same for all."""
    rows = []
    for option in options:
        figures = [option.value_of(name, {}) for name in ("carbon", "time", "quality")]
        carbon, time, quality = (math.inf if figure is None else figure.value for figure in figures)
        rows.append((carbon, time, -quality if math.isfinite(quality) else 0.0))
    values = np.array(rows)
    order = sorted(np.flatnonzero(front(values)).tolist(), key=lambda index: (rows[index][0], options[index].id))
    return tuple(options[index].id for index in order)


def _turns(
    candidates: Sequence[Candidate], centralised: Bill | None, metric: Literal["carbon", "energy"]
) -> tuple[Turn, ...]:
    if centralised is None:
        return ()
    best = min(candidates, key=lambda one: getattr(one.simulation.bill, metric).value).simulation
    return turning_points(
        best.bill,
        centralised,
        moved_bytes=best.moved_bytes,
        macs=best.macs,
        rounds=float(best.rounds),
        metric=metric,
    )
