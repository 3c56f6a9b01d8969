"""Partitions whose labels are alike at all clients: equal sizes, or sizes that differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.partition._partition import Partition, assembled, checked, positive, topped_up
from setsuden.workload.data import Dataset


def iid(dataset: Dataset, clients: int, seed: int = 0) -> Partition:
    """Equal sizes (to within one sample), drawn at random. InputError for more clients than samples."""
    samples = len(dataset.y_train)
    checked("iid", samples, clients, 1)
    shuffled = np.random.default_rng(seed).permutation(samples)
    return assembled("iid", [[rows] for rows in np.array_split(shuffled, clients)])


def quantity_skew(dataset: Dataset, clients: int, alpha: float, seed: int = 0, *, minimum: int = 1) -> Partition:
    """Labels alike, sizes in Dirichlet(alpha) shares of the whole: the smaller alpha, the more unequal.

    minimum   smallest size: clients that drew less get random samples of the largest; 0 leaves them empty

    Source: Li, Diao, Chen and He 2022, arXiv:2102.02079, section 4.4.
    """
    name = f"quantity({alpha:g})"
    samples = len(dataset.y_train)
    checked(name, samples, clients, minimum)
    positive(name, alpha)
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(samples)
    pieces = np.split(shuffled, cuts(rng.dirichlet(np.full(clients, alpha)), samples))
    return topped_up(assembled(name, [[rows] for rows in pieces]), minimum, rng)


def cuts(shares: NDArray[np.float64], samples: int) -> NDArray[np.int64]:
    """Where to cut a list of ``samples`` so that the pieces have these shares, each to within one sample."""
    return np.round(np.cumsum(shares)[:-1] * samples).astype(np.int64)
