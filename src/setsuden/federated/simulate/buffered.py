"""Asynchronous rounds: a fixed number of clients at work, an update whenever enough results are in; in both forms."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet
from setsuden.federated.fleet.hours import HOUR_S, by_hour
from setsuden.federated.price.forms import rule as rule_of
from setsuden.federated.price.rule import Rule
from setsuden.federated.price.tariff import Tariff, tariff
from setsuden.federated.simulate.events import Crowd, Index, Turns, add, spent
from setsuden.federated.simulate.schedule import Buffered, Stages, Work, stages
from setsuden.federated.simulate.usage import NETWORK, Simulation, Usage, billed, simulated

Array = NDArray[np.float64]
_LONGEST_H = 24 * 366 * 10
# of E[X^2] / 2 E[X], X the length of a turn: from here on the expansion is within half a per cent of drawn courses
_FORGOTTEN = 20.0
_DRAWN = 200_000


class _Mean:
    """Expectations over one turn of a client of each group: sums over the group's clients, (groups,)."""

    def __init__(self, fleet: Fleet, work: Work, times: Stages, schedule: Buffered) -> None:
        limit = schedule.timeout_s
        groups = len(fleet.groups)
        drop = np.array([group.drop_out for group in fleet.groups])
        self.clients = np.bincount(fleet.group, minlength=groups).astype(np.float64)

        def summed(values: Array) -> Array:
            return np.bincount(fleet.group, values, minlength=groups).astype(np.float64)

        lasting = np.minimum(times.total, limit)
        delivers = times.total <= limit
        until = np.minimum(times.down + schedule.drop_at * times.compute, limit)
        keep = 1 - drop
        self.arrive = keep * summed(delivers.astype(np.float64))
        self.length = keep * summed(lasting) + drop * summed(until)
        self.square = keep * summed(lasting**2) + drop * summed(until**2)
        self.arrive_length = keep * summed(lasting * delivers)
        done = np.where(delivers, times.compute, 0.0)
        cut = np.clip(lasting - times.down, 0.0, times.compute) - done
        dropped = np.clip(until - times.down, 0.0, times.compute)
        sent = np.clip(lasting - times.down - times.compute, 0.0, times.up)
        speed = times.macs / times.compute
        self.amounts = {
            "compute_s": keep * summed(done),
            "lost_s": keep * summed(cut) + drop * summed(dropped),
            "macs": keep * summed(done * speed),
            "lost_macs": keep * summed(cut * speed) + drop * summed(dropped * speed),
            "down_s": summed(times.down),
            "down_bytes": self.clients * work.bytes_down,
            "up_s": keep * summed(sent),
            "up_bytes": keep * summed(sent * fleet.up),
            "wait_s": np.zeros(groups),
        }
        # amount x time since the turn began, for what is under way when the training ends
        self.early = {
            "compute_s": keep * summed(done * (times.down + done / 2)),
            "lost_s": keep * summed(cut * (times.down + cut / 2)) + drop * summed(dropped * (times.down + dropped / 2)),
            "down_s": summed(times.down**2 / 2),
            "up_s": keep * summed(sent * (times.down + times.compute + sent / 2)),
        }


