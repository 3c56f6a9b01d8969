"""Federated algorithms: what clients add to their local steps, and what the server does with their updates."""

from __future__ import annotations

from setsuden.federated.algorithms.adaptive import FedAdam, FedYogi
from setsuden.federated.algorithms.averaging import FedAvg, FedBuff, FedProx
from setsuden.federated.algorithms.base import Aggregate, Algorithm, Reply, ServerState, aggregated
from setsuden.federated.algorithms.scaffold import Scaffold

__all__ = [
    "Aggregate",
    "Algorithm",
    "FedAdam",
    "FedAvg",
    "FedBuff",
    "FedProx",
    "FedYogi",
    "Reply",
    "Scaffold",
    "ServerState",
    "aggregated",
]
