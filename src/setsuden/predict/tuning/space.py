"""What may be varied: settings that decide how much training is needed, and settings that only decide its pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from setsuden.errors import InputError

BATCH_SLOPE = 0.15
"""Larger batches need more epochs, the more so beyond a critical size (McCandlish et al. 2018; Shallue et al. 2019)."""

Value = float | int | str
Settings = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing that may be varied.

    values     numbers (ordinal, compared by their ratio) or names (categorical); at least one, none twice
    learning   it changes what is learned from a sample (batch size, precision, learning rate), so how many epochs are
               needed; False: it only changes how fast and hungry an epoch is (power limit, threads)
    slope      expected change of the logarithm of epochs with every doubling; 0 where nothing is known
    """

    name: str
    values: Settings
    learning: bool = True
    slope: float = 0.0

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) < len(self.values):
            raise InputError("a factor has at least one value, none twice", place=self.name, value=self.values)
        if self.ordinal and min(map(float, self.values)) <= 0:
            raise InputError("the numbers of a factor must be above zero", place=self.name, value=self.values)

    @property
    def ordinal(self) -> bool:
        """Whether every value is a number."""
        return all(isinstance(value, int | float) for value in self.values)


@dataclass(frozen=True, slots=True)
class Configuration:
    """One point of a space: the values of its learning factors, then those of its running factors."""

    learning: Settings
    running: Settings


@dataclass(frozen=True, slots=True)
class Space:
    """Every combination of the factors.

    start   learning settings to begin with, such as the ones in use today; () takes the middle of every factor
    """

    factors: tuple[Factor, ...]
    start: Settings = ()

    def __post_init__(self) -> None:
        if not self.learning:
            raise InputError("nothing to tune: no factor changes what is learned", place="factors")
        if self.start and self.start not in self.learning_points():
            raise InputError("the start is not in the space", place="start", value=self.start)

    @property
    def learning(self) -> tuple[Factor, ...]:
        """Factors that decide the number of epochs."""
        return tuple(factor for factor in self.factors if factor.learning)

    @property
    def running(self) -> tuple[Factor, ...]:
        """Factors that decide the pace alone."""
        return tuple(factor for factor in self.factors if not factor.learning)

    def learning_points(self) -> tuple[Settings, ...]:
        """All learning settings."""
        return tuple(product(*(factor.values for factor in self.learning)))

    def running_points(self) -> tuple[Settings, ...]:
        """All running settings; one empty one where nothing of the kind is varied."""
        return tuple(product(*(factor.values for factor in self.running)))

    @property
    def first(self) -> Settings:
        """Where a search begins."""
        return self.start or tuple(factor.values[len(factor.values) // 2] for factor in self.learning)

    def named(self, configuration: Configuration) -> Mapping[str, Value]:
        """Factor -> value."""
        names = [factor.name for factor in (*self.learning, *self.running)]
        return dict(zip(names, (*configuration.learning, *configuration.running), strict=True))