def closed_form_buffered(
    fleet: Fleet, work: Work, schedule: Buffered, form: str | Rule = "setsuden", **terms: object
) -> Simulation:
    """Expected use and bill of ``schedule``, by renewal theory.

    In each hour the ``concurrency`` slots turn over at the mean length of a turn of those awake then; what the
    synchronised start and the turns under way at the end add is taken to second order (Wald). Hours in which nobody is
    awake stand still. A training that is over before the start is forgotten is drawn instead, some times, for its mean.
    """
    chosen = rule_of(form, **terms) if isinstance(form, str) else form
    rates, times = tariff(fleet, chosen), stages(fleet, work)
    mean = _Mean(fleet, work, times, schedule)
    forgotten_s = awake_s = 0.0
    awake = by_hour([group.available for group in fleet.groups])
    wanted = float(schedule.rounds * schedule.buffer)
    usage = Usage(len(fleet.groups))
    clock = first = fleet.start_utc_hour * HOUR_S
    arrived, turned, begun = 0.0, 0.0, False
    rows = np.arange(rates.groups)
    for _ in range(_LONGEST_H):
        share = awake[:, int(clock / HOUR_S + 1e-12) % awake.shape[1]]
        population = float(mean.clients @ share)
        boundary = (math.floor(clock / HOUR_S + 1e-12) + 1) * HOUR_S
        if population < 1e-9:
            clock = boundary
            continue
        weight = share / population
        length, answer = float(weight @ mean.length), float(weight @ mean.arrive)
        if answer <= 0:
            raise InputError("nobody can deliver before the time-out", place=fleet.name, value=schedule.timeout_s)
        slots = float(min(schedule.concurrency, max(1.0, population)))
        if not begun:
            begun = True
            extra = float(weight @ mean.square) / (2 * length**2)
            forgotten_s = _FORGOTTEN * extra * length
            arrived = slots * (answer * extra - float(weight @ mean.arrive_length) / length)
            turned = slots * extra
            _weigh(
                usage, mean, weight, turned, slots / length, rates.intensity.at(rows, np.full(len(rows), clock - first))
            )
        rate = slots / length
        step = min(boundary - clock, max(wanted - arrived, 0.0) / (rate * answer))
        start, end = np.full(len(rows), clock - first), np.full(len(rows), clock - first + step)
        _weigh(usage, mean, weight, rate * step, 0.0, rates.intensity.mean(rows, start, end))
        turned += rate * step
        arrived += rate * step * answer
        clock += step
        awake_s += step
        if arrived >= wanted - 1e-9:
            break
    duration = clock - first
    if awake_s < forgotten_s:
        return _mean_of_courses(fleet, work, times, schedule, chosen, rates, max(1.0, turned))
    _networks(usage, chosen, rates.intensity.mean(np.array([rates.groups]), np.zeros(1), np.full(1, duration)))
    return _priced(fleet, schedule, chosen, rates, usage, duration, turned)


def _weigh(usage: Usage, mean: _Mean, weight: Array, turns: float, ending: float, intensity: Array) -> None:
    """Add so many turns, less what ``ending`` of them per second would still have used."""
    for name, amount in mean.amounts.items():
        base = {"macs": "compute_s", "lost_macs": "lost_s", "down_bytes": "down_s", "up_bytes": "up_s"}.get(name, name)
        early = mean.early.get(base)
        used = weight * amount * turns
        if ending and early is not None:
            whole = mean.amounts[base]
            scale = np.divide(amount, whole, out=np.zeros_like(amount), where=whole > 0)
            used = used - weight * early * scale * ending
        usage.amount[name] += used
        usage.weighted[name] += used * intensity


def _networks(usage: Usage, rule: Rule, server: Array) -> None:
    for name in NETWORK:
        central = rule.network_grid == "server" or (rule.network_grid == "sender" and name.startswith("down"))
        usage.network[name] += usage.amount[name] * server[0] if central else usage.weighted[name]


def events_buffered(
    fleet: Fleet, work: Work, schedule: Buffered, form: str | Rule = "setsuden", *, seed: int = 0, **terms: object
) -> Simulation:
    """One drawn course; no more are at work than are awake.

    Slots draw independently of each other: in a small fleet a client may be at work in two.
    """
    chosen = rule_of(form, **terms) if isinstance(form, str) else form
    rates = tariff(fleet, chosen)
    usage, duration_s, asked = _course(fleet, work, stages(fleet, work), schedule, chosen, rates, seed)
    return _priced(fleet, schedule, chosen, rates, usage, duration_s, asked)


def _mean_of_courses(
    fleet: Fleet, work: Work, times: Stages, schedule: Buffered, rule: Rule, rates: Tariff, turns: float
) -> Simulation:
    """The mean over as many drawn courses as make ``_DRAWN`` turns, 64 at most; always the same draws."""
    count = min(64, math.ceil(_DRAWN / turns))
    usage = Usage(len(fleet.groups))
    duration_s = asked = 0.0
    for seed in range(count):
        one, lasting, begun = _course(fleet, work, times, schedule, rule, rates, seed)
        for whole, part in ((usage.amount, one.amount), (usage.weighted, one.weighted), (usage.network, one.network)):
            for name, values in part.items():
                whole[name] += values / count
        duration_s, asked = duration_s + lasting / count, asked + begun / count
    return _priced(fleet, schedule, rule, rates, usage, duration_s, asked)


