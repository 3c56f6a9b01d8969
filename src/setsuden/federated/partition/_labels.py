"""Partitions whose labels differ from client to client."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.partition._even import cuts
from setsuden.federated.partition._partition import Partition, assembled, checked, positive, topped_up
from setsuden.workload.data import Dataset


def dirichlet(dataset: Dataset, clients: int, alpha: float, seed: int = 0, *, minimum: int = 1) -> Partition:
    """Each class is dealt to the clients in Dirichlet(alpha) shares: labels and sizes both differ.

    alpha     0.1 very skewed, 0.3 to 0.5 usual, 100 nearly even
    minimum   smallest size: clients that drew less get random samples of the largest; 0 leaves them empty

    Source: Yurochkin et al. 2019, arXiv:1905.12022, section 4; Hsu et al. draw the other way, see ``equal_lda``.
    """
    name = f"dirichlet({alpha:g})"
    checked(name, len(dataset.y_train), clients, minimum)
    positive(name, alpha)
    rng = np.random.default_rng(seed)
    pieces: list[list[NDArray[np.int64]]] = [[] for _ in range(clients)]
    for rows in _by_class(dataset, rng):
        shares = rng.dirichlet(np.full(clients, alpha))
        for piece, part in zip(pieces, np.split(rows, cuts(shares, len(rows))), strict=True):
            piece.append(part)
    return topped_up(assembled(name, pieces), minimum, rng)


def equal_lda(dataset: Dataset, clients: int, alpha: float, seed: int = 0) -> Partition:
    """Equal sizes (to within one sample); each client draws its own mix of labels.

    The mix is Dirichlet with concentration alpha x classes x (share of the class in all data): alpha for each of
    equally frequent classes, as in ``dirichlet``; the source counts the sum over classes, classes times as much.
    Clients fill up in turn from what is left; once a class is used up its share goes to the others of the mix, so
    the last clients hold what nobody drew. Source: Hsu, Qi and Brown 2019, arXiv:1909.06335, section 3.
    """
    name = f"equal-lda({alpha:g})"
    samples = len(dataset.y_train)
    checked(name, samples, clients, 1)
    positive(name, alpha)
    rng = np.random.default_rng(seed)
    stacks = _by_class(dataset, rng)
    left = np.array([len(rows) for rows in stacks], dtype=np.int64)
    concentration = alpha * dataset.num_classes * left / samples + np.finfo(float).tiny
    sizes = np.diff(np.linspace(0, samples, clients + 1).round().astype(np.int64))
    pieces: list[list[NDArray[np.int64]]] = []
    for size in sizes:
        taken = _drawn(rng, rng.dirichlet(concentration), int(size), left)
        pieces.append(
            [
                rows[len(rows) - rest : len(rows) - rest + take]
                for rows, rest, take in zip(stacks, left, taken, strict=True)
            ]
        )
        left = left - taken
    return assembled(name, pieces)


def shards(dataset: Dataset, clients: int, per_client: int = 2, seed: int = 0) -> Partition:
    """Samples sorted by label are cut into clients x per_client equal shards, dealt at random: few labels each.

    Source: McMahan et al. 2017, arXiv:1602.05629, section 3.
    """
    name = f"shards({per_client})"
    if per_client < 1:
        raise InputError("a client needs at least one shard", place=f"{name}: per_client", value=per_client)
    checked(name, len(dataset.y_train), clients, per_client)
    rng = np.random.default_rng(seed)
    pieces = np.array_split(np.concatenate(_by_class(dataset, rng)), clients * per_client)
    dealt = rng.permutation(clients * per_client).reshape(clients, per_client)
    return assembled(name, [[pieces[shard] for shard in hand] for hand in dealt])


def _by_class(dataset: Dataset, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """The rows of each class in random order; classes without samples have none."""
    return [rng.permutation(np.flatnonzero(dataset.y_train == label)) for label in range(dataset.num_classes)]


def _drawn(rng: np.random.Generator, mix: NDArray[np.float64], size: int, left: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of each class: ``size`` in all, in the proportions of ``mix``, never more than is left."""
    taken = np.zeros_like(left)
    while (wanted := size - int(taken.sum())) > 0:
        weight = np.where(taken < left, mix, 0.0)
        if weight.sum() <= 0:
            weight = (left - taken).astype(np.float64)
        taken = np.minimum(left, taken + rng.multinomial(wanted, weight / weight.sum()))
    return taken
