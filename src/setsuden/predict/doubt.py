"""What a forecast is unsure of, and what would narrow it most."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, log
from typing import Any, Literal

from setsuden.quantity import Estimate

By = Literal["evaluation", "steps", "speed", "sensor", "rest"]


@dataclass(frozen=True, slots=True)
class Doubts:
    """Half-widths of a 90 % interval of what is to come, in logarithms; independent of each other.

    wander   how the steps so far differ
    speed    how far the machine may leave the speed they were done at
    unseen   what no step so far can show
    """

    wander: float
    speed: float
    unseen: float

    @property
    def joined(self) -> float:
        """All together."""
        return hypot(self.wander, self.speed, self.unseen)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What would narrow a forecast most.

    by     ``evaluation``: the first one, which has not been seen and is not in the forecast; ``steps``: as many again;
           ``speed``: knowing how fast the machine is over longer times, from this run or from more runs in the ledger;
           ``sensor``: something that measures the joules better; ``rest``: the rest of the run
    step   at which it will be known, for ``evaluation``, ``steps`` and ``rest``; None where no step settles it
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

    first_evaluation   step of the first one, as long as it has not been seen; None: none is expected
    counted            joules so far, with the error of what counts them
    runs               earlier runs that tell the machine's speed
    share_to_come      of the forecast, 0-1: the sensor's error is in all of it, the other doubts in this share only
    """
    if first_evaluation is not None:
        return Narrowing("evaluation", step=first_evaluation)
    sensor = 0.0
    if counted is not None and counted.value > 0 and counted.high > 0:
        sensor = log(counted.high / counted.value)
    sizes: dict[By, float] = {
        "steps": doubts.wander * share_to_come,
        "speed": doubts.speed * share_to_come,
        "sensor": sensor,
        "rest": doubts.unseen * share_to_come,
    }
    widest = max(sizes, key=lambda by: sizes[by])
    if widest == "steps":
        return Narrowing("steps", step=min(2 * steps_done, steps_total))
    if widest == "speed":
        return Narrowing("speed", runs=runs)
    return Narrowing(widest, step=steps_total if widest == "rest" else None)
