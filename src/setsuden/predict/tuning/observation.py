"""What a search has seen: the pace of a configuration, and trainings that reached the floor or were stopped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from setsuden.errors import InputError
from setsuden.predict.tuning.space import Configuration, Settings


@dataclass(frozen=True, slots=True)
class Pace:
    """What an epoch takes, from a short window.

    epoch_j, epoch_s   joules and seconds of one pass over the training samples; above zero
    spent_j            what it took to learn this; 0 where the work was part of a training
    """

    configuration: Configuration
    epoch_j: float
    epoch_s: float
    spent_j: float = 0.0

    def __post_init__(self) -> None:
        if not (self.epoch_j > 0 and self.epoch_s > 0 and self.spent_j >= 0):
            raise InputError("an epoch takes joules and seconds above zero", place="epoch_j", value=self.epoch_j)


@dataclass(frozen=True, slots=True)
class Trial:
    """A training of one configuration until the floor was met, or until it was given up.

    epochs     passes over the training samples until the floor was met, or until it was given up; above zero
    reached    whether the floor was met
    resolution  epochs between two looks at the quality; 0: between looks a line was drawn
    hopeless   it never will be (the loss diverged): the learning settings are not tried again
    spent_j    all it took, examinations included
    """

    configuration: Configuration
    epochs: float
    reached: bool
    spent_j: float
    hopeless: bool = False
    resolution: float = 0.0

    def __post_init__(self) -> None:
        if not (self.epochs > 0 and self.spent_j >= 0):
            raise InputError("a trial has trained for more than no epochs", place="epochs", value=self.epochs)


@dataclass(frozen=True, slots=True)
class Observations:
    """Everything seen so far."""

    paces: tuple[Pace, ...] = ()
    trials: tuple[Trial, ...] = ()

    def with_pace(self, *paces: Pace) -> Observations:
        """The same and these."""
        return Observations(self.paces + paces, self.trials)

    def with_trial(self, *trials: Trial) -> Observations:
        """The same and these."""
        return Observations(self.paces, self.trials + trials)

    @property
    def spent_j(self) -> float:
        """What the search has cost, J."""
        costs: Iterable[Pace | Trial] = (*self.paces, *self.trials)
        return sum(seen.spent_j for seen in costs)

    def epoch_j(self) -> dict[Configuration, float]:
        """Joules of an epoch by configuration, the mean where one was timed more than once."""
        return _means((pace.configuration, pace.epoch_j) for pace in self.paces)

    def epoch_s(self) -> dict[Configuration, float]:
        """Seconds of an epoch, likewise."""
        return _means((pace.configuration, pace.epoch_s) for pace in self.paces)

    @property
    def hopeless(self) -> frozenset[Settings]:
        """Learning settings that are not to be tried again."""
        return frozenset(trial.configuration.learning for trial in self.trials if trial.hopeless)

    @property
    def reached(self) -> frozenset[Settings]:
        """Learning settings that met the floor at least once."""
        return frozenset(trial.configuration.learning for trial in self.trials if trial.reached)


def _means(pairs: Iterable[tuple[Configuration, float]]) -> dict[Configuration, float]:
    found: dict[Configuration, list[float]] = {}
    for configuration, value in pairs:
        found.setdefault(configuration, []).append(value)
    return {configuration: sum(values) / len(values) for configuration, values in found.items()}
