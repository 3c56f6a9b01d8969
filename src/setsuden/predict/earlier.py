"""What earlier runs on this machine left for forecasts: how fast it was, and how far their steps wandered."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, isfinite, sqrt
from typing import TYPE_CHECKING, Any

from setsuden.predict import speed
from setsuden.predict.speed import SPREAD, Speeds, Usual

if TYPE_CHECKING:
    from setsuden.meter import Meter

_NAMES = {True: "wander of steps", False: "wander of steps on a GPU"}


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of a machine before a run.

    speed     how fast it was; None: not known, or the steps wait for a GPU
    wanders   Allan deviation of the cost of a step in each of the last runs, as a share (0-1), oldest first
    """

    speed: Usual | None = None
    wanders: tuple[float, ...] = ()

    @property
    def wander(self) -> float:
        """Root mean square of the wanders; what is assumed counts as one more of them."""
        return sqrt(fsum((SPREAD**2, *(share**2 for share in self.wanders))) / (1 + len(self.wanders)))


NOTHING = Earlier()
"""Of a machine that has not been seen before."""


def recall(meter: Meter, told: bool) -> Earlier:
    """From the ledger of a meter.

    told   whether steps follow the processor's speed (``speed.tells``): those that wait for a GPU wander otherwise
    """
    usual = speed.usual(meter.recall(speed.NAME, speed.USUAL_FOR_S)) if told else None
    kept = meter.recall(_NAMES[told], speed.USUAL_FOR_S) or {}
    return Earlier(usual, tuple(float(share) for share in kept.get("runs", ())))


def leave(meter: Meter, seconds: float, speeds: Speeds | None, wander: float) -> None:
    """Leave what a training has shown behind for later ones, unless it was too short to tell.

    speeds   of the machine; None where its steps did not follow them
    wander   Allan deviation of the cost of a step; not finite where there were too few
    """
    if seconds < speed.SHORTEST_S:
        return
    if speeds is not None:
        speed.leave(meter, speeds, seconds)
    if isfinite(wander):
        meter.leave(_NAMES[speeds is not None], speed.USUAL_FOR_S, lambda kept: _with(kept, wander))


def _with(kept: dict[str, Any] | None, wander: float) -> dict[str, Any]:
    return {"runs": [*(kept or {}).get("runs", ()), wander][-speed.RUNS :]}
