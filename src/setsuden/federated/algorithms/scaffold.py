"""SCAFFOLD: control variates against the drift of unlike clients (Karimireddy et al. 2020, arXiv:1910.06378)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from setsuden.federated.algorithms.base import Aggregate, Algorithm, ServerState, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaffold(Algorithm):
    """Every local step goes along gradient - own control + server's control.

    After K steps of rate r from x to y the client's control becomes own - server's + (x - y) / (K r), option II of the
    paper. Both models and controls travel, so a round costs twice the bytes of FedAvg.
    """

    @property
    def name(self) -> str:
        """In print."""
        return "scaffold"

    @property
    def keeps_control(self) -> bool:
        """Yes."""
        return True

    @property
    def averages_only(self) -> bool:
        """No: the server's control is a server's."""
        return False

    def begin(self, parameters: Vector, trainable: int) -> ServerState:
        """The control starts at 0."""
        return ServerState(parameters.copy(), trainable, 0, {"control": np.zeros(trainable, dtype=np.float32)})

    def step(self, state: ServerState, aggregate: Aggregate, clients: int) -> ServerState:
        """The mean update; the control moves by the sum of the changes over all clients, present or not."""
        moved = Algorithm.step(self, state, aggregate, clients)
        assert aggregate.control is not None
        control = state.memory["control"] + aggregate.control / np.float32(clients)
        return ServerState(moved.parameters, state.trainable, moved.steps, {"control": control})
