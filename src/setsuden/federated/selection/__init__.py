"""Who is asked to train in a round, by what, and with which probability."""

from __future__ import annotations

from setsuden.federated.selection.base import Chosen, Selection, Sight
from setsuden.federated.selection.draw import inclusion, systematic
from setsuden.federated.selection.rules import (
    Available,
    CarbonAware,
    Deadline,
    EnergyAware,
    Poisson,
    RandomChoice,
    Utility,
)

__all__ = [
    "Available",
    "CarbonAware",
    "Chosen",
    "Deadline",
    "EnergyAware",
    "Poisson",
    "RandomChoice",
    "Selection",
    "Sight",
    "Utility",
    "inclusion",
    "systematic",
]
