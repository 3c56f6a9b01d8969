"""When a federation ends: at a quality that holds, or at a round, a time, an energy or a carbon budget."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.errors import InputError
from setsuden.workload.settings import at_least, in_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The first bound that is met ends the training; ``rounds`` always bounds it.

    rounds     rounds at most, >= 1
    target     accuracy on held-out samples, share 0-1; None trains on to another bound
    held       evaluations in a row that must reach the target, >= 1
    time_s     on the clock of the world
    energy_j   of the clients' own turns as the world counts them, networks and servers not among them; needs a world
               that declares energy
    carbon_g   the same joules times each client's grid; needs a world that declares both
    """

    rounds: int = 100
    target: float | None = None
    held: int = 1
    time_s: float | None = None
    energy_j: float | None = None
    carbon_g: float | None = None

    def __post_init__(self) -> None:
        at_least("stop.rounds", self.rounds, 1)
        at_least("stop.held", self.held, 1)
        if self.target is not None:
            in_range("stop.target", self.target, above=0.0)
            if self.target > 1.0:
                raise InputError(
                    "must be a share of at most 1",
                    place="stop.target",
                    value=self.target,
                    remedy="Write 85 % as 0.85.",
                )
        for name in ("time_s", "energy_j", "carbon_g"):
            if getattr(self, name) is not None:
                in_range(f"stop.{name}", getattr(self, name), above=0.0)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a federation has used so far; None where the world declares nothing to count it by."""

    time_s: float
    energy_j: float | None
    carbon_g: float | None


class StopWatch:
    """Follows one training and says when, and why, it is over."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.in_a_row = 0
        self.reached_round: int | None = None

    def look(self, round_: int, accuracy: float | None, spent: Spent) -> str | None:
        """Why the training ends after round ``round_`` (from 1), or None; ``accuracy`` None: not evaluated."""
        stop = self.stop
        if stop.target is not None and accuracy is not None:
            self.in_a_row = self.in_a_row + 1 if accuracy >= stop.target else 0
            if self.in_a_row >= stop.held:
                self.reached_round = round_
                return "target"
        for name, used in (("time_s", spent.time_s), ("energy_j", spent.energy_j), ("carbon_g", spent.carbon_g)):
            bound: float | None = getattr(stop, name)
            if bound is not None and used is not None and used >= bound:
                return name.rsplit("_", 1)[0]
        return "rounds" if round_ >= stop.rounds else None
