"""What a Flower run gives beside the model: every call, and the joules around the clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from setsuden.federated.engine.result import FederatedResult
from setsuden.federated.flower.grid_pool import Call
from setsuden.federated.flower.watch import Watched
from setsuden.federated.trace import Kind, Outcome, Trace, Work
from setsuden.quantity import Estimate

_NOT_TRAINED = (Outcome.DROPPED, Outcome.TIMED_OUT, Outcome.LATE)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FlowerResult(FederatedResult):
    """As of the embedded engine; ``trace.turns`` also holds CPU seconds and joules of each client's turn.

    calls     every turn as it went over Flower; ``cost.cold`` marks those that began with imports
    node_j    joules of each client from first to last (server: -1): in a deployment of its SuperNode and all that this
              started, in a simulation of its calls. A client without a reply, or without a sensor, is absent
    node_cpu_s  CPU seconds likewise
    meter     where the joules come from
    """

    calls: tuple[Call, ...]
    node_j: Mapping[int, Estimate]
    node_cpu_s: Mapping[int, float]
    meter: str

    @property
    def carried_bytes(self) -> int:
        """What Flower carried between server and nodes in answered turns, as it counts its records."""
        return sum(call.cost.bytes_in + call.cost.bytes_out for call in self.calls if call.cost is not None)


def finished(result: FederatedResult, calls: tuple[Call, ...], watched: Watched, *, deployed: bool) -> FlowerResult:
    """Put what was seen from outside into the trace."""
    trace = _measured(result.trace, calls, watched, deployed)
    if deployed:
        trace = _on_the_wall(trace, calls)
    engine = "flower deployment" if deployed else "flower simulation"
    trace = replace(trace, header=replace(trace.header, engine=engine))
    node_cpu_s, node_j = _totals(calls, watched, deployed)
    kept = {field.name: getattr(result, field.name) for field in fields(FederatedResult)}
    return FlowerResult(
        **{**kept, "trace": trace}, calls=calls, node_j=node_j, node_cpu_s=node_cpu_s, meter=watched.how
    )


def _totals(calls: tuple[Call, ...], watched: Watched, deployed: bool) -> tuple[dict[int, float], dict[int, Estimate]]:
    if deployed:
        whole = {
            node: watched.tree(node, float(watched.time_s[0]), float(watched.time_s[-1])) for node in watched.nodes
        }
        return (
            {node: cpu_s for node, (cpu_s, _) in whole.items()},
            {node: joules for node, (_, joules) in whole.items() if joules is not None},
        )
    used: dict[int, list[tuple[float, float, float]]] = {}
    for call in calls:
        if call.cost is not None:
            used.setdefault(call.client, []).append((call.cost.cpu_s, call.cost.started_s, call.cost.ended_s))
    seconds = {client: sum(cpu_s for cpu_s, _, _ in rows) for client, rows in sorted(used.items())}
    joules = {client: watched.of_cpu(rows) for client, rows in sorted(used.items())}
    return seconds, {client: figure for client, figure in joules.items() if figure is not None}


def _measured(trace: Trace, calls: tuple[Call, ...], watched: Watched, deployed: bool) -> Trace:
    """CPU seconds and joules of every turn that has a call."""
    turns = trace.turns
    cpu_s, energy_j = turns.cpu_s.copy(), turns.energy_j.copy()
    for row, call in _matched(trace, calls):
        if deployed:
            cpu_s[row], figure = watched.tree(call.client, call.asked_s, call.over_s)
        elif call.cost is None:
            continue
        else:
            cost = call.cost
            cpu_s[row] = cost.cpu_s
            figure = watched.of_cpu([(cost.cpu_s, cost.started_s, cost.ended_s)])
        energy_j[row] = np.nan if figure is None else figure.value
    return replace(trace, turns=turns._replace(cpu_s=cpu_s, energy_j=energy_j))


def _matched(trace: Trace, calls: tuple[Call, ...]) -> list[tuple[int, Call]]:
    """Rows of the turns that went over Flower; a client personalises once, after the last round.

    Whoever broke off or was late did not train for real, so had no call. Where nobody waits, a client may deliver more
    than once in a round: its rows and its calls are in one order.
    """
    turns = trace.turns
    rows: dict[tuple[int, int], list[int]] = {}
    called = np.isin(turns.work, [Work.TRAIN, Work.PERSONALISE]) & ~np.isin(turns.outcome, _NOT_TRAINED)
    for row in np.flatnonzero(called).tolist():
        round_ = 0 if turns.work[row] == Work.PERSONALISE else int(turns.round[row])
        rows.setdefault((round_, int(turns.node[row])), []).append(row)
    keyed = [((0 if call.personal else call.round, call.client), call) for call in calls]
    return [(rows[key].pop(0), call) for key, call in keyed if rows.get(key)]


def _on_the_wall(trace: Trace, calls: tuple[Call, ...]) -> Trace:
    """The same trace on the clock of the machines that ran it."""
    if not calls:
        return trace
    began_s = min(call.asked_s for call in calls)
    turns, sends, rounds = trace.turns, trace.sends, trace.rounds
    start_s, end_s, waited_s = turns.start_s.copy(), turns.end_s.copy(), turns.waited_s.copy()
    by_key = {(call.round, call.client): call for call in calls if not call.personal}
    over = {call.round: call.over_s - began_s for call in calls if not call.personal}
    asked: dict[int, float] = {}
    for call in calls:
        if not call.personal:
            asked[call.round] = min(asked.get(call.round, np.inf), call.asked_s - began_s)
    for row, call in _matched(trace, calls):
        begin = call.asked_s if call.cost is None else call.cost.started_s
        end = call.over_s if call.cost is None else call.cost.ended_s
        start_s[row], end_s[row] = begin - began_s, end - began_s
        waited_s[row] = max(0.0, call.over_s - end) if call.outcome is Outcome.DONE else 0.0
    elsewhere = np.isin(turns.work, [Work.EVALUATE, Work.AGGREGATE])
    for row in np.flatnonzero(elsewhere).tolist():
        start_s[row] = end_s[row] = over.get(int(turns.round[row]), 0.0)
    sent_s, there_s = sends.start_s.copy(), sends.end_s.copy()
    for row in range(len(sent_s)):
        down = sends.kind[row] == Kind.MODEL
        found = by_key.get((int(sends.round[row]), int(sends.receiver[row] if down else sends.sender[row])))
        if found is None or sends.kind[row] == Kind.PEER:  # mixing at the server stands for what peers send
            sent_s[row] = there_s[row] = over.get(int(sends.round[row]), 0.0)
        else:
            cost = found.cost
            first = found.asked_s if down else (found.over_s if cost is None else cost.ended_s)
            last = (found.over_s if cost is None else cost.started_s) if down else found.over_s
            sent_s[row], there_s[row] = first - began_s, max(first, last) - began_s
    numbers = rounds.round.tolist()
    return replace(
        trace,
        header=replace(trace.header, clock="wall"),
        turns=turns._replace(start_s=start_s, end_s=end_s, waited_s=waited_s),
        sends=sends._replace(start_s=sent_s, end_s=there_s),
        rounds=rounds._replace(
            start_s=np.array([asked.get(number, 0.0) for number in numbers], dtype=np.float64),
            end_s=np.array([over.get(number, 0.0) for number in numbers], dtype=np.float64),
        ),
    )
