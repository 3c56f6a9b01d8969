"""After the last round: how good the model is for each client, and for those who trained on for themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.algorithms.base import Vector
from setsuden.federated.engine.federation import Federation
from setsuden.federated.engine.orders import Personal, PersonaliseJob, Turn
from setsuden.federated.engine.progress import Fault
from setsuden.federated.trace import Outcome, Work


def client_accuracy(federation: Federation, parameters: Vector) -> tuple[NDArray[np.float64], float]:
    """(clients,): accuracy weighted to each client's labels, and the plain one; a look of ours, not in the trace."""
    row = len(federation.memory.models.array) - 1
    held = federation.memory.models.array[row].copy()
    federation.memory.models.array[row] = parameters
    scores = federation.scores([row])
    federation.memory.models.array[row] = held
    right = np.sum([score.right for score in scores], axis=0)
    seen = np.sum([score.seen for score in scores], axis=0)
    shares = label_shares(federation)
    return weighted(shares, right, seen), float(right.sum() / seen.sum())


def personalised(federation: Federation, rows: list[int]) -> NDArray[np.float64]:
    """(clients,): accuracy of each client's own model after training on; NaN where it has no samples or failed.

    rows   the row of the shared models that each client starts from
    """
    task, progress = federation.task, federation.progress
    accuracy = np.full(task.clients, np.nan)
    shares = label_shares(federation)
    clients = np.flatnonzero((federation.samples > 0) & (progress.faulted < task.failures.fault_limit)).tolist()
    round_ = progress.round + 1
    jobs = [
        PersonaliseJob(
            Turn(client, round_, rows[client], client, 1.0, epochs=task.personalise_epochs),
            float(federation.samples[client]),
        )
        for client in clients
    ]
    start_s = progress.time_s
    ends = [start_s]
    for client, answer in zip(clients, federation.pool.answers(jobs), strict=True):
        assert isinstance(answer, Personal)
        report = answer.report
        if answer.score is not None:
            right, seen = np.array(answer.score.right), np.array(answer.score.seen)
            accuracy[client] = weighted(shares[client : client + 1], right, seen)[0]
        else:
            progress.faulted[client] += 1
            progress.faults.append(Fault(progress.round, client, report.outcome, report.message or "no message"))
        end_s = start_s + federation.world.compute_s(client, report.macs, report.steps)
        ends.append(end_s)
        federation.recorder.turn(
            progress.round,
            client,
            Work.PERSONALISE,
            report.outcome if answer.score is None else Outcome.DONE,
            samples=report.samples,
            steps=report.steps,
            macs=report.macs,
            start_s=start_s,
            end_s=end_s,
            cpu_s=report.cpu_s,
        )
        spent_j = federation.world.turn_j(client, report.macs, report.steps, 0, 0)
        grid = federation.world.intensity_g_per_kwh(start_s) if spent_j is not None else None
        progress.charge(spent_j, None if grid is None else float(grid[client]))
    progress.time_s = max(ends)
    return accuracy


def label_shares(federation: Federation) -> NDArray[np.float64]:
    """(clients, classes): how a client's training samples spread over the labels; NaN for a client without any."""
    data, task = federation.task.data, federation.task
    counts = np.stack([np.bincount(data.y_train[rows], minlength=data.num_classes) for rows in task.partition.indices])
    total = counts.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    return shares


def weighted(shares: NDArray[np.float64], right: NDArray[np.int64], seen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Accuracy at each row of label shares; labels that were never held out leave the mean."""
    known = seen > 0
    each = np.divide(right, seen, out=np.zeros(len(seen)), where=known)
    total = shares[:, known].sum(axis=1)
    sums = (shares * each)[:, known].sum(axis=1)
    found: NDArray[np.float64] = np.divide(sums, total, out=np.full(len(shares), np.nan), where=total > 0)
    return found
