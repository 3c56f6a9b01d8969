"""A synchronous federation of any size in closed form: expectations over who is asked, who delivers and who is cut."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet
from setsuden.federated.fleet.hours import HOUR_S, by_hour
from setsuden.federated.price.forms import rule as rule_of
from setsuden.federated.price.rule import Rule
from setsuden.federated.price.tariff import Tariff, tariff
from setsuden.federated.simulate.order import Answers
from setsuden.federated.simulate.schedule import Synchronous, Work, stages
from setsuden.federated.simulate.tables import Tables
from setsuden.federated.simulate.usage import NETWORK, Simulation, Usage, billed, simulated

Array = NDArray[np.float64]
SLICES = 8
_STARTS = 2048
_FEWEST = 1.0
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """What one round is expected to use when it begins while so many of each group are awake.

    lasting_s    until the update is made, the server's own work not included
    amounts      by name, (groups,); ``slices`` by stage, shares of its use in equal pieces of the round (SLICES,)
    """

    lasting_s: float
    asked: float
    delivered: float
    amounts: dict[str, Array]
    slices: dict[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """Rounds that differ by who is awake (None where that is nobody), and which of them each hour of UTC has."""

    rounds: tuple[Round | None, ...]
    of_hour: tuple[int, ...]


def closed_form(
    fleet: Fleet,
    work: Work,
    schedule: Synchronous,
    form: str | Rule = "setsuden",
    *,
    tables: Tables | None = None,
    kinds: Kinds | None = None,
    **terms: object,
) -> Simulation:
    """Expected use and bill of ``schedule`` on ``fleet``.

    tables   of the same speeds, rates, work, time-out and ``drop_at``, to look at many schedules of one fleet
    kinds    of ``kinds_of`` for a schedule that differs in the number of rounds or in the start alone

    Assumes that those asked are a uniform draw without replacement from those awake at the round's start, that a
    client's speed and rates stay as they are, and that a round's start is at its expected time. Raises InputError where
    clients drop out and no time-out ends the round.
    """
    chosen = rule_of(form, **terms) if isinstance(form, str) else form
    rates = tariff(fleet, chosen)
    found = kinds or kinds_of(fleet, work, schedule, tables)
    between_s = schedule.server_macs / fleet.server.device.macs_per_s
    starts, kind = _march(fleet, schedule, found, between_s)
    usage = Usage(len(fleet.groups))
    asked = delivered = 0.0
    for index, one in enumerate(found.rounds):
        if one is None:
            continue
        mine = starts[kind == index]
        if len(mine):
            _charge(usage, one, mine, rates, chosen)
            asked, delivered = asked + one.asked * len(mine), delivered + one.delivered * len(mine)
    last = found.rounds[int(kind[-1])]
    assert last is not None
    duration_s = float(starts[-1]) + last.lasting_s + between_s
    bill = billed(fleet, chosen, rates, usage, duration_s, between_s * schedule.rounds)
    return simulated(bill, usage, schedule.rounds, duration_s, asked, delivered)


def kinds_of(fleet: Fleet, work: Work, schedule: Synchronous, tables: Tables | None = None) -> Kinds:
    """What a round is expected to use in each hour."""
    check(fleet, schedule)
    if tables is None:
        tables = Tables(fleet, stages(fleet, work), schedule.timeout_s, schedule.drop_at)
    awake = by_hour([group.available for group in fleet.groups])
    patterns, which = np.unique(awake, axis=1, return_inverse=True)
    rounds = [expected(fleet, tables, work, schedule, patterns[:, index]) for index in range(patterns.shape[1])]
    return Kinds(tuple(rounds), tuple(np.asarray(which).ravel().tolist()))


def check(fleet: Fleet, schedule: Synchronous) -> None:
    """InputError for a schedule that cannot end on this fleet."""
    if any(group.drop_out for group in fleet.groups) and not math.isfinite(schedule.timeout_s):
        raise InputError("clients drop out, so rounds need a time-out", remedy="Give timeout_s.")
    if not np.any([group.available for group in fleet.groups]):
        raise InputError("no client is ever awake", place=fleet.name)


def expected(fleet: Fleet, tables: Tables, work: Work, schedule: Synchronous, awake: Array) -> Round | None:
    """One round while the share ``awake`` (groups,) of each group can be asked; None where that is nobody."""
    drop = np.array([group.drop_out for group in fleet.groups])
    population = float(tables.clients @ awake)
    if population < _FEWEST - 1e-9:
        return None
    m = min(schedule.asked, int(population + 1e-9))
    k = min(schedule.cohort, m)
    mine, lost = awake * (1 - drop) / population, awake * drop / population  # weight of one client of a group
    n = tables.ended("n")
    arrived, finished = mine @ n, (awake / population) @ n
    answers = Answers(m, population, finished, arrived)
    reached = np.maximum.accumulate(answers.at_least(k))
    reached[0] = 0.0
    ends = np.diff(reached)
    never = 1.0 - reached[-1]
    if never < 1e-9 or not math.isfinite(schedule.timeout_s):
        ends, never = ends / max(reached[-1], _TINY), 0.0
    late = answers.mean_below(k)[-1] if never else 0.0
    done, at, rest, lasting = _coefficients(tables, arrived, ends, never, float(late), k, m)
    sums: dict[str, Array] = {}
    for name in ("n", "compute_s", "up_s", "total_s", "macs"):
        sums[name] = mine * (tables.ended(name) @ done)
    cut: dict[str, Array] = {}
    for name, dropped in (("compute_s", "dropped_s"), ("macs", "dropped_macs"), ("up_s", None), ("up_bytes", None)):
        if name == "macs" and not tables.per_mac:
            cut[name] = cut["compute_s"] * tables.speed  # nobody is charged by it: their number is told to a good mean
            continue
        size = work.bytes_up if name == "up_bytes" else 1.0
        whole = tables.ended("n" if name == "up_bytes" else name) @ rest
        cut[name] = mine * (tables.until(name) @ rest - size * whole)
        if dropped is not None:
            cut[name] += lost * (tables.until(dropped) @ rest)
    asked = m * awake / population
    amounts = {
        "compute_s": sums["compute_s"],
        "macs": sums["macs"],
        "lost_s": cut["compute_s"],
        "lost_macs": cut["macs"],
        "down_s": asked * tables.down_s,
        "down_bytes": asked * tables.clients * work.bytes_down,
        "up_s": sums["up_s"] + cut["up_s"],
        "up_bytes": sums["n"] * work.bytes_up + cut["up_bytes"],
        "wait_s": mine * (tables.ended("n") @ at) - sums["total_s"] if schedule.waiting else np.zeros(len(mine)),
    }
    slices = _slices(tables, mine + lost, lasting)
    return Round(lasting, float(m), float(sums["n"].sum()), amounts, slices)


def _coefficients(
    tables: Tables, arrived: Array, ends: Array, never: float, late: float, k: int, m: int
) -> tuple[Array, Array, Array, float]:
    """Weights of the columns of ``tables``, so that a sum over clients becomes an expectation over a round.

    Given that the k-th answer comes at a point, k - 1 of those asked are a draw from those who answer before, one
    answers then, and the others are a draw from everybody else. Given the time-out, ``late`` have answered.

    done, at    of the sums over those who delivered; ``at`` times the round's end
    rest        of the sums over everybody else; last, the expected end
    """
    columns = len(tables.at)
    left, right = np.arange(columns - 1), np.arange(1, columns)
    before = np.divide(ends * (k - 1), arrived[left], out=np.zeros(columns - 1), where=arrived[left] > _TINY)
    upto = np.divide(ends * (k - 1), arrived[right], out=np.zeros(columns - 1), where=arrived[right] > _TINY)
    step = arrived[right] - arrived[left]
    then = np.divide(ends, step, out=np.zeros(columns - 1), where=step > _TINY)
    others_left = np.divide(
        ends * (m - k), 1 - arrived[left], out=np.zeros(columns - 1), where=arrived[left] < 1 - _TINY
    )
    others = np.divide(ends * (m - k), 1 - arrived[right], out=np.zeros(columns - 1), where=arrived[right] < 1 - _TINY)
    times_left, times = tables.at[left], tables.at[right]
    half = 0.0 if tables.exact else 0.5
    middle = times if tables.exact else (times_left + times) / 2
    done, at, rest = np.zeros(columns), np.zeros(columns), np.zeros(columns)
    own_left, own_right = (before, np.zeros(columns - 1)) if tables.exact else (before * 0.5, upto * 0.5)
    if not tables.exact:
        own_right = own_right + np.where(arrived[left] > _TINY, 0.0, upto * 0.5)
    for weights, scale in ((done, 1.0), (at, middle)):
        weights[left] += (own_left - then) * scale
        weights[right] += (own_right + then) * scale
    rest[left] += others_left * half
    rest[right] += others * (1 - half)
    end = float(ends @ middle)
    if never > 0:
        share = late / arrived[-1] if arrived[-1] > _TINY else 0.0
        done[-1] += never * share
        at[-1] += never * share * tables.at[-1]
        rest[-1] += never * (m - late) / max(1 - arrived[-1], _TINY)
        end += never * float(tables.at[-1])
    return done, at, rest, end


def _slices(tables: Tables, weight: Array, lasting: float) -> dict[str, Array]:
    """In which part of a round each stage is used, shares that add up to 1."""
    edges = np.linspace(0.0, lasting, SLICES + 1)
    found = {}
    for name, table in (
        ("down", tables.until("down_s")),
        ("compute", tables.until("compute_s")),
        ("up", tables.until("up_s")),
        ("wait", tables.waited()),
    ):
        used = np.diff(np.interp(edges, tables.at, weight @ table))
        whole = used.sum()
        found[name] = used / whole if whole > 0 else np.full(SLICES, 1.0 / SLICES)
    return found


def _march(fleet: Fleet, schedule: Synchronous, kinds: Kinds, between_s: float) -> tuple[Array, NDArray[np.intp]]:
    """(start of each round, kind of each round): the next begins when the last is expected to have ended."""
    hours = kinds.of_hour
    lasting = [None if one is None else one.lasting_s + between_s for one in kinds.rounds]
    clock = fleet.start_utc_hour * HOUR_S
    first = clock
    starts, kind = np.empty(schedule.rounds), np.empty(schedule.rounds, dtype=np.intp)
    for number in range(schedule.rounds):
        for _ in range(len(hours) + 1):
            index = hours[int(clock / HOUR_S + 1e-12) % len(hours)]
            step = lasting[index]
            if step is not None:
                break
            clock = (math.floor(clock / HOUR_S + 1e-12) + 1) * HOUR_S  # everybody sleeps until the next hour at least
        else:
            raise InputError("there is never a whole client awake", place=fleet.name)
        starts[number], kind[number] = clock - first, index
        clock += step
    return starts, kind


_STAGE = {
    "compute_s": "compute",
    "macs": "compute",
    "lost_s": "compute",
    "lost_macs": "compute",
    "down_s": "down",
    "down_bytes": "down",
    "up_s": "up",
    "up_bytes": "up",
    "wait_s": "wait",
}


def _charge(usage: Usage, one: Round, starts: Array, rates: Tariff, rule: Rule) -> None:
    """Add all rounds of one kind; of very many, every so many-th tells the intensity."""
    count = len(starts)
    seen = starts if count <= _STARTS else starts[np.linspace(0, count - 1, _STARTS).round().astype(np.intp)]
    rows = np.arange(rates.groups + 1)
    edges = np.linspace(0.0, one.lasting_s, SLICES + 1)
    mean = {name: np.zeros(rates.groups + 1) for name in one.slices}
    if rates.intensity.steady:
        mean = dict.fromkeys(one.slices, rates.intensity.values[: rates.groups + 1, 0])
    else:
        unique = np.unique(rates.intensity.values[: rates.groups + 1], axis=0, return_index=True)[1]
        same = {rates.intensity.values[row].tobytes(): row for row in unique.tolist()}
        owner = np.array([same[rates.intensity.values[row].tobytes()] for row in rows.tolist()])
        shape = (len(unique), SLICES, len(seen))
        row_of = np.broadcast_to(unique[:, None, None], shape).ravel()
        begin, end = (np.broadcast_to(seen + edge[:, None], shape).ravel() for edge in (edges[:-1], edges[1:]))
        by_slice = rates.intensity.mean(row_of, begin, end).reshape(shape).mean(axis=2)
        for name, shares in one.slices.items():
            for row, value in zip(unique.tolist(), (by_slice @ shares).tolist(), strict=True):
                mean[name][owner == row] = value
    for name, amount in one.amounts.items():
        usage.amount[name] += amount * count
        usage.weighted[name] += amount * count * mean[_STAGE[name]][:-1]
    for name in NETWORK:
        there = mean[_STAGE[name]]
        server = rule.network_grid == "server" or (rule.network_grid == "sender" and name.startswith("down"))
        usage.network[name] += one.amounts[name] * count * (there[-1] if server else there[:-1])
