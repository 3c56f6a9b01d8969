"""The coefficients by which a rule charges the clients of a fleet: joules per second, per byte, per MAC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.fleet import Fleet, Group, Place, Profile, Server, steady
from setsuden.federated.price.rule import ByLink, Network, PerBit, PerSecond, Rule
from setsuden.federated.price.term import Term
from setsuden.placement.network import link as network
from setsuden.quantity import Estimate, Factor, Provenance, merged_factors, weakest

Array = NDArray[np.float64]
Figure = Estimate | None
J_PER_KWH = 3.6e6
NOTHING = Estimate.exact(0.0, "1", Provenance.MEASURED)


class Column:
    """Coefficients of one kind, shape (3, rows): value, low, high."""

    def __init__(self, figures: Iterable[Figure], scale: float = 1.0) -> None:
        known = [NOTHING if figure is None else figure for figure in figures]
        self.figures = known
        rows = [(figure.value, figure.low, figure.high) for figure in known]
        self.values: Array = np.array(rows, dtype=np.float64).T.reshape(3, len(rows)) * scale


@dataclass(frozen=True, slots=True)
class Tariff:
    """All coefficients of one rule and fleet; rows of client columns are groups, shape (3, groups).

    per_s, per_mac      compute
    idle                J per second awake
    rx_s, rx_byte       radio while receiving; ``tx_s``, ``tx_byte`` while sending
    down_s, down_byte   network; ``up_s``, ``up_byte``; ``peer_byte``
    embodied            gCO2e per second of use
    server_*            rows: the server, then the edge aggregators; PUE is in, where the rule has it
    server_idle         of one machine; ``server_count`` how many are kept
    intensity           profile whose rows are the groups' places, the server's, the aggregators'; ``spread`` (3, rows)
    """

    per_s: Array
    per_mac: Array
    idle: Array
    rx_s: Array
    rx_byte: Array
    tx_s: Array
    tx_byte: Array
    down_s: Array
    down_byte: Array
    up_s: Array
    up_byte: Array
    peer_byte: Array
    relay_byte: Array
    embodied: Array
    server_per_s: Array
    server_per_mac: Array
    server_idle: Array
    server_embodied: Array
    server_speed: Array
    server_count: Array
    intensity: Profile
    spread: Array
    places: tuple[str, ...]
    provenance: Provenance
    factors: tuple[Factor, ...]

    @property
    def groups(self) -> int:
        """Rows that are groups of clients; the server's row comes next."""
        return int(self.per_s.shape[1])


