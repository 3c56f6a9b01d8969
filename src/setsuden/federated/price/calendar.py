"""When the work of a trace happens: on the clock it was recorded with, or on the fleet's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet
from setsuden.federated.trace import Outcome, Trace, Work

Array = NDArray[np.float64]
Clock = Literal["trace", "fleet"]
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """Times of every row of a trace, seconds from its start.

    turn_s      seconds of compute by the fleet's device (clients) or the server's; ``turn_start``, ``turn_end`` when
    waited      idle but awake, from ``wait_start`` on: when the client's last row of the round has ended
    send_s      seconds of the transfer at the client's rates; ``send_start``, ``send_end`` when
    round_start, round_end   of each row of ``trace.rounds``
    round_of_turn, round_of_send   row in ``trace.rounds``
    """

    clock: Clock
    turn_s: Array
    turn_start: Array
    turn_end: Array
    waited: Array
    wait_start: Array
    send_s: Array
    send_start: Array
    send_end: Array
    round_start: Array
    round_end: Array
    round_of_turn: NDArray[np.intp]
    round_of_send: NDArray[np.intp]


def calendar(trace: Trace, fleet: Fleet, clock: Clock | None = None) -> Calendar:
    """The calendar of ``trace`` on ``fleet``.

    clock   ``trace``: as recorded. ``fleet``: each round lasts as long as its slowest client that delivered takes on
            this fleet (download, compute, upload, one after the other), and those who waited wait for it. None:
            ``trace`` where it was recorded in this fleet's own world (its seconds of compute are the fleet's), and
            where rounds overlap, as they do where nobody waits for anybody; else ``fleet``.

    The seconds of compute and transfer are the fleet's either way: they are what is charged.
    """
    if clock not in (None, "trace", "fleet"):
        raise InputError("unknown clock", value=clock, remedy="Use trace or fleet.")
    turns, sends, rounds = trace.turns, trace.sends, trace.rounds
    order = np.argsort(rounds.round, kind="stable")
    turn_row, send_row = (_row(rounds.round, order, column) for column in (turns.round, sends.round))
    turn_s, send_s = _turn_s(trace, fleet), _send_s(trace, fleet)
    overlapping = bool((turns.start_s < rounds.start_s[turn_row] - 1e-6).any()) if len(turns.round) else False
    if clock == "fleet" and overlapping:
        raise InputError(
            "rounds of this trace overlap, so another fleet would change who delivers when",
            value=trace.header.algorithm,
            remedy="Price it with clock: trace, or train it again in the fleet's world.",
        )
    if clock == "trace" or overlapping or (clock is None and _at_home(trace, turn_s)):
        return Calendar(
            "trace",
            turn_s,
            turns.start_s,
            turns.end_s,
            turns.waited_s,
            # gaps between messages of peers are waiting too: it is told as one stretch, and inside its round
            np.minimum(_last_end(trace, turn_row, send_row), rounds.end_s[turn_row] - turns.waited_s),
            send_s,
            sends.start_s,
            sends.end_s,
            rounds.start_s,
            rounds.end_s,
            turn_row,
            send_row,
        )
    return _on_fleet(trace, turn_s, send_s, turn_row, send_row)


def _at_home(trace: Trace, turn_s: Array) -> bool:
    turns = trace.turns
    trained = (turns.work == Work.TRAIN) & (turns.outcome == Outcome.DONE) & (turns.node >= 0)
    done = np.flatnonzero(trained & (turns.macs > 0))
    recorded = (turns.end_s - turns.start_s)[done]
    return len(done) > 0 and bool(np.allclose(recorded, turn_s[done], rtol=1e-3, atol=1e-6))


def _row(rounds: NDArray[np.int32], order: NDArray[np.intp], wanted: NDArray[np.int32]) -> NDArray[np.intp]:
    if len(wanted) == 0:
        return np.zeros(0, dtype=np.intp)
    ordered = rounds[order]
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1) if len(ordered) else None
    if at is None or (ordered[at] != wanted).any():
        raise InputError("the trace has work in a round that its table of rounds does not list")
    return np.asarray(order[at])


def _turn_s(trace: Trace, fleet: Fleet) -> Array:
    node, macs, steps = trace.turns.node, trace.turns.macs, trace.turns.steps
    client = node >= 0
    who = np.where(client, node, 0)
    machines = (fleet.server, *fleet.aggregators)
    speeds = np.array([one.device.macs_per_s for one in machines])
    step_s = np.array([group.device.step_s for group in fleet.groups])
    machine = np.clip(-1 - node, 0, len(machines) - 1)
    speed = np.where(client, fleet.speed[who], speeds[machine])
    return np.asarray(macs / speed + np.where(client, steps * step_s[fleet.group[who]], 0.0))


def _send_s(trace: Trace, fleet: Fleet) -> Array:
    """A client's rate bounds the transfer; between peers the slower end does; between machines nothing is known: 0."""
    sends = trace.sends
    up = np.where(sends.sender >= 0, fleet.up[np.maximum(sends.sender, 0)], np.inf)
    down = np.where(sends.receiver >= 0, fleet.down[np.maximum(sends.receiver, 0)], np.inf)
    return np.asarray(sends.bytes / np.minimum(up, down))


