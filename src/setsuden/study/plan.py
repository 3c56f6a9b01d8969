"""The plan: every configuration a study measures, and the random order in which it visits them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from setsuden.study.declaration import OptimizerChoice, StudyDeclaration


@dataclass(frozen=True, slots=True)
class Configuration:
    """One thing to measure.

    id                  ``lenet/train/b32/sgd/fp32/t2``, ``lenet/infer/b32/fp32/t2``; served at a rate: ``.../r20``
    optimizer           None for inference, as ``learning_rate``
    request_rate_per_s  requests offered per second, open loop; None for the closed loop
    """

    id: str
    model: str
    phase: Literal["train", "infer"]
    batch_size: int
    optimizer: str | None
    learning_rate: float | None
    precision: str
    threads: int
    loader_workers: int
    request_rate_per_s: float | None = None

    @property
    def trained_as(self) -> tuple[str, int, str | None, float | None, str]:
        """What decides the accuracy: model, batch size, optimiser, learning rate, precision; threads do not."""
        return (self.model, self.batch_size, self.optimizer, self.learning_rate, self.precision)


def configurations(study: StudyDeclaration) -> tuple[Configuration, ...]:
    """All configurations, in the order they are declared."""
    found: list[Configuration] = []
    labels = _optimizer_labels(study.optimizers)
    for model in study.models:
        for precision in study.precisions:
            for threads in study.threads:
                tail = f"{precision}/t{threads}"
                shared = (precision, threads, study.loader_workers)
                for size in study.batch_sizes:
                    if "train" in study.phases:
                        found += [
                            Configuration(
                                f"{model.name}/train/b{size}/{label}/{tail}",
                                model.name,
                                "train",
                                size,
                                choice.name,
                                choice.learning_rate,
                                *shared,
                            )
                            for choice, label in zip(study.optimizers, labels, strict=True)
                        ]
                    if "infer" in study.phases:
                        ident = f"{model.name}/infer/b{size}/{tail}"
                        found.append(Configuration(ident, model.name, "infer", size, None, None, *shared))
                if "serve" in study.phases:
                    found += [
                        Configuration(
                            f"{model.name}/infer/b1/{tail}/r{rate:g}", model.name, "infer", 1, None, None, *shared, rate
                        )
                        for rate in study.serve.request_rates_per_s
                    ]
    return tuple(found)


def visiting_order(plan: Sequence[Configuration], seed: int, round_: int) -> tuple[Configuration, ...]:
    """The plan shuffled for one round; depends on nothing but the seed and the round, so a resumed study agrees."""
    order = sorted(plan, key=lambda configuration: configuration.id)
    random.Random(f"setsuden/{seed}/{round_}").shuffle(order)
    return tuple(order)


def _optimizer_labels(choices: Sequence[OptimizerChoice]) -> list[str]:
    """The name alone where it is unique, else with its learning rate."""
    count = Counter(choice.name for choice in choices)
    return [c.name if count[c.name] == 1 else f"{c.name}@{c.learning_rate:g}" for c in choices]
