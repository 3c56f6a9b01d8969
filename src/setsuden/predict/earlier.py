"""What earlier runs on this machine left for forecasts: how fast it was, and how far their steps wandered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from setsuden.predict import speed
from setsuden.predict.pauses import Of
from setsuden.predict.speed import Speeds, Usual

if TYPE_CHECKING:
    from setsuden.meter import Meter

_OF: tuple[Of, ...] = ("seconds", "joules")
_NAMES = {True: "wander of steps", False: "wander of steps on a GPU"}


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of a machine before a run.

    speed     how fast it was; None: not known, or the steps wait for a GPU
    seconds   Allan deviation of the seconds of a step in each of the last runs, as a share (0-1), oldest first
    joules    the same of its joules, where they were counted
    """

    speed: Usual | None = None
    seconds: tuple[float, ...] = ()
    joules: tuple[float, ...] = ()

    def wanders(self, of: Of) -> tuple[float, ...]:
        """Of the one or the other."""
        return self.seconds if of == "seconds" else self.joules


NOTHING = Earlier()
"""Of a machine that has not been seen before."""


def recall(meter: Meter, told: bool) -> Earlier:
    """From the ledger of a meter.

    told   whether steps follow the processor's speed (``speed.tells``): those that wait for a GPU wander otherwise
    """
    usual = speed.usual(meter.recall(speed.NAME, speed.USUAL_FOR_S)) if told else None
    kept = meter.recall(_NAMES[told], speed.USUAL_FOR_S) or {}
    return Earlier(usual, *(tuple(map(float, kept.get(of, ()))) for of in _OF))


def leave(meter: Meter, seconds: float, speeds: Speeds | None, wanders: Mapping[Of, float]) -> None:
    """Leave what a training has shown behind for later ones, unless it was too short to tell.

    speeds    of the machine; None where its steps did not follow them
    wanders   Allan deviations of the cost of a step; not finite where there were too few, or none
    """
    if seconds < speed.SHORTEST_S:
        return
    if speeds is not None:
        speed.leave(meter, speeds, seconds)
    meter.leave(_NAMES[speeds is not None], speed.USUAL_FOR_S, lambda kept: _with(kept or {}, wanders))


def _with(kept: Mapping[str, Any], wanders: Mapping[Of, float]) -> dict[str, Any]:
    found = {of: [*kept.get(of, ()), *filter(isfinite, [wanders[of]])] for of in _OF}
    return {of: shares[-speed.RUNS :] for of, shares in found.items()}
