"""What a search keeps of its steps: plain data in the ledger, so that it can be resumed and charged in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from setsuden.predict.tuning import Configuration, Observations, Pace, Trial
from setsuden.quantity import Estimate


@dataclass(frozen=True, slots=True)
class PaceRecord:
    """A short window of one configuration.

    epoch_energy   node total of one epoch at this pace, J, with what the sensors may be off
    epoch_s        seconds of one epoch
    spent          everything it took, set-up and warm-up included, J
    """

    configuration: Configuration
    epoch_energy: Estimate
    epoch_s: float
    spent: Estimate

    def seen(self) -> Pace:
        """As the engine takes it."""
        return Pace(self.configuration, self.epoch_energy.value, self.epoch_s, self.spent.value)

    def to_json(self) -> dict[str, Any]:
        """Everything, for the ledger."""
        return {
            **_settings(self.configuration),
            "epoch_energy": self.epoch_energy.to_json(),
            "epoch_s": self.epoch_s,
            "spent": self.spent.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PaceRecord:
        """The inverse of ``to_json``."""
        energy, spent = Estimate.from_json(data["epoch_energy"]), Estimate.from_json(data["spent"])
        return cls(_configuration(data), energy, data["epoch_s"], spent)


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """One training of the search.

    epochs     until the floor was met, between two examinations by a straight line; else epochs done
    accuracy   at the last examination; None when there was none
    training   energy of the training alone, J; ``spent`` with set-up and examinations
    ended      ``reached``, ``gave_up`` (its energy passed the limit), ``epochs`` (the most allowed), ``diverged`` or
               ``time``
    resolution epochs between two examinations
    saving_j, price_j   what the engine expected of it
    """

    configuration: Configuration
    epochs: float
    accuracy: float | None
    training: Estimate
    spent: Estimate
    duration_s: float
    ended: str
    resolution: float
    saving_j: float
    price_j: float

    def seen(self) -> Trial:
        """As the engine takes it."""
        return Trial(
            self.configuration,
            self.epochs,
            self.ended == "reached",
            self.spent.value,
            hopeless=self.ended == "diverged",
            resolution=self.resolution,
        )

    def to_json(self) -> dict[str, Any]:
        """Everything, for the ledger."""
        return {
            **_settings(self.configuration),
            "epochs": self.epochs,
            "accuracy": self.accuracy,
            "training": self.training.to_json(),
            "spent": self.spent.to_json(),
            "duration_s": self.duration_s,
            "ended": self.ended,
            "resolution": self.resolution,
            "saving_j": self.saving_j,
            "price_j": self.price_j,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TrialRecord:
        """The inverse of ``to_json``."""
        training, spent = Estimate.from_json(data["training"]), Estimate.from_json(data["spent"])
        names = ("epochs", "accuracy", "duration_s", "ended", "resolution", "saving_j", "price_j")
        plain = {name: data[name] for name in names}
        return cls(configuration=_configuration(data), training=training, spent=spent, **plain)


@dataclass(slots=True)
class Search:
    """Everything a search has found and spent; ``lost`` are steps that were cut off, charged all the same."""

    paces: list[PaceRecord] = field(default_factory=list)
    trials: list[TrialRecord] = field(default_factory=list)
    lost: list[Estimate] = field(default_factory=list)
    spent_s: float = 0.0

    def observations(self) -> Observations:
        """As the engine takes them."""
        return Observations(tuple(pace.seen() for pace in self.paces), tuple(trial.seen() for trial in self.trials))

    def spent(self) -> list[Estimate]:
        """Joules of every step."""
        return [*(pace.spent for pace in self.paces), *(trial.spent for trial in self.trials), *self.lost]

    @property
    def spent_j(self) -> float:
        """Their sum."""
        return sum(estimate.value for estimate in self.spent())


def _settings(configuration: Configuration) -> dict[str, Any]:
    return {"learning": list(configuration.learning), "running": list(configuration.running)}


def _configuration(data: Mapping[str, Any]) -> Configuration:
    return Configuration(tuple(data["learning"]), tuple(data["running"]))
