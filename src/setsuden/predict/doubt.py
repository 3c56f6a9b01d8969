"""What a forecast is unsure of, and what would narrow it most."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, log
from typing import Any, Literal

from setsuden.quantity import Estimate

By = Literal["evaluation", "evaluation_told", "steps", "speed", "sensor", "rest"]


@dataclass(frozen=True, slots=True)
class Doubts:
    """Half-widths of a 90 % interval of what is to come, in logarithms; independent of each other.

    wander       how the steps so far differ
    speed        how far the machine may leave the speed they were done at, by what earlier runs on it have shown
    unseen       what no step so far can show
    evaluation   the cost of evaluations that are foretold and have not been seen
    missing      upwards only: evaluations that are not in the figure
    """

    wander: float
    speed: float
    unseen: float
    evaluation: float = 0.0
    missing: float = 0.0

    @property
    def joined(self) -> float:
        """All that goes both ways, together."""
        return hypot(self.wander, self.speed, self.unseen, self.evaluation)

    @property
    def upwards(self) -> float:
        """All together."""
        return hypot(self.joined, self.missing)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What would narrow a forecast most.

    by     ``evaluation``: the first one, which has not been seen and is not in the forecast; ``evaluation_told``: the
           first one, which is in it as large as it was told to be; ``steps``: as many again;
           ``speed``: knowing how fast the machine is over longer times, from this run or from more runs in the ledger;
           ``sensor``: something that measures the joules better; ``rest``: the rest of the run
    step   at which it will be known, for all but ``speed`` and ``sensor``; None where no step settles it
    runs   earlier runs of this machine that are known, for ``speed``
    """

    by: By
    step: int | None = None
    runs: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"by": self.by, "step": self.step, "runs": self.runs}


def narrowing(
    doubts: Doubts,
    *,
    steps_done: int,
    steps_total: int,
    first_evaluation: int | None,
    counted: Estimate | None,
    runs: int,
    share_to_come: float,
) -> Narrowing:
    """What would narrow a forecast most.

    first_evaluation   step of the first one, as long as it has not been seen
    counted            joules so far, with the error of what counts them
    runs               earlier runs that tell how the machine's speed wanders
    share_to_come      of the forecast, 0-1: the sensor's error is in all of it, the other doubts in this share only
    """
    if first_evaluation is not None and doubts.evaluation == 0:
        return Narrowing("evaluation", step=first_evaluation)
    sensor = 0.0
    if counted is not None and counted.value > 0 and counted.high > 0:
        sensor = log(counted.high / counted.value)
    sizes: dict[By, float] = {
        "evaluation_told": doubts.evaluation * share_to_come,
        "steps": doubts.wander * share_to_come,
        "speed": doubts.speed * share_to_come,
        "sensor": sensor,
        "rest": doubts.unseen * share_to_come,
    }
    widest = max(sizes, key=lambda by: sizes[by])
    if widest == "steps":
        return Narrowing("steps", step=min(2 * steps_done, steps_total))
    if widest == "evaluation_told":
        return Narrowing(widest, step=first_evaluation)
    if widest == "speed":
        return Narrowing("speed", runs=runs)
    return Narrowing(widest, step=steps_total if widest == "rest" else None)
