"""A synchronous federation drawn event by event: who is asked, who drops out, who is cut, round after round."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet
from setsuden.federated.fleet.hours import HOUR_S, by_hour
from setsuden.federated.price.forms import rule as rule_of
from setsuden.federated.price.rule import Rule
from setsuden.federated.price.tariff import Tariff, tariff
from setsuden.federated.simulate.closed import check
from setsuden.federated.simulate.schedule import Stages, Synchronous, Work, stages
from setsuden.federated.simulate.usage import Simulation, Usage, billed, simulated

Array = NDArray[np.float64]
Index = NDArray[np.intp]
_BATCH = 1 << 17
_SPARSE = 4.0  # clients awake per client asked, from which on drawing at random finds enough of them


class Turns(NamedTuple):
    """What was drawn, row by row: client, round, the round's start, seconds until it was cut (inf: never), fate."""

    client: Index
    round: Index
    start_s: Array
    cut_s: Array
    dropped: NDArray[np.bool_]
    done: NDArray[np.bool_]

    def only(self, rows: NDArray[np.bool_]) -> Turns:
        """The rows that are true."""
        return Turns(
            self.client[rows],
            self.round[rows],
            self.start_s[rows],
            self.cut_s[rows],
            self.dropped[rows],
            self.done[rows],
        )


class Spent(NamedTuple):
    """Seconds of each stage that a row really took."""

    down: Array
    compute: Array
    up: Array
    wait: Array


class Crowd:
    """Draws clients that are awake."""

    def __init__(self, fleet: Fleet, rng: np.random.Generator) -> None:
        self.fleet, self.rng = fleet, rng
        self.awake = by_hour([group.available for group in fleet.groups])
        counts = np.bincount(fleet.group, minlength=len(fleet.groups))
        self.expected = counts @ self.awake

    def hour(self, clock_s: float) -> int:
        """Column of ``awake`` at a time of the day."""
        return int(clock_s / HOUR_S + 1e-12) % int(self.awake.shape[1])

    def draw(self, wanted: int, hour: int) -> Index:
        """Up to ``wanted`` different clients, a uniform draw from those awake."""
        share = self.awake[:, hour]
        if self.expected[hour] < _SPARSE * wanted:
            here = np.flatnonzero(self.rng.random(self.fleet.clients) < share[self.fleet.group])
            return here if len(here) <= wanted else self.rng.choice(here, wanted, replace=False)
        rate = self.expected[hour] / self.fleet.clients
        found = np.zeros(0, dtype=np.intp)
        while len(found) < wanted:
            size = int((wanted - len(found)) / rate * 1.05) + 16
            more = self.rng.integers(self.fleet.clients, size=size)
            if rate < 1.0:
                more = more[self.rng.random(size) < share[self.fleet.group[more]]]
            found = np.concatenate([found, more])
            first = np.unique(found, return_index=True)[1]
            if len(first) < len(found):
                found = found[np.sort(first)]
        return found[:wanted]


def events(
    fleet: Fleet, work: Work, schedule: Synchronous, form: str | Rule = "setsuden", *, seed: int = 0, **terms: object
) -> Simulation:
    """One drawn course of ``schedule`` on ``fleet``; the same seed draws the same course."""
    chosen = rule_of(form, **terms) if isinstance(form, str) else form
    rates, times = tariff(fleet, chosen), stages(fleet, work)
    usage = Usage(len(fleet.groups))
    asked = delivered = 0
    end = 0.0
    for turns, ended in _batches(fleet, times, schedule, seed):
        end = ended
        _add(usage, fleet, times, work, schedule, rates, chosen, turns)
        asked, delivered = asked + len(turns.client), delivered + int(turns.done.sum())
    busy = schedule.server_macs / fleet.server.device.macs_per_s * schedule.rounds
    return simulated(billed(fleet, chosen, rates, usage, end, busy), usage, schedule.rounds, end, asked, delivered)


def course(fleet: Fleet, times: Stages, schedule: Synchronous, seed: int) -> tuple[Turns, float]:
    """All rows of one drawn course, and its duration in seconds; for small ones."""
    parts = list(_batches(fleet, times, schedule, seed))
    rows = [np.concatenate(column) for column in zip(*(turns for turns, _ in parts), strict=True)]
    return Turns(*rows), parts[-1][1]