def _priced(
    fleet: Fleet, schedule: Buffered, rule: Rule, rates: Tariff, usage: Usage, duration_s: float, asked: float
) -> Simulation:
    busy = schedule.server_macs / fleet.server.device.macs_per_s * schedule.rounds
    bill = billed(fleet, rule, rates, usage, duration_s, busy)
    return simulated(bill, usage, schedule.rounds, duration_s, asked, float(schedule.rounds * schedule.buffer))


def _course(
    fleet: Fleet, work: Work, times: Stages, schedule: Buffered, rule: Rule, rates: Tariff, seed: int
) -> tuple[Usage, float, int]:
    """What one drawn course uses, its duration in seconds, and how many turns were begun."""
    rng = np.random.default_rng([seed, 0xA57C])
    crowd = Crowd(fleet, rng)
    drop = np.array([group.drop_out for group in fleet.groups])
    wanted, first = schedule.rounds * schedule.buffer, fleet.start_utc_hour * HOUR_S
    # by hour: no more are at work than are awake, and one where anybody ever is
    room = np.where(crowd.expected < 1e-9, 0.0, np.maximum(np.ceil(crowd.expected - 1e-9), 1.0)).astype(np.intp)
    if not room.any():
        raise InputError("no client is ever awake", place=fleet.name)
    clock = np.full(min(schedule.concurrency, int(room.max())), first)
    held: list[Turns] = []
    answers = np.zeros(0)
    bound = math.inf
    while True:
        active = np.flatnonzero(clock < bound)
        if not len(active):
            break
        client, begin = _awake(crowd, room, clock[active], active)
        dropped = rng.random(len(client)) < drop[fleet.group[client]]
        down, compute = times.down[client], times.compute[client]
        total = down + compute + times.up[client]
        delivers = ~dropped & (total <= schedule.timeout_s)
        until = np.where(dropped, down + schedule.drop_at * compute, total)
        lasting = np.minimum(until, schedule.timeout_s)
        held.append(Turns(client, np.zeros(len(client), np.intp), begin, lasting, dropped, delivers))
        clock[active] = begin + lasting
        answers = np.concatenate([answers, (begin + lasting)[delivers]])
        if len(answers) >= wanted:
            answers = np.partition(answers, wanted - 1)[:wanted]
            bound = float(answers.max())
    usage = Usage(len(fleet.groups))
    asked = 0
    for drawn in held:
        mine = drawn.only(drawn.start_s < bound)
        ended = mine.start_s + mine.cut_s <= bound
        left_s = bound - mine.start_s
        mine = mine._replace(start_s=mine.start_s - first, cut_s=np.minimum(mine.cut_s, left_s), done=mine.done & ended)
        took = spent(times, mine, schedule.drop_at, False)
        took = took._replace(down=np.minimum(took.down, left_s))  # the end cuts a download, too
        add(usage, fleet, times, work, rates, rule, mine, took)
        asked += len(mine.client)
    return usage, bound - first, asked


def _awake(crowd: Crowd, room: NDArray[np.intp], clock: Array, slot: Index) -> tuple[Index, Array]:
    """One client awake for each slot at its time, and the time: the next hour in which there is one for that slot."""
    begin = clock.copy()
    client = np.full(len(begin), -1, dtype=np.intp)
    while True:
        hour = (begin / HOUR_S + 1e-12).astype(np.intp) % len(room)
        nobody = room[hour] <= slot
        if not nobody.any():
            break
        begin[nobody] = (np.floor(begin[nobody] / HOUR_S + 1e-12) + 1) * HOUR_S
    open_ = np.arange(len(begin))
    while len(open_):
        found = crowd.rng.integers(crowd.fleet.clients, size=len(open_))
        share = crowd.awake[crowd.fleet.group[found], hour[open_]]
        taken = crowd.rng.random(len(open_)) < share
        client[open_[taken]] = found[taken]
        open_ = open_[~taken]
    return client, begin
