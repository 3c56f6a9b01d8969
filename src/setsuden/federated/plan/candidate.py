"""One setting of a plan, simulated to its target and priced at few, likely and many rounds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from setsuden.decision import Composite, Option, Part
from setsuden.federated.fleet import Fleet
from setsuden.federated.plan.rounds import RoundsToTarget
from setsuden.federated.plan.setting import Setting
from setsuden.federated.price import Bill, Rule
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


def simulated(
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
    """``setting`` simulated to its target, and the smaller half-width of its carbon over the best figure.

    made     work and tables that settings with the same epochs and packing share; filled on the way
    beside   whether centralised training stands among the options: figures are then given by party
    """
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
    needed = rounds.of(setting, common.buffer_share)
    runs = _runs(there, *made[key], setting, needed, common, rule)
    few, middle, many = runs
    metrics: dict[str, Estimate | Composite] = {}
    for name in ("carbon", "energy"):
        if beside:
            metrics[name] = by_party([run.bill for run in runs], name, needed.provenance)
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
            buffer=setting.updates(common.buffer_share),
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


def by_party(bills: Sequence[Bill], name: str, provenance: Provenance) -> Composite:
    """``carbon`` or ``energy`` of bills with few, likely and many rounds, in parts that all options share."""
    parts = []
    few, middle, many = (bill.by_party() for bill in bills)
    for party, cost in middle.items():
        low, high = (getattr(bill[party], name) if party in bill else getattr(cost, name) for bill in (few, many))
        parts.append(Part(_between(low.low, getattr(cost, name), high.high, provenance), source=party))
    return Composite(tuple(parts))
