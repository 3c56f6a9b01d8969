"""The embedded engine: persistent worker processes, shared parameters, checkpoints, a virtual clock."""

from __future__ import annotations

from setsuden.federated.engine.progress import Fault
from setsuden.federated.engine.result import Clients, FederatedResult, RoundDone
from setsuden.federated.engine.run import run

__all__ = ["Clients", "Fault", "FederatedResult", "RoundDone", "run"]
