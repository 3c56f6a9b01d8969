"""Rows of a trace become rows of a bill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet
from setsuden.federated.price.calendar import Calendar
from setsuden.federated.price.rule import Rule
from setsuden.federated.price.tariff import J_PER_KWH, Tariff
from setsuden.federated.price.term import Term
from setsuden.federated.trace import SERVER, Kind, Outcome, Trace, Work

Array = NDArray[np.float64]
Index = NDArray[np.intp]


class Lines(NamedTuple):
    """What one term charges, row by row; ``energy_j`` and ``carbon_g`` have shape (3, rows): value, low, high.

    node    who caused it, ``row`` of the tariff's intensities where it is drawn, ``at`` the round's number
    """

    term: Term
    at: NDArray[np.int32]
    node: NDArray[np.int32]
    place: Index
    energy_j: Array
    carbon_g: Array
    measured: bool = False


def fits(trace: Trace, fleet: Fleet) -> None:
    """InputError where the fleet has fewer clients or aggregators than the trace."""
    ends = [column for column in (trace.turns.node, trace.sends.sender, trace.sends.receiver) if len(column)]
    clients = max((int(column.max()) + 1 for column in ends), default=0)
    clients = max(clients, trace.header.clients)
    machines = max((-1 - int(column.min()) for column in ends), default=0)
    if clients > fleet.clients:
        raise InputError(
            f"the trace has {clients} clients, the fleet {fleet.clients}",
            place=fleet.name,
            remedy="Give the number of clients when the fleet is read.",
        )
    if machines > len(fleet.aggregators):
        raise InputError(
            f"the trace has {machines} edge aggregators, the fleet {len(fleet.aggregators)}",
            place=fleet.name,
            remedy="Declare them under aggregators.",
        )


class Desk:
    """One trace on one fleet under one rule."""

    def __init__(self, trace: Trace, fleet: Fleet, rule: Rule, tariff: Tariff, when: Calendar) -> None:
        self.trace, self.fleet, self.rule, self.tariff, self.when = trace, fleet, rule, tariff, when

    def lines(self) -> Iterator[Lines]:
        """Every line of the terms that are inside."""
        for made in (self._clients(), self._transfers(), self._machines()):
            yield from (line for line in made if line.term in self.rule.terms and line.energy_j.shape[1])

    def _line(
        self,
        term: Term,
        at: NDArray[np.int32],
        node: NDArray[np.int32],
        row: Index,
        joules: Array,
        start: Array,
        end: Array,
    ) -> Lines:
        mean = self.tariff.intensity.mean(row, start, end)
        grams = joules * mean / J_PER_KWH * self.tariff.spread[:, row]
        return Lines(term, at, node, row, joules, grams)

    def _clients(self) -> Iterator[Lines]:
        turns, when, tariff = self.trace.turns, self.when, self.tariff
        kinds = (
            (Term.COMPUTE, (turns.work == Work.TRAIN) & (turns.outcome == Outcome.DONE)),
            (Term.DISCARDED, (turns.work == Work.TRAIN) & (turns.outcome != Outcome.DONE)),
            (Term.EVALUATION, turns.work == Work.EVALUATE),
            (Term.PERSONALISATION, turns.work == Work.PERSONALISE),
            (Term.MIXING, turns.work == Work.AGGREGATE),
        )
        at_client = turns.node >= 0
        for term, chosen in kinds:
            rows = np.flatnonzero(chosen & at_client)
            if term not in self.rule.terms or not len(rows):
                continue
            group = self.fleet.group[turns.node[rows]].astype(np.intp)
            joules = tariff.per_s[:, group] * when.turn_s[rows] + tariff.per_mac[:, group] * turns.macs[rows]
            known = np.isfinite(turns.energy_j[rows]) if self.rule.measured else np.zeros(len(rows), dtype=np.bool_)
            joules = np.where(known, turns.energy_j[rows], joules)
            line = self._line(
                term, turns.round[rows], turns.node[rows], group, joules, when.turn_start[rows], when.turn_end[rows]
            )
            yield line._replace(measured=bool(known.all()))
        yield from self._waiting(np.flatnonzero(at_client & (when.waited > 0)))
        yield from self._making(np.flatnonzero(at_client))

    def _waiting(self, rows: Index) -> Iterator[Lines]:
        turns, when = self.trace.turns, self.when
        group = self.fleet.group[turns.node[rows]].astype(np.intp)
        joules = self.tariff.idle[:, group] * when.waited[rows]
        begin = when.wait_start[rows]
        yield self._line(
            Term.WAITING, turns.round[rows], turns.node[rows], group, joules, begin, begin + when.waited[rows]
        )

    def _making(self, rows: Index) -> Iterator[Lines]:
        turns, sends, when, tariff = self.trace.turns, self.trace.sends, self.when, self.tariff
        if Term.EMBODIED not in self.rule.terms or not tariff.embodied.any():
            return
        for at, node, seconds in (
            (turns.round[rows], turns.node[rows], (when.turn_s + when.waited)[rows]),
            *(
                (sends.round[moved], end[moved], when.send_s[moved])
                for end, mine in self._on_their_way()
                for moved in (np.flatnonzero(mine),)
            ),
        ):
            group = self.fleet.group[node].astype(np.intp)
            nothing = np.zeros((3, len(node)))
            yield Lines(Term.EMBODIED, at, node, group, nothing, tariff.embodied[:, group] * seconds)

    def _on_their_way(self) -> tuple[tuple[NDArray[np.int32], NDArray[np.bool_]], ...]:
        """(end, rows) of messages whose seconds are time of the client at that end and of nothing else.

        A peer receives while it sends or waits, so that a message between peers takes the time of its sender alone.
        """
        sends = self.trace.sends
        return (sends.receiver, (sends.receiver >= 0) & (sends.sender < 0)), (sends.sender, sends.sender >= 0)

    def _transfers(self) -> Iterator[Lines]:
        sends = self.trace.sends
        from_client, to_client = sends.sender >= 0, sends.receiver >= 0
        data = sends.kind == Kind.DATA
        peers = from_client & to_client
        for end, mine, watts, per_byte, term in (
            (sends.receiver, to_client, self.tariff.rx_s, self.tariff.rx_byte, Term.RADIO_DOWN),
            (sends.sender, from_client, self.tariff.tx_s, self.tariff.tx_byte, Term.RADIO_UP),
        ):
            rows = np.flatnonzero(mine)
            yield self._moved(term, rows, end[rows], watts, per_byte)
        if self.rule.awake_apart:
            for end, mine in self._on_their_way():
                rows = np.flatnonzero(mine)
                yield self._moved(Term.AWAKE, rows, end[rows], self.tariff.idle, None)
        down, up = (self.tariff.down_s, self.tariff.down_byte), (self.tariff.up_s, self.tariff.up_byte)
        for term, chosen, rates, incoming in (
            (Term.NETWORK_DOWN, to_client & ~from_client & ~data, down, True),
            (Term.NETWORK_UP, from_client & ~to_client & ~data, up, False),
            (Term.PEER, peers & ~data, (self.tariff.up_s, self.tariff.peer_byte), False),
            (Term.DATA, from_client & data, up, False),
        ):
            rows = np.flatnonzero(chosen)
            node = (sends.receiver if incoming else sends.sender)[rows]
            yield self._moved(term, rows, node, *rates, network=True, incoming=incoming)
        yield from self._relayed(np.flatnonzero(~from_client & ~to_client))

    def _moved(
        self,
        term: Term,
        rows: Index,
        node: NDArray[np.int32],
        per_s: Array,
        per_byte: Array | None,
        *,
        network: bool = False,
        incoming: bool = False,
    ) -> Lines:
        sends, when = self.trace.sends, self.when
        group = self.fleet.group[node].astype(np.intp)
        joules = per_s[:, group] * when.send_s[rows]
        if per_byte is not None:
            joules = joules + per_byte[:, group] * sends.bytes[rows]
        grid = group
        if network and (self.rule.network_grid == "server" or (self.rule.network_grid == "sender" and incoming)):
            grid = np.full(len(rows), self.tariff.groups, dtype=np.intp)
        return self._line(term, sends.round[rows], node, grid, joules, when.send_start[rows], when.send_end[rows])

    def _relayed(self, rows: Index) -> Iterator[Lines]:
        """Messages between an edge aggregator and the server, or between aggregators."""
        sends, when = self.trace.sends, self.when
        edge = np.minimum(sends.sender[rows], sends.receiver[rows])  # the lower number is an aggregator
        upward = sends.sender[rows] == edge
        at = (-2 - edge).astype(np.intp)
        joules = self.tariff.relay_byte[:, at] * sends.bytes[rows] if len(rows) else np.zeros((3, 0))
        place = self.tariff.groups + 1 + at
        for term, mine in ((Term.NETWORK_UP, upward), (Term.NETWORK_DOWN, ~upward)):
            own = rows[mine]
            yield self._line(
                term,
                sends.round[own],
                edge[mine],
                place[mine],
                joules[:, mine],
                when.send_start[own],
                when.send_end[own],
            )

    def _machines(self) -> Iterator[Lines]:
        turns, when, tariff = self.trace.turns, self.when, self.tariff
        rows = np.flatnonzero(turns.node < 0)
        at = (-1 - turns.node[rows]).astype(np.intp)
        joules = tariff.server_per_s[:, at] * when.turn_s[rows] + tariff.server_per_mac[:, at] * turns.macs[rows]
        place = tariff.groups + at
        evaluates, trains = turns.work[rows] == Work.EVALUATE, turns.work[rows] == Work.TRAIN
        central = turns.node[rows] == SERVER
        for term, mine in (
            (Term.AGGREGATION, central & ~evaluates & ~trains),
            (Term.SERVER_TRAINING, central & trains),
            (Term.SERVER_EVALUATION, central & evaluates),
            (Term.AGGREGATOR, ~central),
        ):
            own = rows[mine]
            yield self._line(
                term,
                turns.round[own],
                turns.node[own],
                place[mine],
                joules[:, mine],
                when.turn_start[own],
                when.turn_end[own],
            )
        yield from self._between(rows, at)

    def _between(self, rows: Index, at: Index) -> Iterator[Lines]:
        """Idle draw of the machines in use over the whole duration, less what they were busy; and making them."""
        rounds, when, tariff = self.trace.rounds, self.when, self.tariff
        order = np.argsort(when.round_start, kind="stable")
        start = when.round_start[order]
        if not len(start):
            return
        end = np.append(start[1:], max(float(when.round_end.max()), float(start[-1])))
        number = rounds.round[order]
        busy = np.zeros((tariff.server_idle.shape[1], len(start)))
        position = np.empty(len(order), dtype=np.intp)
        position[order] = np.arange(len(order))
        drawn = tariff.server_per_s[0, at] > 0  # a machine that is charged per MAC keeps its idle draw besides
        np.add.at(busy, (at[drawn], position[when.round_of_turn[rows[drawn]]]), when.turn_s[rows[drawn]])
        for machine in self._in_use():
            term = Term.SERVER_IDLE if machine == 0 else Term.AGGREGATOR_IDLE
            place = np.full(len(start), tariff.groups + machine, dtype=np.intp)
            node = np.full(len(start), -1 - machine, dtype=np.int32)
            kept = tariff.server_count[machine] * (end - start)
            joules = tariff.server_idle[:, [machine]] * np.maximum(kept - busy[machine], 0.0)
            yield self._line(term, number, node, place, joules, start, end)
            if not tariff.server_embodied[:, machine].any():
                continue  # nothing was declared of its making, which is not nothing spent
            grams = tariff.server_embodied[:, [machine]] * (end - start)
            yield Lines(Term.SERVER_EMBODIED, number, node, place, np.zeros((3, len(start))), grams)

    def _in_use(self) -> list[int]:
        """Rows of the machines that this training keeps: between peers there is no server, and without tiers no tier.

        An aggregator is in use where it works or a message goes to or from it; the server unless somebody's training
        was done without any message to or from a machine.
        """
        turns, sends = self.trace.turns, self.trace.sends
        at = -1 - np.concatenate([turns.node, sends.sender, sends.receiver])
        seen = np.bincount(at[at > 0], minlength=len(self.tariff.server_count)) > 0
        trained = (turns.node >= 0) & (turns.work == Work.TRAIN) & (turns.outcome == Outcome.DONE)
        alone = bool(trained.any()) and bool(((sends.sender >= 0) & (sends.receiver >= 0)).all())
        seen[0] = not alone
        return np.flatnonzero(seen).tolist()
