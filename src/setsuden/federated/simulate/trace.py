"""A drawn course written down as the trace of a training, so that the pricer of traces can be asked the same."""

from __future__ import annotations

import numpy as np

from setsuden.federated.fleet import Fleet
from setsuden.federated.simulate.events import course, spent
from setsuden.federated.simulate.schedule import Synchronous, Work, stages
from setsuden.federated.trace import SERVER, Header, Kind, Outcome, Rounds, Sends, Trace, Turns
from setsuden.federated.trace import Work as Kinds


def drawn_trace(fleet: Fleet, work: Work, schedule: Synchronous, *, seed: int = 0) -> Trace:
    """The course that ``events`` draws with this seed, row by row. Accuracy is unknown: nothing was trained."""
    times = stages(fleet, work)
    rows, _ = course(fleet, times, schedule, seed)
    took = spent(times, rows, schedule.drop_at, schedule.waiting)
    share = np.divide(took.compute, times.compute[rows.client], out=np.zeros(len(rows.client)), where=took.compute > 0)
    outcome = np.where(rows.cut_s >= schedule.timeout_s, Outcome.TIMED_OUT, Outcome.LATE)
    outcome = np.where(rows.done, Outcome.DONE, np.where(rows.dropped, Outcome.DROPPED, outcome))
    received = rows.start_s + took.down
    computed = received + took.compute
    between_s = schedule.server_macs / fleet.server.device.macs_per_s
    first = np.unique(rows.round, return_index=True)[1]
    round_start, round_cut = rows.start_s[first], rows.cut_s[first]
    count, clients = len(first), len(rows.client)
    number = rows.round.astype(np.int32)
    numbers = np.arange(count, dtype=np.int32)
    unknown, unknown_rounds = np.full(clients + count, np.nan), np.full(count, np.nan)

    def both(of_clients: np.ndarray, of_server: np.ndarray | float, kind: type) -> np.ndarray:
        return np.concatenate([of_clients, np.broadcast_to(of_server, count)]).astype(kind)

    turns = Turns(
        both(number, numbers, np.int32),
        both(rows.client, SERVER, np.int32),
        both(np.full(clients, Kinds.TRAIN), Kinds.AGGREGATE, np.uint8),
        both(outcome, Outcome.DONE, np.uint8),
        both(np.round(work.samples[rows.client] * work.epochs * share), 0, np.int64),
        both(np.round(work.steps[rows.client] * share), 0, np.int64),
        both(times.macs[rows.client] * share, schedule.server_macs, np.float64),
        both(received, round_start + round_cut, np.float64),
        both(computed, round_start + round_cut + between_s, np.float64),
        both(took.wait, 0.0, np.float64),
        unknown,
        unknown,
    )
    sending = np.flatnonzero(took.up > 0)
    size = np.round(fleet.up[rows.client[sending]] * took.up[sending]).astype(np.int64)
    to_clients = np.full(clients, SERVER, np.int32)
    sends = Sends(
        np.concatenate([number, number[sending]]),
        np.concatenate([to_clients, rows.client[sending].astype(np.int32)]),
        np.concatenate([rows.client.astype(np.int32), to_clients[: len(sending)]]),
        np.repeat(np.array([Kind.MODEL, Kind.UPDATE], np.uint8), [clients, len(sending)]),
        np.concatenate([np.full(clients, work.bytes_down, np.int64), size]),
        np.concatenate([rows.start_s, computed[sending]]),
        np.concatenate([received, (computed + took.up)[sending]]),
    )
    rounds = Rounds(
        numbers,
        round_start,
        round_start + round_cut + between_s,
        np.bincount(rows.round, minlength=count).astype(np.int32),
        np.bincount(rows.round, rows.done, minlength=count).astype(np.int32),
        unknown_rounds,
        unknown_rounds,
    )
    return Trace(drawn_header(fleet, work), turns, sends, rounds)


def drawn_header(fleet: Fleet, work: Work, sample_bytes: int = 0) -> Header:
    """Of a federation that is never trained.

    sample_bytes   of one raw sample as it would be sent to one place
    """
    return Header(
        study="simulated",
        model="none",
        parameters=0,
        model_bytes=work.bytes_down,
        forward_macs=work.macs_per_sample / 3.0,
        training_macs=work.macs_per_sample,
        data="none",
        data_source="simulated, nothing was trained",
        data_licence="none",
        stand_in=True,
        sample_bytes=sample_bytes,
        client_samples=tuple(round(value) for value in work.samples.tolist()),
        partition="declared",
        algorithm="simulated",
        topology="server",
        selection="uniform among those awake",
        compression="declared",
        privacy=None,
        batch_size=work.batch_size or 0,
        local_epochs=work.epochs,
        engine="simulated",
        clock="virtual",
        seed=fleet.seed,
        regions=fleet.regions,
    )
