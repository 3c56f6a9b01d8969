"""What a run knows of itself between two rounds: clock, budgets, and what became of each client."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.stop import Spent
from setsuden.federated.trace import Outcome


@dataclass(frozen=True, slots=True)
class Fault:
    """A turn that went wrong for real: the model raised, hung, or gave NaN or infinity."""

    round: int
    client: int
    outcome: Outcome
    message: str

    def __str__(self) -> str:
        return (
            f"round {self.round}, client {self.client}: {self.outcome.name.lower().replace('_', ' ')}: {self.message}"
        )


@dataclass(slots=True, eq=False)
class Progress:
    """Arrays have one entry a client.

    loss      mean training loss of the last turn, NaN before; asked, replied: how often
    faulted   how often its turn went wrong for real
    version   which of its two memories is current
    energy_j, carbon_g   None once the world did not say
    """

    loss: NDArray[np.float64]
    asked: NDArray[np.int64]
    replied: NDArray[np.int64]
    faulted: NDArray[np.int64]
    version: NDArray[np.int64]
    round: int = 0
    time_s: float = 0.0
    energy_j: float | None = 0.0
    carbon_g: float | None = 0.0
    in_a_row: int = 0
    accuracy: float | None = None
    test_loss: float | None = None
    train_loss: float | None = None
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def start(cls, clients: int) -> Progress:
        """Before the first round."""
        asked, replied, faulted, version = np.zeros((4, clients), dtype=np.int64)
        return cls(np.full(clients, np.nan), asked, replied, faulted, version)

    @property
    def spent(self) -> Spent:
        """So far."""
        return Spent(self.time_s, self.energy_j, self.carbon_g)

    def charge(self, energy_j: float | None, intensity_g_per_kwh: float | None) -> None:
        """Add one turn to the budgets."""
        if self.energy_j is not None:
            self.energy_j = None if energy_j is None else self.energy_j + energy_j
        if self.carbon_g is not None:
            known = energy_j is not None and intensity_g_per_kwh is not None
            self.carbon_g = self.carbon_g + energy_j * intensity_g_per_kwh / 3.6e6 if known else None  # type: ignore[operator]

    def plain(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """What JSON takes, and the arrays."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        about = {name: getattr(self, name) for name in _PLAIN}
        about["faults"] = [asdict(fault) for fault in self.faults]
        return about, arrays

    @classmethod
    def restored(cls, about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Progress:
        """The inverse of ``plain``."""
        faults = [Fault(**{**fault, "outcome": Outcome(fault["outcome"])}) for fault in about["faults"]]
        parts: dict[str, Any] = {name: arrays[name].copy() for name in _ARRAYS}
        return cls(**parts, **{name: about[name] for name in _PLAIN}, faults=faults)


_ARRAYS = ("loss", "asked", "replied", "faulted", "version")
_PLAIN = ("round", "time_s", "energy_j", "carbon_g", "in_a_row", "accuracy", "test_loss", "train_loss")
