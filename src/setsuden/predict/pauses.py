"""What lies between steps: evaluations and checkpoints, how many are still to come and what one costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from typing import Literal

EVALUATED = 0.33
"""Cost of a batch of an evaluation over that of a training step of as many samples: one pass of three."""
UNTOLD = 0.15
"""Evaluations that are expected, but neither seen nor told, may come to so much of the steps; own judgement."""
_APART = log(1.6)  # half of a 90 % interval of EVALUATED; ten small networks on two cores gave 0.2 to 0.5
_LATE = 0.05  # of an epoch
Of = Literal["seconds", "joules"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is; ``per_epoch`` steps of an epoch where pauses come once an epoch, else None."""

    done: int
    total: int
    per_epoch: int | None

    @property
    def left(self) -> int:
        """Steps to come."""
        return max(self.total - self.done, 0)

    @property
    def epochs(self) -> int:
        """Whole ones in all."""
        return self.total // self.per_epoch if self.per_epoch is not None else 0

    @property
    def in_first_epoch(self) -> bool:
        """Whether the first of several epochs has not ended."""
        return self.per_epoch is not None and self.done < self.per_epoch < self.total


@dataclass(slots=True)
class Pauses:
    """The pauses of one run.

    told              training steps that an evaluation is as large as, once an epoch; 0: none comes, None: not said
    seconds, joules   of all pauses so far
    """

    told: float | None = None
    seconds: float = 0.0
    joules: float = 0.0
    _seen: list[tuple[int, float, float]] = field(default_factory=list)  # steps done, seconds, joules

    def add(self, steps_done: int, seconds: float, joules: float) -> None:
        """One more has been seen."""
        self.seconds, self.joules = self.seconds + seconds, self.joules + joules
        self._seen.append((steps_done, seconds, joules))

    def first_due(self, at: Standing) -> int | None:
        """Step of the first one, as long as it is expected and has not been seen; None where none is."""
        each = at.per_epoch
        if self._seen or self.told == 0 or each is None:
            return None
        return each if at.done <= each <= at.total else None

    def to_come(self, of: Of, at: Standing, step: float) -> float:
        """What the pauses still to come cost.

        step   cost of a training step, for an evaluation that was told and has not been seen: pauses within the first
               epoch may be other ones, so what was told holds until its end where it is more
        """
        foretold = self._foretold(at) * step
        if not self._seen:
            return foretold
        each = _mean([seconds if of == "seconds" else joules for _, seconds, joules in self._seen])
        return max(self._left(at) * each, foretold)

    def doubt(self, at: Standing) -> tuple[float, float]:
        """Half-widths of a 90 % interval of what is to come, in logarithms: both ways, and upwards only.

        A first evaluation that was told may cost more or less; one that was not is missing from the figure.
        """
        if self.first_due(at) is None:
            return 0.0, 0.0
        if self.told is None:
            return 0.0, log(1 + UNTOLD)
        foretold = self._foretold(at)
        return _APART * foretold / max(foretold + at.left, 1.0), 0.0

    def _foretold(self, at: Standing) -> float:
        """Training steps that all evaluations are as dear as, until the end of the first epoch has shown one."""
        each = at.per_epoch
        if self.told is None or each is None or not at.done <= each <= at.total:
            return 0.0
        return 0.0 if any(_at_an_end(step, each) for step, _, _ in self._seen) else EVALUATED * self.told * at.epochs

    def _left(self, at: Standing) -> float:
        """Pauses still to come; at the end of an epoch, the one that is due and not yet told is among them."""
        seen, last = len(self._seen), self._seen[-1][0]
        if at.per_epoch is not None and all(_at_an_end(step, at.per_epoch) for step, _, _ in self._seen):
            each = seen / round(last / at.per_epoch)
            return max(each * at.epochs - seen, 0.0)
        apart = max(last / seen, at.done / (seen + 1))  # the longer none comes, the rarer they are
        return at.left / apart if apart else 0.0


def as_steps(batches: float, samples_each: float | None, samples_of_a_step: float | None) -> float:
    """Training steps that an evaluation of so many batches is as large as.

    samples_each, samples_of_a_step   of its batches and of those of the training, where both are known: a larger batch
                                      costs more, but less than its size says, as a part of its cost is that of any
    """
    if not samples_each or not samples_of_a_step:
        return batches
    return batches * sqrt(samples_each / samples_of_a_step)


def _at_an_end(step: int, each: int) -> bool:
    """Whether a pause after so many steps is that after an epoch; looks from outside come a little late."""
    epochs = round(step / each)
    return epochs > 0 and abs(step - epochs * each) <= _LATE * each


def _mean(costs: Sequence[float]) -> float:
    """Of the pauses; a first one that is dearer than the others holds what only a first one pays."""
    others = costs[1:]
    if others and costs[0] * len(others) > sum(others):
        costs = others
    return sum(costs) / len(costs)
