"""What a simulated federation used, by group of clients, and the bill for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.fleet import Fleet
from setsuden.federated.price.bill import Bill
from setsuden.federated.price.charge import Lines
from setsuden.federated.price.price import drawn_up
from setsuden.federated.price.rule import Rule
from setsuden.federated.price.tariff import J_PER_KWH, Tariff
from setsuden.federated.price.term import Term

Array = NDArray[np.float64]
AMOUNTS = ("compute_s", "macs", "lost_s", "lost_macs", "down_s", "down_bytes", "up_s", "up_bytes", "wait_s")
# What a simulation knows of; a real training evaluates and fine-tunes besides, and may have tiers and peers.
_TERMS = frozenset(
    {
        Term.COMPUTE,
        Term.DISCARDED,
        Term.AWAKE,
        Term.RADIO_DOWN,
        Term.RADIO_UP,
        Term.WAITING,
        Term.NETWORK_DOWN,
        Term.NETWORK_UP,
        Term.AGGREGATION,
        Term.SERVER_IDLE,
        Term.EMBODIED,
        Term.SERVER_EMBODIED,
    }
)
NETWORK = ("down_s", "down_bytes", "up_s", "up_bytes")


@dataclass(slots=True)
class Usage:
    """Amounts (groups,), each also times the intensity of the grid at the time, g/kWh.

    amount     seconds, MACs and bytes; ``lost`` is compute that never entered the model
    weighted   the same x intensity where the client is; ``network`` x intensity that the rule gives networks
    """

    groups: int
    amount: dict[str, Array] = field(default_factory=dict)
    weighted: dict[str, Array] = field(default_factory=dict)
    network: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in AMOUNTS:
            self.amount[name], self.weighted[name] = np.zeros(self.groups), np.zeros(self.groups)
        for name in NETWORK:
            self.network[name] = np.zeros(self.groups)


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """A federation that was never trained.

    bill         what it costs; it knows groups of clients, no single ones
    rounds       that were held, ``duration_s`` of them all
    asked        clients that were asked, expected or drawn; ``delivered`` those whose update was used
    moved_bytes  both ways; ``macs`` of the clients, where they are counted
    """

    bill: Bill
    rounds: int
    duration_s: float
    asked: float
    delivered: float
    moved_bytes: float
    macs: float

    @property
    def carbon_g(self) -> float:
        """Best figure, gCO2e."""
        return self.bill.carbon.value

    @property
    def energy_j(self) -> float:
        """Best figure, J."""
        return self.bill.energy.value


def simulated(bill: Bill, usage: Usage, rounds: int, duration_s: float, asked: float, delivered: float) -> Simulation:
    """With the totals of ``usage``."""
    moved = float(usage.amount["down_bytes"].sum() + usage.amount["up_bytes"].sum())
    macs = float(usage.amount["macs"].sum() + usage.amount["lost_macs"].sum())
    return Simulation(bill, rounds, duration_s, asked, delivered, moved, macs)


def billed(fleet: Fleet, rule: Rule, tariff: Tariff, usage: Usage, duration_s: float, server_busy_s: float) -> Bill:
    """The bill for ``usage``, and for the server over the whole duration; terms never simulated are left out."""
    groups = np.arange(tariff.groups)
    node, at = groups.astype(np.int32), np.zeros(tariff.groups, dtype=np.int32)
    lines = []

    def line(term: Term, *parts: tuple[Array, str], network: bool = False) -> None:
        if term not in rule.terms:
            return
        place = groups
        if network and (rule.network_grid == "server" or (rule.network_grid == "sender" and term == Term.NETWORK_DOWN)):
            place = np.full(tariff.groups, tariff.groups)
        weighted = usage.network if network else usage.weighted
        joules = sum((rate * usage.amount[name] for rate, name in parts), np.zeros((3, tariff.groups)))
        grams = sum((rate * weighted[name] for rate, name in parts), np.zeros((3, tariff.groups)))
        lines.append(Lines(term, at, node, place, joules, grams * tariff.spread[:, place] / J_PER_KWH))

    line(Term.COMPUTE, (tariff.per_s, "compute_s"), (tariff.per_mac, "macs"))
    line(Term.DISCARDED, (tariff.per_s, "lost_s"), (tariff.per_mac, "lost_macs"))
    line(Term.WAITING, (tariff.idle, "wait_s"))
    if rule.awake_apart:
        line(Term.AWAKE, (tariff.idle, "down_s"), (tariff.idle, "up_s"))
    line(Term.RADIO_DOWN, (tariff.rx_s, "down_s"), (tariff.rx_byte, "down_bytes"))
    line(Term.RADIO_UP, (tariff.tx_s, "up_s"), (tariff.tx_byte, "up_bytes"))
    line(Term.NETWORK_DOWN, (tariff.down_s, "down_s"), (tariff.down_byte, "down_bytes"), network=True)
    line(Term.NETWORK_UP, (tariff.up_s, "up_s"), (tariff.up_byte, "up_bytes"), network=True)
    if Term.EMBODIED in rule.terms and tariff.embodied.any():
        used = sum(usage.amount[name] for name in ("compute_s", "lost_s", "down_s", "up_s", "wait_s"))
        lines.append(Lines(Term.EMBODIED, at, node, groups, np.zeros((3, tariff.groups)), tariff.embodied * used))
    lines += _server(rule, tariff, duration_s, server_busy_s)
    bill = drawn_up(lines, fleet, replace(rule, terms=rule.terms & _TERMS), tariff, duration_s, "fleet")
    return replace(bill, group=groups.astype(np.int16), single_clients=False)


def _server(rule: Rule, tariff: Tariff, duration_s: float, busy_s: float) -> list[Lines]:
    """Its work is spread evenly over the duration, and so is its idling."""
    row = np.array([tariff.groups])
    start, end = np.zeros(1), np.full(1, duration_s)
    mean = tariff.intensity.mean(row, start, end) / J_PER_KWH * tariff.spread[:, row]
    at, node = np.zeros(1, dtype=np.int32), np.full(1, -1, dtype=np.int32)
    per_mac = tariff.server_per_mac[:, [0]] * tariff.server_speed[0] * busy_s
    work = tariff.server_per_s[:, [0]] * busy_s + per_mac
    taken = busy_s if tariff.server_per_s[0, 0] > 0 else 0.0
    idle = tariff.server_idle[:, [0]] * max(float(tariff.server_count[0]) * duration_s - taken, 0.0)
    found = [
        Lines(term, at, node, row, joules, joules * mean)
        for term, joules in ((Term.AGGREGATION, work), (Term.SERVER_IDLE, idle))
    ]
    made = tariff.server_embodied[:, [0]] * duration_s
    if made.any():
        found.append(Lines(Term.SERVER_EMBODIED, at, node, row, np.zeros((3, 1)), made))
    return [one for one in found if one.term in rule.terms]
