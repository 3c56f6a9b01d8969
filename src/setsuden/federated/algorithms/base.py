"""What every federated algorithm shares: the server's state, the weighted mean of updates, one step of the server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.workload.settings import in_range

Vector: TypeAlias = NDArray[np.float32]
# Sums are taken over so many clients first, then over the blocks: the order never depends on who computed.
BLOCK = 10


class Reply(Protocol):
    """What the server needs of a client's result (``local.ClientResult`` is one)."""

    @property
    def client(self) -> int:
        """Its number."""
        ...

    @property
    def update(self) -> Vector:
        """(parameters,): new minus old model."""
        ...

    @property
    def weight(self) -> float:
        """How much it counts, >= 0."""
        ...

    @property
    def control(self) -> Vector | None:
        """(parameters,): change of the client's control variate, SCAFFOLD only."""
        ...


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The replies of one round as one.

    update    (parameters,): weighted mean of the clients' updates
    clients   how many replied
    control   (parameters,): sum of the changes of control variates; None without
    """

    update: Vector
    clients: int
    control: Vector | None = None


@dataclass(frozen=True, slots=True)
class ServerState:
    """The model and what the server remembers beside it.

    parameters   (parameters,) float32: trainable ones first, then the buffers of normalisation layers
    trainable    how many are trainable
    steps        server steps taken
    memory       named vectors: moments of a server optimiser, SCAFFOLD's control variate
    """

    parameters: Vector
    trainable: int
    steps: int = 0
    memory: dict[str, Vector] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """Base of the algorithms; on its own terms it is FedAvg.

    server_learning_rate   how far the server goes along the mean update; 1 replaces the model by the mean model
    """

    server_learning_rate: float = 1.0

    def __post_init__(self) -> None:
        in_range(f"{self.name}.server_learning_rate", self.server_learning_rate, above=0.0)

    @property
    def name(self) -> str:
        """In print."""
        return "fedavg"

    @property
    def proximal(self) -> float:
        """FedProx's mu: pull of the received model during local training; 0 without."""
        return 0.0

    @property
    def keeps_control(self) -> bool:
        """Whether clients and server keep SCAFFOLD's control variates."""
        return False

    @property
    def averages_only(self) -> bool:
        """Whether the server only averages, so that peers without a server can do the same."""
        return self.server_learning_rate == 1.0

    def begin(self, parameters: Vector, trainable: int) -> ServerState:
        """The state before the first round."""
        return ServerState(parameters.astype(np.float32, copy=True), trainable)

    def step(self, state: ServerState, aggregate: Aggregate, clients: int) -> ServerState:
        """The state after one round; ``clients`` is how many there are in all."""
        moved = state.parameters + np.float32(self.server_learning_rate) * aggregate.update
        return ServerState(moved, state.trainable, state.steps + 1, state.memory)

    def combine(
        self, state: ServerState, results: Sequence[Reply], *, clients: int, denominator: float | None = None
    ) -> ServerState:
        """``step`` over the mean of ``results``, whatever order they arrive in; no result, no step.

        denominator   divides the weighted sum; None divides by the sum of the weights
        """
        return self.step(state, aggregated(results, denominator), clients) if results else state


def aggregated(results: Sequence[Reply], denominator: float | None = None) -> Aggregate:
    """The weighted mean in the order of the clients' numbers, block by block."""
    ordered = sorted(results, key=lambda result: result.client)
    weights = [result.weight for result in ordered]
    total = sum(weights) if denominator is None else denominator
    if not ordered or total <= 0:
        raise InputError("a mean needs a result with a weight above 0", place="results", value=weights)
    update = blocked_sum([(result.weight, result.update) for result in ordered]) / np.float32(total)
    controls = [(1.0, result.control) for result in ordered if result.control is not None]
    return Aggregate(update, len(ordered), blocked_sum(controls) if controls else None)


def blocked_sum(terms: Sequence[tuple[float, Vector]]) -> Vector:
    """Sum of weight x vector: within blocks of ``BLOCK`` terms first, then over the blocks, both from the left."""
    return summed(_weighted(terms[start : start + BLOCK]) for start in range(0, len(terms), BLOCK))


def summed(vectors: Iterable[Vector]) -> Vector:
    """Sum from the left, at least one vector; the inputs are left alone."""
    total: Vector | None = None
    for vector in vectors:
        if total is None:
            total = vector.copy()
        else:
            total += vector
    assert total is not None
    return total


def _weighted(terms: Sequence[tuple[float, Vector]]) -> Vector:
    return summed(np.float32(weight) * vector for weight, vector in terms)
