"""Partitions by whoever the samples came from: user, speaker, vendor, site."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.partition._partition import Partition, assembled, checked
from setsuden.workload.data import Dataset


def natural(
    dataset: Dataset,
    groups: NDArray[np.int64] | NDArray[np.str_] | Sequence[object] | None = None,
    clients: int | None = None,
    seed: int = 0,
) -> Partition:
    """One client for each group of samples, or whole groups dealt to fewer clients.

    groups    (training samples,): who each came from; None takes ``dataset.groups_train``
    clients   None gives every group a client of its own, in the order of their names; fewer clients get whole
              groups, the largest first, each to the client that then has least (ties by seed)

    InputError where nothing says who the samples came from, and for more clients than groups.
    """
    if groups is None:
        groups = dataset.groups_train
    if groups is None:
        raise InputError(
            "the data set does not say who its samples came from",
            place=f"natural partition of {dataset.name}",
            remedy="Give groups, one for each training sample, or use another partition.",
        )
    given = np.asarray(groups)
    if given.shape != dataset.y_train.shape:
        raise InputError(
            f"{len(dataset.y_train)} training samples need one group each",
            place=f"natural partition of {dataset.name}",
            value=given.shape,
        )
    names, group_of = np.unique(given, return_inverse=True)
    order = np.argsort(group_of, kind="stable").astype(np.int64)
    rows = np.split(order, np.cumsum(np.bincount(group_of))[:-1])
    if clients is None or clients == len(names):
        return assembled("natural", [[part] for part in rows])
    checked(f"natural({clients})", len(names), clients, 1)
    return assembled(f"natural({clients})", _dealt(rows, clients, seed))


def _dealt(rows: list[NDArray[np.int64]], clients: int, seed: int) -> list[list[NDArray[np.int64]]]:
    rng = np.random.default_rng(seed)
    hands: list[list[NDArray[np.int64]]] = [[] for _ in range(clients)]
    held = np.zeros(clients)
    turn = rng.permutation(clients)
    for group in sorted(rng.permutation(len(rows)), key=lambda group: -len(rows[group])):
        poorest = turn[np.argmin(held[turn])]
        hands[poorest].append(rows[group])
        held[poorest] += len(rows[group])
    return hands
