"""What a study needs done: tasks that work for a while, learners that learn and are examined. No watts here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from setsuden.study.plan import Configuration
from setsuden.study.record import Work


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model before it runs, per sample; None where it could not be counted.

    macs, training_macs   multiply-accumulates of forward, and of forward and backward together
    """

    name: str
    title: str
    family: str | None
    parameters: int
    trainable_parameters: int
    macs_per_sample: float | None
    training_macs_per_sample: float | None
    macs_per_parameter: float | None
    activation_bytes_per_sample: float | None
    parameter_bytes: int

    def to_json(self) -> dict[str, Any]:
        """One entry of ``models`` in the pilot document."""
        return {name: getattr(self, name) for name in ModelFacts.__dataclass_fields__}


class Task(Protocol):
    """One configuration, ready to work."""

    def work(self, seconds: float) -> Work:
        """Work until so many seconds have passed, at least one step."""
        ...

    def close(self) -> None:
        """Release workers and memory."""
        ...


class Learner(Protocol):
    """One training from the first step on."""

    def learn(
        self, samples: int, until_s: float, on_step: Callable[[], object] | None = None
    ) -> tuple[Work, float | None]:
        """Train on so many further samples, rounded up to whole steps; fewer when ``until_s`` comes.

        until_s   on the elapsed clock
        on_step   called after every step

        Returns what was done and the mean loss, None when it was not finite.
        """
        ...

    def examine(self, samples: int) -> tuple[int, int]:
        """Right answers and questions, on at most so many held-out samples, always the same ones."""
        ...

    def close(self) -> None:
        """Release workers and memory."""
        ...


class Workshop(Protocol):
    """Models and data of a study."""

    @property
    def data_facts(self) -> Mapping[str, Any]:
        """The ``data`` part of the pilot document."""
        ...

    @property
    def train_samples(self) -> int:
        """Samples of one epoch."""
        ...

    def facts(self, model: str) -> ModelFacts:
        """Profile a model."""
        ...

    def task(self, configuration: Configuration, repeat: int) -> Task:
        """Make a configuration ready; requests of an open loop arrive at other moments in every repeat."""
        ...

    def learner(self, configuration: Configuration) -> Learner:
        """Begin a training."""
        ...
