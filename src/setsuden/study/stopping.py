"""When to stop measuring: narrow enough, or out of time, energy or repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from setsuden.study.declaration import MeasureChoice
from setsuden.study.preset import leave_out_extremes
from setsuden.study.spread import spread


class Stop(StrEnum):
    """Why a configuration was measured no further."""

    INTERVAL = "interval"
    TIME = "time-budget"
    ENERGY = "energy-budget"
    SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class StoppingRule:
    """Measure at least ``repeats`` windows; stop once the 90 % interval of J/sample is narrow enough.

    The interval is Student's t over the repeats, each a window of its own after a warm-up of its own. It speaks of
    scatter only: the error of the sensor is the same in every repeat and no amount of repeating narrows it.

    interval_share  half-width asked, as a share of the mean
    repeats         least number of windows; max_repeats the most
    trimmed         leave out the best and the worst window first (mlperf-like)
    """

    interval_share: float
    repeats: int
    max_repeats: int
    trimmed: bool = False

    @classmethod
    def of(cls, measure: MeasureChoice, protocol: str) -> StoppingRule:
        """The rule that a study declares."""
        return cls(measure.interval_share, measure.repeats, measure.max_repeats, protocol == "mlperf-like")

    def kept(self, values: Sequence[float]) -> list[int]:
        """Positions of the windows that enter the mean."""
        return leave_out_extremes(list(values)) if self.trimmed else list(range(len(values)))

    def verdict(self, joules: Sequence[float], samples: Sequence[float]) -> Stop | None:
        """INTERVAL or SAMPLES when there is nothing more to gain, None to go on.

        joules, samples   of each window
        """
        if len(joules) < self.repeats:
            return None
        kept = self.kept([drawn / done for drawn, done in zip(joules, samples, strict=True)])
        found = spread(([joules[i] for i in kept], [samples[i] for i in kept]))
        if found.n > 1 and found.mean_share <= self.interval_share:
            return Stop.INTERVAL
        return Stop.SAMPLES if len(joules) >= self.max_repeats else None
