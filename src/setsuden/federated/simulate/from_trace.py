"""From a real run to its simulation: what a turn takes, and how many rounds of how many clients there were."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.simulate.schedule import Synchronous, Work
from setsuden.federated.trace import Kind, Outcome, Sends, Trace
from setsuden.federated.trace import Work as Kinds


def work_of(trace: Trace) -> Work:
    """The turn of every client of ``trace``: its samples, MACs per sample as really done, median bytes each way.

    Of what a client got and gave in a round the largest message is the model; others belong to an evaluation.
    Raises InputError where nobody delivered, or where no server sends anything (peer to peer).
    """
    header, turns, sends = trace.header, trace.turns, trace.sends
    done = (turns.work == Kinds.TRAIN) & (turns.outcome == Outcome.DONE) & (turns.node >= 0) & (turns.samples > 0)
    width = header.clients + 1
    trained = np.unique(turns.round[done].astype(np.int64) * width + turns.node[done])
    down, up = (
        _models(sends, kind, end, trained, width)
        for kind, end in ((Kind.MODEL, sends.receiver), (Kind.UPDATE, sends.sender))
    )
    if not done.any() or not len(down) or not len(up):
        raise InputError(
            "this trace has no round trip of a client that delivered, so there is no turn to simulate",
            value=header.topology,
        )
    held = np.maximum(np.array(header.client_samples, dtype=np.float64), 1.0)
    used = float(turns.samples[done].sum()) / float((held[turns.node[done]] * header.local_epochs).sum())
    return Work(
        samples=held,
        macs_per_sample=float(turns.macs[done].sum() / turns.samples[done].sum()) * used,
        bytes_down=int(np.median(down)),
        bytes_up=int(np.median(up)),
        epochs=header.local_epochs,
        batch_size=header.batch_size or None,
    )


def _models(
    sends: Sends, kind: Kind, client: NDArray[np.int32], trained: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """Bytes of the largest message of a kind to, or from, each client in each round that it trained in."""
    rows = np.flatnonzero((sends.kind == kind) & (client >= 0) & (sends.bytes > 0))
    key = sends.round[rows].astype(np.int64) * width + client[rows]
    rows, key = rows[np.isin(key, trained)], key[np.isin(key, trained)]
    largest = np.zeros(len(trained), dtype=np.int64)
    np.maximum.at(largest, np.searchsorted(trained, key), sends.bytes[rows])
    return largest[largest > 0]


def schedule_of(trace: Trace, **more: float | bool) -> Synchronous:
    """Rounds, cohort and over-selection as they were on the mean of the rounds; ``more`` as in ``Synchronous``."""
    rounds = trace.rounds
    held = rounds.selected > 0
    if not held.any():
        raise InputError("this trace has no round in which anybody was asked")
    selected, completed = float(rounds.selected[held].mean()), float(rounds.completed[held].mean())
    cohort = max(1, round(completed))
    return Synchronous(
        rounds=int(held.sum()),
        cohort=cohort,
        over_selection=max(1.0, selected / cohort),
        **more,  # type: ignore[arg-type]
    )
