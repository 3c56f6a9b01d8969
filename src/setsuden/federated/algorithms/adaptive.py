"""Servers with an optimiser of their own: FedAdam and FedYogi (Reddi et al. 2021, arXiv:2003.00295, algorithm 2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from setsuden.federated.algorithms.base import Aggregate, Algorithm, ServerState, Vector
from setsuden.workload.settings import in_range


@dataclass(frozen=True, slots=True, kw_only=True)
class FedAdam(Algorithm):
    """The mean update as a gradient for Adam without bias correction, as in the paper.

    server_learning_rate   eta, > 0; the paper finds about 0.01-0.1
    beta1, beta2           0 <= beta < 1
    tau                    adaptivity, > 0; second moments start at tau squared

    Buffers of normalisation layers are averaged, not optimised.
    """

    server_learning_rate: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.99
    tau: float = 1e-3

    def __post_init__(self) -> None:
        Algorithm.__post_init__(self)
        in_range(f"{self.name}.beta1", self.beta1, least=0.0, below=1.0)
        in_range(f"{self.name}.beta2", self.beta2, least=0.0, below=1.0)
        in_range(f"{self.name}.tau", self.tau, above=0.0)

    @property
    def name(self) -> str:
        """In print."""
        return "fedadam"

    @property
    def averages_only(self) -> bool:
        """No: the moments are a server's."""
        return False

    def begin(self, parameters: Vector, trainable: int) -> ServerState:
        """First moments at 0, second at tau squared."""
        first = np.zeros(trainable, dtype=np.float32)
        second = np.full(trainable, self.tau**2, dtype=np.float32)
        return ServerState(parameters.copy(), trainable, 0, {"first": first, "second": second})

    def step(self, state: ServerState, aggregate: Aggregate, clients: int) -> ServerState:
        """One step along the first moment over the root of the second."""
        change = aggregate.update[: state.trainable]
        first = np.float32(self.beta1) * state.memory["first"] + np.float32(1 - self.beta1) * change
        second = self._second(state.memory["second"], change * change)
        moved = state.parameters + aggregate.update
        rate = np.float32(self.server_learning_rate)
        moved[: state.trainable] = state.parameters[: state.trainable] + rate * first / (
            np.sqrt(second) + np.float32(self.tau)
        )
        return ServerState(moved, state.trainable, state.steps + 1, {"first": first, "second": second})

    def _second(self, second: Vector, squared: Vector) -> Vector:
        return np.float32(self.beta2) * second + np.float32(1 - self.beta2) * squared


@dataclass(frozen=True, slots=True, kw_only=True)
class FedYogi(FedAdam):
    """FedAdam whose second moments move by sign, so that one large update does not linger."""

    @property
    def name(self) -> str:
        """In print."""
        return "fedyogi"

    def _second(self, second: Vector, squared: Vector) -> Vector:
        moved: Vector = second - np.float32(1 - self.beta2) * squared * np.sign(second - squared)
        return moved