def tariff(fleet: Fleet, rule: Rule) -> Tariff:
    """The coefficients of ``rule`` for ``fleet``."""
    groups = fleet.groups
    machines = (fleet.server, *fleet.aggregators)
    pue = [one.pue if rule.pue is None else rule.pue for one in machines]
    used: list[Column] = []

    def column(figures: Iterable[Figure], *terms: Term, scale: float = 1.0) -> Array:
        """Coefficients that one of ``terms`` needs; nothing where all of them are outside the boundary."""
        made = Column(list(figures) if rule.terms.intersection(terms) else [None for _ in figures], scale)
        used.append(made)
        return made.values

    overhead = Column(pue).values
    on_network = overhead[:, :1] if rule.pue_on_network else 1.0
    in_place = [_grid(rule, group.place, False) for group in groups]
    in_place += [_grid(rule, one.place, True) for one in machines]
    by = rule.network
    per_bit = [_per_bit(by, group) for group in groups]
    seconds = by.watts if isinstance(by, PerSecond) else None
    radio = [_radio(rule, group) for group in groups]
    counts = np.array([one.count for one in machines])
    work = (Term.COMPUTE, Term.DISCARDED, Term.EVALUATION, Term.PERSONALISATION, Term.MIXING)
    upward = (Term.NETWORK_UP, Term.DATA)
    busy = (Term.AGGREGATION, Term.SERVER_EVALUATION, Term.SERVER_TRAINING, Term.AGGREGATOR)
    idle = (Term.SERVER_IDLE, Term.AGGREGATOR_IDLE)
    if rule.terms.intersection((*busy, *idle)) or rule.pue_on_network:
        used.append(Column(pue))
    return Tariff(
        per_s=column([rule.compute_w or group.device.active_w for group in groups], *work),
        per_mac=column([None if rule.compute_w else group.device.j_per_mac for group in groups], *work),
        idle=column([group.device.idle_w for group in groups], Term.WAITING, Term.AWAKE),
        rx_s=column([one[0] for one in radio], Term.RADIO_DOWN),
        rx_byte=column([one[1] for one in radio], Term.RADIO_DOWN, scale=8.0),
        tx_s=column([one[2] for one in radio], Term.RADIO_UP),
        tx_byte=column([one[3] for one in radio], Term.RADIO_UP, scale=8.0),
        down_s=column([seconds] * len(groups), Term.NETWORK_DOWN) * on_network,
        down_byte=column([one[1] for one in per_bit], Term.NETWORK_DOWN, scale=8.0) * on_network,
        up_s=column([seconds] * len(groups), *upward, Term.PEER) * on_network,
        up_byte=column([one[0] for one in per_bit], *upward, scale=8.0) * on_network,
        peer_byte=column([one[2] for one in per_bit], Term.PEER, scale=8.0) * on_network,
        relay_byte=column([_relay(by)] * len(fleet.aggregators), *upward, Term.NETWORK_DOWN, scale=8.0) * on_network,
        embodied=column([group.device.embodied for group in groups], Term.EMBODIED),
        server_per_s=column(_work(rule, machines, "active"), *busy) * overhead,
        server_per_mac=column(_work(rule, machines, "per_mac"), *busy) * overhead,
        server_idle=column(_work(rule, machines, "idle"), *idle) * overhead,
        server_embodied=column([one.device.embodied for one in machines], Term.SERVER_EMBODIED) * counts,
        server_speed=np.array([one.device.macs_per_s for one in machines]),
        server_count=counts,
        intensity=Profile([place.hours for place in in_place], fleet.start_utc_hour),
        spread=np.array([(1.0, place.low, place.high) for place in in_place]).T,
        places=tuple(place.name for place in in_place),
        provenance=weakest(figure.provenance for one in used for figure in one.figures),
        factors=merged_factors(
            *(figure.factors for one in used for figure in one.figures), *(place.factors for place in in_place)
        ),
    )


def _grid(rule: Rule, own: Place, server: bool) -> Place:
    stated = rule.server_grid if server and rule.server_grid is not None else rule.grid
    return own if stated is None else steady(own.name, stated)


def _per_bit(by: Network, group: Group) -> tuple[Estimate | None, Estimate | None, Estimate | None]:
    """(up, down, peer) J/bit."""
    if isinstance(by, ByLink):
        own = by.of(group.link)
        return own, own, own
    if isinstance(by, PerBit):
        return by.up, by.down, by.up if by.peer is None else by.peer
    return None, None, None


def _relay(by: Network) -> Estimate | None:
    """J/bit between an edge aggregator and the server, which are both in data centres where nothing else is said."""
    if isinstance(by, ByLink):
        between = network("inter-dc")
        return between.average if by.view == "attribution" else between.marginal
    return by.up if isinstance(by, PerBit) else None


def _radio(rule: Rule, group: Group) -> tuple[Figure, Figure, Figure, Figure]:
    """(W receiving, J/bit receiving, W sending, J/bit sending); the device's watts where it states them."""
    if rule.network_holds_devices:
        return None, None, None, None
    if rule.transfer_w is not None:
        return rule.transfer_w, None, rule.transfer_w, None
    device, radio = group.device, group.link.radio.energy
    receiving = None if device.rx_w is not None else radio
    sending = None if device.tx_w is not None else radio
    return device.rx_w, receiving, device.tx_w, sending


def _work(rule: Rule, machines: tuple[Server, ...], what: str) -> list[Figure]:
    """Figures of the server and the aggregators; a form that states the server's watts has them for its whole time."""
    figures: dict[str, list[Figure]] = {
        "active": [one.device.active_w for one in machines],
        "per_mac": [one.device.j_per_mac for one in machines],
        "idle": [one.device.idle_w for one in machines],
    }
    own = figures[what]
    if rule.server_w is not None:
        return [rule.server_w if what == "idle" else None, *own[1:]]
    return own
