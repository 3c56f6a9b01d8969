"""Time and energy of a study, shared among what is still to be done."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from setsuden.study.declaration import StudyDeclaration
from setsuden.study.stopping import Stop

IDLE_SHARE = 0.04  # each idle baseline takes at most this share of the minutes
LEAST_WINDOW_S = 0.2  # a shared window is never made shorter than this
CLOSING_S = 1.0  # kept for what remains after the last window


@dataclass(slots=True)
class Budget:
    """Seconds and joules.

    total_s     for everything, both idle baselines included; inf without a limit
    total_j     None without a limit
    idle_s      of one baseline
    quality_s   kept for training for accuracy; inf without a limit; ``quality_j`` likewise, 0 without a limit
    seconds     elapsed clock
    begun_s     on that clock, moved back by what earlier sessions spent
    dearest_j   of all windows so far: so much must be left for another one
    """

    total_s: float
    total_j: float | None
    idle_s: float
    quality_s: float
    quality_j: float
    seconds: Callable[[], float]
    begun_s: float
    dearest_j: float = 0.0

    @classmethod
    def of(cls, study: StudyDeclaration, seconds: Callable[[], float], spent_s: float) -> Budget:
        """The budget that a study declares, less what earlier sessions spent."""
        total_s = study.minutes * 60
        idle_s = min(study.measure.idle_s, IDLE_SHARE * total_s)
        share = study.quality.time_share if "train" in study.phases else 0.0
        quality_s = share * total_s if share else 0.0
        total_j = study.measure.energy_budget_j
        quality_j = share * (total_j or 0.0)
        return cls(total_s, total_j, idle_s, quality_s, quality_j, seconds, seconds() - spent_s)

    def release(self) -> None:
        """Give what was kept for trainings back to the windows."""
        self.quality_s = self.quality_j = 0.0

    @property
    def elapsed_s(self) -> float:
        """Seconds of the study so far."""
        return self.seconds() - self.begun_s

    @property
    def left_s(self) -> float:
        """Seconds until the baseline at the end must begin."""
        return self.total_s - self.idle_s - CLOSING_S - self.elapsed_s

    @property
    def until_s(self) -> float:
        """The moment on the elapsed clock when the baseline at the end must begin."""
        return self.seconds() + self.left_s

    @property
    def measuring_left_s(self) -> float:
        """Seconds left for measured windows."""
        return math.inf if math.isinf(self.total_s) else self.left_s - self.quality_s

    def spent(self, joules: float) -> Stop | None:
        """TIME or ENERGY when there is nothing left to measure with."""
        if self.joules_left(joules) <= self.quality_j + self.dearest_j:
            return Stop.ENERGY
        return Stop.TIME if self.measuring_left_s <= 0 else None

    def joules_left(self, joules: float) -> float:
        """Of the energy budget when so much was drawn; inf without one."""
        return math.inf if self.total_j is None else self.total_j - joules

    def window_s(self, asked_s: float, overhead_s: float, windows_left: int) -> float:
        """Length of the next window: as asked, or an equal share of what is left when that is shorter.

        overhead_s     set-up and warm-up before the window
        windows_left   windows that must still fit, this one included
        """
        share_s = self.measuring_left_s / max(1, windows_left) - overhead_s
        return max(min(asked_s, LEAST_WINDOW_S), min(asked_s, share_s))
