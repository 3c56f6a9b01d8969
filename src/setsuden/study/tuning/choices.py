"""A declared study as a space to search, and a point of that space as something to train."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.errors import InputError
from setsuden.places import Declared
from setsuden.predict.tuning import BATCH_SLOPE, Configuration, Factor, Space, Value
from setsuden.study import plan
from setsuden.study.declaration import OptimizerChoice, StudyDeclaration

POWER_LIMIT = "power_limit_w"


@dataclass(frozen=True, slots=True)
class Choices:
    """The space of a study; factors with one value are part of it, so that every document names them.

    Threads and power limits change the pace alone; everything else changes what is learned.
    """

    study: StudyDeclaration

    @property
    def space(self) -> Space:
        """Model, batch size, optimiser, precision; threads and power limits as the running factors."""
        study = self.study
        limits = tuple(sorted(study.power_limits_w))
        return Space(
            (
                Factor("model", tuple(model.name for model in study.models)),
                Factor("batch_size", tuple(sorted(study.batch_sizes)), slope=BATCH_SLOPE),
                Factor("optimizer", tuple(label(choice) for choice in study.optimizers)),
                Factor("precision", tuple(study.precisions)),
                Factor("threads", tuple(sorted(study.threads)), learning=False),
                *((Factor(POWER_LIMIT, limits, learning=False),) if limits else ()),
            )
        )

    def to_train(self, configuration: Configuration) -> plan.Configuration:
        """What the workshop makes ready."""
        study, named = self.study, dict(self.space.named(configuration))
        named.pop(POWER_LIMIT, None)
        for found in plan.configurations(study):
            if found.phase == "train" and found.optimizer is not None and found.learning_rate is not None:
                choice = OptimizerChoice(name=found.optimizer, learning_rate=found.learning_rate)
                told: dict[str, Value] = {
                    "model": found.model,
                    "batch_size": found.batch_size,
                    "optimizer": label(choice),
                    "precision": found.precision,
                    "threads": found.threads,
                }
                if told == named:
                    return found
        raise InputError("no such configuration in the study", place="space", value=named)


def label(choice: OptimizerChoice) -> str:
    """``sgd@0.02``."""
    return f"{choice.name}@{choice.learning_rate:g}"


def checked_for_tuning(study: StudyDeclaration, declared: Declared) -> StudyDeclaration:
    """The study, which must say how accurate a training has to be and must train; raises InputError otherwise."""
    if study.constraints.accuracy_floor is None:
        raise InputError(
            "how accurate does a training have to be",
            place=declared.place(("constraints", "accuracy_floor")),
            remedy="Give --accuracy-floor, or constraints: {accuracy_floor: 0.95} in the study.",
        )
    if study.power_limits_w and study.device == "cpu":
        raise InputError(
            "power limits are those of a GPU, and this study trains on the processor",
            place=declared.place(("power_limits_w",)),
            remedy="Declare device: cuda, or leave power_limits_w out.",
        )
    if "train" not in study.phases:
        raise InputError(
            "tuning is about training", place=declared.place(("phases",)), value=study.phases, remedy="Add train."
        )
    return study
