"""A model's life as products of named inputs: every stage is a constant times some of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from setsuden.quantity import Estimate
from setsuden.quantity.draws import shaped

Array = NDArray[np.float64]
Name = Literal["develop", "train", "adapt", "retrain", "serve", "exchange", "embodied"]
STAGES: tuple[Name, ...] = ("develop", "train", "adapt", "retrain", "serve", "exchange", "embodied")
Value = TypeVar("Value", float, Array)


@dataclass(frozen=True, slots=True)
class Stage:
    """``constant x`` the product of ``inputs``: kWh over the life, facility and network included.

    grid   name of the carbon intensity (g/kWh) that prices it; None for ``embodied``, whose product is gCO2e at once
    """

    name: Name
    inputs: tuple[str, ...]
    constant: float
    grid: str | None

    def energy(self, values: Mapping[str, Value]) -> Value:
        """kWh; not to be asked of ``embodied``."""
        return reduce(lambda product, name: product * values[name], self.inputs, _ones(values) * self.constant)

    def carbon(self, values: Mapping[str, Value]) -> Value:
        """gCO2e."""
        amount = self.energy(values)
        return amount if self.grid is None else amount * values[self.grid]


def _ones(values: Mapping[str, Value]) -> Value:
    first = next(iter(values.values()))
    return first * 0 + 1


@dataclass(frozen=True, slots=True)
class Plan:
    """One model's life.

    inputs      figures by name; a stage that knows nothing about itself is not among ``stages``
    requests    over the whole life
    months      how long it serves
    workload    llm, image or other: which published effects apply
    done        clusters of levers that are already pulled
    other_site  intensity of a place to move to, g/kWh, and what it is called
    """

    name: str
    inputs: Mapping[str, Estimate]
    stages: tuple[Stage, ...]
    requests: Estimate
    months: float
    workload: Literal["llm", "image", "other"]
    done: tuple[str, ...] = ()
    other_site: tuple[str, Estimate] | None = None

    def best(self) -> dict[str, float]:
        """Inputs by best figure."""
        return {name: figure.value for name, figure in self.inputs.items()}

    def draws(self, n: int, seed: int) -> dict[str, Array]:
        """Inputs drawn, each from its own stream found by its name."""
        return {name: drawn(name, figure, n, seed) for name, figure in self.inputs.items()}


def drawn(name: str, figure: Estimate, n: int, seed: int) -> Array:
    """One input drawn, from a stream found by its name and the seed; a PUE never below 1."""
    if figure.low == figure.high:
        return np.full(n, figure.value)
    digest = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype=np.uint32).tolist()
    values = shaped(figure, np.random.default_rng([seed, *digest]).standard_normal(n))
    return np.maximum(values, 1.0) if name == "pue" else values