def _on_fleet(
    trace: Trace, turn_s: Array, send_s: Array, turn_row: NDArray[np.intp], send_row: NDArray[np.intp]
) -> Calendar:
    turns, sends, count = trace.turns, trace.sends, len(trace.rounds.round)
    clients = (
        max((int(column.max()) for column in (turns.node, sends.sender, sends.receiver) if len(column)), default=-1) + 1
    )
    width = max(clients, 1)
    t_key = turn_row * width + np.maximum(turns.node, 0)
    is_client = turns.node >= 0
    into = (sends.receiver >= 0) & (sends.sender < 0)
    out = sends.sender >= 0
    in_key = send_row * width + np.maximum(sends.receiver, 0)
    out_key = send_row * width + np.maximum(sends.sender, 0)
    keys, inverse = np.unique(np.concatenate([t_key[is_client], in_key[into], out_key[out]]), return_inverse=True)
    n_turn, n_in = int(is_client.sum()), int(into.sum())
    at_turn, at_in, at_out = inverse[:n_turn], inverse[n_turn : n_turn + n_in], inverse[n_turn + n_in :]

    def summed(at: NDArray[np.intp], values: Array) -> Array:
        return np.bincount(at, values, minlength=len(keys)).astype(np.float64)

    down, work, up = (
        summed(at_in, send_s[into]),
        summed(at_turn, turn_s[is_client]),
        summed(at_out, send_s[out]),
    )
    busy = down + work + up
    delivered = np.zeros(len(keys), dtype=np.bool_)
    delivered[at_turn[turns.outcome[is_client] == Outcome.DONE]] = True
    key_row = keys // width
    longest, any_one = np.zeros(count), np.zeros(count)
    np.maximum.at(longest, key_row[delivered], busy[delivered])
    np.maximum.at(any_one, key_row, busy)
    on_machines = np.zeros(count)
    np.add.at(on_machines, turn_row[~is_client], turn_s[~is_client])
    lasting = np.where(longest > 0, longest, any_one)
    order = np.argsort(trace.rounds.round, kind="stable")
    end = np.empty(count)
    end[order] = np.cumsum((lasting + on_machines)[order])
    start = end - lasting - on_machines
    # One client's rows of a round follow each other: received, then every turn in its order, then sent.
    t_start, t_end = _queued(at_turn, turn_s[is_client], start[key_row] + down)
    turn_start, turn_end = np.empty(len(turn_s)), np.empty(len(turn_s))
    turn_start[is_client], turn_end[is_client] = t_start, t_end
    machine_start = start[turn_row] + lasting[turn_row]
    turn_start[~is_client] = machine_start[~is_client]
    turn_end[~is_client] = (machine_start + turn_s)[~is_client]
    send_start = start[send_row].copy()
    send_end = send_start + send_s
    send_start[into], send_end[into] = _queued(at_in, send_s[into], start[key_row])
    send_start[out], send_end[out] = _queued(at_out, send_s[out], (start[key_row] + down + work))
    waited = np.zeros(len(turn_s))
    if (turns.waited_s > _SLACK).any():
        last = np.full(len(keys), -1)
        last[at_turn] = np.arange(n_turn)  # the last turn of a client in a round carries its wait
        rest = np.maximum(lasting[key_row] - busy, 0.0) * delivered
        rows = np.flatnonzero(is_client)
        with_turn = last >= 0
        waited[rows[last[with_turn]]] = rest[with_turn]
    wait_start = turn_end.copy()
    wait_start[is_client] = (start[key_row] + busy)[at_turn]
    return Calendar(
        "fleet",
        turn_s,
        turn_start,
        turn_end,
        waited,
        wait_start,
        send_s,
        send_start,
        send_end,
        start,
        end,
        turn_row,
        send_row,
    )


def _last_end(trace: Trace, turn_row: NDArray[np.intp], send_row: NDArray[np.intp]) -> Array:
    """For each turn, when the last row of its node in its round has ended, as recorded."""
    turns, sends = trace.turns, trace.sends
    if not (turns.waited_s > 0).any():
        return turns.end_s
    width = max((int(column.max()) + 2 for column in (turns.node, sends.sender) if len(column)), default=1)
    key = turn_row * width + np.maximum(turns.node, -1) + 1
    sent = send_row * width + np.maximum(sends.sender, -1) + 1
    keys, at = np.unique(np.concatenate([key, sent]), return_inverse=True)
    last = np.full(len(keys), -np.inf)
    np.maximum.at(last, at, np.concatenate([turns.end_s, sends.end_s]))
    return np.asarray(last[at[: len(key)]])


def _queued(at: NDArray[np.intp], seconds: Array, begin: Array) -> tuple[Array, Array]:
    """(start, end) of pieces of work that belong to ``at`` and follow each other from ``begin[at]`` on."""
    order = np.argsort(at, kind="stable")
    ordered, lasting = at[order], seconds[order]
    ends = np.cumsum(lasting)
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    offset = np.repeat((ends - lasting)[first], np.diff(np.append(np.flatnonzero(first), len(ordered))))
    start, end = np.empty(len(at)), np.empty(len(at))
    start[order] = begin[ordered] + ends - lasting - offset
    end[order] = begin[ordered] + ends - offset
    return start, end
