"""The plan: every setting simulated to its target, the front, the choice, and whether to federate at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from setsuden.decision import Composite, Constraint, Decision, Objective, Option, Part, front, recommend
from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet
from setsuden.federated.plan.rounds import RoundsToTarget
from setsuden.federated.plan.setting import Setting
from setsuden.federated.price import Bill, Rule, Turn, turning_points
from setsuden.federated.price.forms import rule as rule_of
from setsuden.federated.simulate import (
    Buffered,
    Simulation,
    Synchronous,
    Work,
    closed_form,
    closed_form_buffered,
    stages,
)
from setsuden.federated.simulate.closed import kinds_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What all settings have in common: see ``simulate.Synchronous`` and ``simulate.Buffered``.

    buffer_share   asynchronous: results that make an update, as a share of the concurrency
    """

    over_selection: float = 1.0
    timeout_s: float = math.inf
    waiting: bool = False
    drop_at: float = 0.5
    server_macs: float = 0.0
    buffer_share: float = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One setting, simulated to its target.

    rounds       to the target, of the rule; ``simulation`` at the best figure of it
    never_asked  share of the clients that this setting leaves out for good
    """

    setting: Setting
    rounds: Estimate
    simulation: Simulation
    option: Option
    never_asked: float


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
        candidate, price_error = _candidate(fleet, work, rounds, setting, quality, common, chosen, made, beside)
        candidates.append(candidate)
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


def _candidate(
    fleet: Fleet,
    work: Work,
    rounds: RoundsToTarget,
    setting: Setting,
    quality: Mapping[str, Estimate] | Estimate | None,
    common: Around,
    rule: Rule,
    made: dict[tuple[int, str], tuple[Work, Tables]],
    beside: bool,
) -> tuple[Candidate, float]:
    there = replace(setting.asking.of(fleet), start_utc_hour=setting.start_hour)
    key = (setting.epochs, setting.packing.name)
    if key not in made:
        packed = replace(
            work,
            epochs=work.epochs * setting.epochs,
            bytes_up=max(1, round(work.bytes_up * setting.packing.up)),
            bytes_down=max(1, round(work.bytes_down * setting.packing.down)),
        )
        made[key] = packed, Tables(fleet, stages(fleet, packed), common.timeout_s, common.drop_at)
    needed = rounds.of(setting)
    runs = _runs(there, *made[key], setting, needed, common, rule)
    few, middle, many = runs
    metrics: dict[str, Estimate | Composite] = {}
    for name in ("carbon", "energy"):
        if beside:
            metrics[name] = _by_party([run.bill for run in runs], name, needed.provenance)
        else:
            ends = getattr(few.bill, name).low, getattr(many.bill, name).high
            metrics[name] = _between(ends[0], getattr(middle.bill, name), ends[1], needed.provenance)
    times = sorted(run.duration_s for run in runs)
    metrics["time"] = Estimate(middle.duration_s, times[0], times[2], "s", Provenance.ESTIMATED, None).weakened(
        needed.provenance
    )
    reached = quality.get(setting.packing.name, quality.get("plain")) if isinstance(quality, Mapping) else quality
    if reached is not None:
        metrics["quality"] = reached
    attributes: dict[str, str | int | float | None] = {
        "epochs": setting.epochs,
        "concurrency": setting.concurrency,
        "packing": setting.packing.name,
        "asking": setting.asking.name,
        "asynchronous": str(setting.asynchronous),
        "start_hour": setting.start_hour,
    }
    carbon = middle.bill.carbon
    width = min((carbon.value - carbon.low), (carbon.high - carbon.value)) / carbon.value if carbon.value else 0.0
    never = setting.asking.never_asked(fleet)
    return Candidate(setting, needed, middle, Option(setting.id, metrics, attributes=attributes), never), width


def _runs(
    fleet: Fleet, work: Work, tables: Tables, setting: Setting, needed: Estimate, common: Around, rule: Rule
) -> list[Simulation]:
    """At the low end, the best figure and the high end of the rounds needed."""
    numbers = [max(1, math.ceil(rounds - 1e-9)) for rounds in (needed.low, needed.value, needed.high)]
    if setting.asynchronous:
        buffered = Buffered(
            rounds=1,
            concurrency=setting.concurrency,
            buffer=max(1, round(setting.concurrency * common.buffer_share)),
            timeout_s=common.timeout_s,
            drop_at=common.drop_at,
            server_macs=common.server_macs,
        )
        return [closed_form_buffered(fleet, work, replace(buffered, rounds=number), rule) for number in numbers]
    schedule = Synchronous(
        rounds=1,
        cohort=setting.concurrency,
        over_selection=common.over_selection,
        timeout_s=common.timeout_s,
        waiting=common.waiting,
        drop_at=common.drop_at,
        server_macs=common.server_macs,
    )
    kinds = kinds_of(fleet, work, schedule, tables)
    return [closed_form(fleet, work, replace(schedule, rounds=number), rule, kinds=kinds) for number in numbers]


def _between(low: float, middle: Estimate, high: float, provenance: Provenance) -> Estimate:
    found = replace(middle, low=min(low, middle.value), high=max(high, middle.value))
    return found.within(None).weakened(provenance)


def _by_party(bills: Sequence[Bill], name: str, provenance: Provenance) -> Composite:
    """``carbon`` or ``energy`` of bills with few, likely and many rounds, in parts that all options share."""
    parts = []
    few, middle, many = (bill.by_party() for bill in bills)
    for party, cost in middle.items():
        low, high = (getattr(bill[party], name) if party in bill else getattr(cost, name) for bill in (few, many))
        parts.append(Part(_between(low.low, getattr(cost, name), high.high, provenance), source=party))
    return Composite(tuple(parts))


def _central(bill: Bill, quality: Estimate | None) -> Option:
    metrics: dict[str, Estimate | Composite] = {
        "carbon": _by_party([bill] * 3, "carbon", bill.carbon.provenance),
        "energy": _by_party([bill] * 3, "energy", bill.energy.provenance),
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
