"""What was foretold of a run on the way, what came out, and how wrong the one was by the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from setsuden.predict.doubt import Narrowing
from setsuden.quantity import Estimate


@dataclass(frozen=True, slots=True)
class Saying:
    """A forecast of the whole run, made on the way.

    steps_done, share   where it was made; ``at_s`` seconds since the run began
    stable              whether the speed had been seen to hold still
    duration, energy    of the whole run; the energy with the error that the sensor states, None where nothing counts
    carbon              gCO2e of that energy, None without a grid
    own_share           relative half-width of the energy without the sensor's error: what the run itself may do yet
    speed_share         how fast the machine is, over its usual speed; None where that is not known
    narrowed_by         what would narrow it most
    """

    steps_done: int
    share: float
    at_s: float
    stable: bool
    duration: Estimate
    energy: Estimate | None
    carbon: Estimate | None
    own_share: float | None
    speed_share: float | None
    narrowed_by: Narrowing

    def to_json(self, outcome: Outcome | None) -> dict[str, Any]:
        """Plain data; the errors are None until the run is over and whole."""
        return {
            "steps_done": self.steps_done,
            "share": self.share,
            "at_s": self.at_s,
            "stable": self.stable,
            "duration": self.duration.to_json(),
            "energy": plain(self.energy),
            "carbon": plain(self.carbon),
            "own_share": self.own_share,
            "speed_share": self.speed_share,
            "narrowed_by": self.narrowed_by.to_json(),
            **errors(self.duration, self.energy, outcome),
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out.

    complete     all steps were done and hardly more, or else forecast and outcome are of two different runs
    steps_done   in all; None where nobody told
    """

    complete: bool
    steps_done: int | None
    duration_s: float
    energy: Estimate | None
    carbon: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "complete": self.complete,
            "steps_done": self.steps_done,
            "duration_s": self.duration_s,
            "energy": plain(self.energy),
            "carbon": plain(self.carbon),
        }


def plain(figure: Estimate | None) -> dict[str, Any] | None:
    """Plain data of a figure, None of none."""
    return None if figure is None else figure.to_json()


def errors(duration: Estimate, energy: Estimate | None, outcome: Outcome | None) -> dict[str, float | None]:
    """Of what was said, once the run is over and whole."""
    came = outcome if outcome is not None and outcome.complete else None
    return {
        "duration_error": None if came is None else _error(duration.value, came.duration_s),
        "energy_error": None
        if came is None or energy is None or came.energy is None
        else _error(energy.value, came.energy.value),
    }


def _error(said: float, came: float) -> float | None:
    """Relative error of what was said."""
    return said / came - 1 if came > 0 else None