def _batches(fleet: Fleet, times: Stages, schedule: Synchronous, seed: int) -> Iterator[tuple[Turns, float]]:
    check(fleet, schedule)
    rng = np.random.default_rng([seed, 0xE7E27])
    crowd = Crowd(fleet, rng)
    drop = np.array([group.drop_out for group in fleet.groups])
    total = times.total
    between_s = schedule.server_macs / fleet.server.device.macs_per_s
    first = clock = fleet.start_utc_hour * HOUR_S
    held: list[Turns] = []
    rows = 0
    for number in range(schedule.rounds):
        client, clock = _asked(crowd, schedule.asked, clock, fleet)
        lasting = total[client]
        dropped = rng.random(len(client)) < drop[fleet.group[client]] if drop.any() else np.zeros(len(client), np.bool_)
        arrival = np.where(dropped | (lasting > schedule.timeout_s), np.inf, lasting)
        k = min(schedule.cohort, len(client))
        cut = min(float(np.partition(arrival, k - 1)[k - 1]), schedule.timeout_s)
        ends = np.full(len(client), cut)
        start = np.full(len(client), clock - first)
        held.append(Turns(client, np.full(len(client), number), start, ends, dropped, arrival <= cut))
        clock += cut + between_s
        rows += len(client)
        if rows >= _BATCH or number == schedule.rounds - 1:
            yield Turns(*(np.concatenate(column) for column in zip(*held, strict=True))), clock - first
            held, rows = [], 0


def _asked(crowd: Crowd, wanted: int, clock: float, fleet: Fleet) -> tuple[Index, float]:
    """Who is asked, and when: at the next hour at which anybody is awake."""
    for _ in range(crowd.awake.shape[1] + 1):
        found = crowd.draw(wanted, crowd.hour(clock))
        if len(found):
            return found, clock
        clock = (math.floor(clock / HOUR_S + 1e-12) + 1) * HOUR_S
    raise InputError("nobody was awake for a whole period", place=fleet.name)


def spent(times: Stages, turns: Turns, drop_at: float, waiting: bool) -> Spent:
    """Seconds of each stage until the turn was over: delivered, dropped out or cut; a download is never cut."""
    down, compute, up = times.down[turns.client], times.compute[turns.client], times.up[turns.client]
    limit = np.where(turns.dropped, drop_at * compute, compute)
    computed = np.where(turns.done, compute, np.clip(turns.cut_s - down, 0.0, limit))
    sent = np.where(turns.done, up, np.clip(turns.cut_s - down - compute, 0.0, up) * ~turns.dropped)
    wait = np.where(turns.done & waiting, np.maximum(turns.cut_s - down - compute - up, 0.0), 0.0)
    return Spent(down, computed, sent, wait)


def _add(
    usage: Usage,
    fleet: Fleet,
    times: Stages,
    work: Work,
    schedule: Synchronous,
    rates: Tariff,
    rule: Rule,
    turns: Turns,
) -> None:
    took = spent(times, turns, schedule.drop_at, schedule.waiting)
    add(usage, fleet, times, work, rates, rule, turns, took)


def add(
    usage: Usage,
    fleet: Fleet,
    times: Stages,
    work: Work,
    rates: Tariff,
    rule: Rule,
    turns: Turns,
    took: Spent,
) -> None:
    """Add rows to a usage, each stage at the intensity of its own time."""
    group = fleet.group[turns.client].astype(np.intp)
    server = np.full(len(group), rates.groups)
    groups = rates.groups
    received = turns.start_s + took.down
    computed = received + took.compute
    sent = computed + took.up
    macs = times.macs[turns.client] * np.divide(
        took.compute, times.compute[turns.client], out=np.ones(len(group)), where=took.compute > 0
    )
    macs *= took.compute > 0
    lost = ~turns.done
    stages_ = (
        (
            "down",
            turns.start_s,
            received,
            {"down_s": took.down, "down_bytes": work.bytes_down * (took.down / times.down[turns.client])},
        ),
        (
            "compute",
            received,
            computed,
            {
                "compute_s": took.compute * turns.done,
                "macs": macs * turns.done,
                "lost_s": took.compute * lost,
                "lost_macs": macs * lost,
            },
        ),
        ("up", computed, sent, {"up_s": took.up, "up_bytes": fleet.up[turns.client] * took.up}),
        ("wait", sent, sent + took.wait, {"wait_s": took.wait}),
    )
    for stage, begin, end, amounts in stages_:
        own = rates.intensity.mean(group, begin, end)
        central = rule.network_grid == "server" or (rule.network_grid == "sender" and stage == "down")
        there = rates.intensity.mean(server, begin, end) if central and stage in ("down", "up") else own
        for name, values in amounts.items():
            usage.amount[name] += np.bincount(group, values, minlength=groups)
            usage.weighted[name] += np.bincount(group, values * own, minlength=groups)
            if name in usage.network:
                usage.network[name] += np.bincount(group, values * there, minlength=groups)
