"""How a loop is run: every choice a study can vary, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from setsuden.errors import InputError

Optimizer = Literal["sgd", "adam", "adamw", "rmsprop"]
Schedule = Literal["constant", "cosine"]
Precision = Literal["fp32", "bf16"]
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """One way to train.

    optimizer       sgd, adam, adamw or rmsprop
    learning_rate   at the first step, positive
    momentum        of sgd, 0 <= momentum < 1; the other optimisers have their own averages
    weight_decay    >= 0
    schedule        constant, or cosine down to 0 at the last planned step
    batch_size      samples per step, >= 1; at most the number of training samples
    epochs, steps   how long: exactly one of the two
    precision       fp32, or bf16 by autocast (weights stay fp32)
    threads         of torch's operators, None leaves torch's setting
    loader_workers  0 slices batches in this process (fastest for data in memory); more start worker processes
    seed            of the order of samples and of dropout
    device          cpu, cuda, cuda:1, ...
    """

    optimizer: Optimizer = "sgd"
    learning_rate: float = 0.001
    momentum: float = 0.9
    weight_decay: float = 5e-4
    schedule: Schedule = "constant"
    batch_size: int = 128
    epochs: int | None = None
    steps: int | None = None
    precision: Precision = "fp32"
    threads: int | None = None
    loader_workers: int = 0
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        one_of("optimizer", self.optimizer, OPTIMIZERS)
        one_of("schedule", self.schedule, SCHEDULES)
        one_of("precision", self.precision, PRECISIONS)
        in_range("learning_rate", self.learning_rate, above=0.0)
        in_range("momentum", self.momentum, least=0.0, below=1.0)
        in_range("weight_decay", self.weight_decay, least=0.0)
        at_least("batch_size", self.batch_size, 1)
        at_least("loader_workers", self.loader_workers, 0)
        at_least("seed", self.seed, 0)
        if self.threads is not None:
            at_least("threads", self.threads, 1)
        if (self.epochs is None) == (self.steps is None):
            raise InputError(
                "give either epochs or steps, not both and not neither",
                place="epochs",
                value={"epochs": self.epochs, "steps": self.steps},
                remedy="Example: epochs=1.",
            )
        at_least("epochs" if self.steps is None else "steps", self.epochs or self.steps or 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceConfig:
    """One way to serve: samples per request, precision, threads and device as in ``TrainConfig``."""

    batch_size: int = 1
    precision: Precision = "fp32"
    threads: int | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        one_of("precision", self.precision, PRECISIONS)
        at_least("batch_size", self.batch_size, 1)
        if self.threads is not None:
            at_least("threads", self.threads, 1)


def one_of(place: str, value: str, allowed: tuple[str, ...]) -> None:
    """InputError unless ``value`` is allowed."""
    if value not in allowed:
        raise InputError("unknown choice", place=place, value=value, remedy=f"Use one of: {', '.join(allowed)}.")


def at_least(place: str, value: int, least: int) -> None:
    """InputError unless ``value`` is a whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"must be a whole number of at least {least}", place=place, value=value)


def in_range(
    place: str, value: float, *, least: float | None = None, above: float | None = None, below: float | None = None
) -> None:
    """InputError unless ``value`` is finite and within the bounds that are given."""
    bounds = [
        (f"at least {least:g}" if least is not None else "", least is None or value >= least),
        (f"above {above:g}" if above is not None else "", above is None or value > above),
        (f"below {below:g}" if below is not None else "", below is None or value < below),
    ]
    if not isfinite(value) or not all(holds for _, holds in bounds):
        wanted = " and ".join(text for text, _ in bounds if text)
        raise InputError(f"must be a number {wanted}", place=place, value=value)
