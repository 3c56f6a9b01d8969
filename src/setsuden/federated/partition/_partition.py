"""What a partition is, and how far its clients are from one another, as a number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """Every training sample at exactly one client.

    indices   for each client, the rows of ``Dataset.x_train`` it holds: int64, rising, read-only; may be empty
    name      how it was made, such as ``dirichlet(0.3)``

    InputError where a row is held twice, is missing or does not exist: together the rows must be 0 .. n - 1.
    """

    indices: tuple[NDArray[np.int64], ...]
    name: str

    def __post_init__(self) -> None:
        if not self.indices:
            raise InputError("there are no clients", place=self.name, remedy="Give at least one.")
        together = np.concatenate(self.indices)
        if together.dtype != np.int64 or together.ndim != 1:
            raise InputError("rows must be lists of int64", place=self.name, value=str(together.dtype))
        wrong = np.flatnonzero(np.sort(together) != np.arange(len(together)))
        if len(wrong):
            raise InputError(
                "every row from 0 up must be held by exactly one client",
                place=self.name,
                value=f"the first row held twice or by nobody is near {int(wrong[0])}",
                remedy="Check the lists of rows.",
            )
        for rows in self.indices:
            rows.flags.writeable = False

    @property
    def clients(self) -> int:
        """How many clients there are, empty ones included."""
        return len(self.indices)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(clients,): samples of each."""
        return np.array([len(rows) for rows in self.indices], dtype=np.int64)

    @property
    def empty(self) -> int:
        """How many clients hold nothing."""
        return int((self.sizes == 0).sum())

    def label_counts(self, y: NDArray[np.int64], num_classes: int) -> NDArray[np.int64]:
        """(clients, num_classes): samples of each class at each client; ``y`` are the labels of all training rows."""
        if len(y) != int(self.sizes.sum()):
            raise InputError(
                f"{len(y)} labels for a partition of {int(self.sizes.sum())} samples",
                place=self.name,
                remedy="Give the labels of the data set that was parted.",
            )
        return np.stack([np.bincount(y[rows], minlength=num_classes) for rows in self.indices]).astype(np.int64)

    def skew(self, y: NDArray[np.int64], num_classes: int) -> float:
        """How far the clients' labels are from the whole: mean total variation, 0 (alike) to below 1.

        Of each client that holds something, half the sum over classes of |its share - the share in all data|;
        then the mean over those clients, each counting once.
        """
        counts = self.label_counts(y, num_classes)
        held = counts[counts.sum(axis=1) > 0]
        shares = held / held.sum(axis=1, keepdims=True)
        overall = counts.sum(axis=0) / counts.sum()
        return float(np.abs(shares - overall).sum(axis=1).mean() / 2)

    def describe(self, y: NDArray[np.int64], num_classes: int) -> str:
        """One sentence: how it was made, sizes, skew, and empty clients where there are any."""
        sizes = self.sizes
        text = (
            f"{self.name}: {self.clients} clients with {int(sizes.min())} to {int(sizes.max())} samples "
            f"(mean {sizes.mean():.1f}), label skew {self.skew(y, num_classes):.3f} "
            "(mean total variation from the whole, 0 to 1)"
        )
        return f"{text}; {self.empty} of them hold nothing" if self.empty else text


def checked(name: str, samples: int, clients: int, minimum: int) -> None:
    """InputError unless ``samples`` can give each of ``clients`` at least ``minimum``."""
    if clients < 1 or clients != int(clients):
        raise InputError("there must be at least one client, and a whole number of them", place=name, value=clients)
    if minimum < 0:
        raise InputError("the smallest size cannot be negative", place=f"{name}: minimum", value=minimum)
    if clients * minimum > samples:
        remedy = "Use fewer clients or more samples"
        raise InputError(
            f"{samples} samples cannot give {clients} clients {minimum} each",
            place=name,
            value=clients,
            remedy=f"{remedy}, or minimum=0 for empty clients." if minimum == 1 else f"{remedy}.",
        )


def positive(name: str, alpha: float) -> None:
    """InputError unless the concentration is a positive finite number."""
    if not (np.isfinite(alpha) and alpha > 0):
        raise InputError(
            "the concentration must be positive",
            place=f"{name}: alpha",
            value=alpha,
            remedy="Small (0.1) is very skewed, large (100) nearly even.",
        )


def assembled(name: str, pieces: Sequence[Iterable[NDArray[np.int64]]]) -> Partition:
    """A partition of clients that each hold several pieces."""
    nothing = np.empty(0, dtype=np.int64)
    return Partition(tuple(np.sort(np.concatenate([nothing, *rows])) for rows in pieces), name)


def topped_up(partition: Partition, minimum: int, rng: np.random.Generator) -> Partition:
    """The same, but every client holds ``minimum``: random samples of the then largest client move to those short."""
    held = list(partition.indices)
    sizes = partition.sizes
    for poor in np.flatnonzero(sizes < minimum):
        while sizes[poor] < minimum:
            rich = int(np.argmax(sizes))
            moved = rng.choice(held[rich], size=min(minimum - sizes[poor], sizes[rich] - minimum), replace=False)
            held[rich] = np.setdiff1d(held[rich], moved, assume_unique=True)
            held[poor] = np.sort(np.concatenate([held[poor], moved]))
            sizes[rich], sizes[poor] = len(held[rich]), len(held[poor])
    return Partition(tuple(held), partition.name)
