"""Flower: the same federated task over ``flwr`` (1.41 or newer), and a meter for anybody's Flower apps."""

from __future__ import annotations

from importlib.util import find_spec

from setsuden.errors import MissingDependencyError

if find_spec("flwr") is None:
    raise MissingDependencyError("flwr", "The Flower engine", "flower")

from setsuden.federated.flower.cost import Cost
from setsuden.federated.flower.grid_pool import Call
from setsuden.federated.flower.mod import energy_mod
from setsuden.federated.flower.result import FlowerResult
from setsuden.federated.flower.run import run
from setsuden.federated.flower.strategy import Counted

__all__ = ["Call", "Cost", "Counted", "FlowerResult", "energy_mod", "run"]
