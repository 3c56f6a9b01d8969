"""Joules since a sensor was opened, with bounds for what was missed: the arithmetic all sensors share."""

from __future__ import annotations

from setsuden.sensors.host import Clock
from setsuden.sensors.protocol import Sample
from setsuden.tuples import NamedTuple


class Moment(NamedTuple):
    """When a reading was taken.

    t_s       elapsed seconds
    boot_s    seconds since boot, sleep included
    slept_s   how long the machine slept since the previous moment
    """

    t_s: float
    boot_s: float
    slept_s: float


# The two clocks are read one after the other; less than this apart is not sleep.
SLEEP_FLOOR_S = 0.5


class Moments:
    """Reads both clocks and notices sleep."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s: float | None = None

    def now(self) -> Moment:
        """This moment."""
        return self.at(*self.clocks())

    def clocks(self) -> tuple[float, float]:
        """Elapsed seconds and seconds since boot, now."""
        return self._clock.elapsed(), self._clock.since_boot()

    def at(self, t_s: float, boot_s: float) -> Moment:
        """The moment at which the clocks showed this, not before the one that was asked for last."""
        ahead_s = boot_s - t_s
        slept_s = 0.0 if self._ahead_s is None else ahead_s - self._ahead_s
        self._ahead_s = ahead_s
        return Moment(t_s, boot_s, slept_s if slept_s > SLEEP_FLOOR_S else 0.0)


class Tally:
    """Running sums of what no later reading can change; the rest hangs on a gap that is still open.

    No dataclass, and its sums are written out: every start and every sample pays for it.
    """

    __slots__ = ("high_j", "lag_s", "low_j", "shown_j", "value_j")

    def __init__(self) -> None:
        self.value_j = self.low_j = self.high_j = self.shown_j = self.lag_s = 0.0

    def add(self, value_j: float, low_j: float | None = None, high_j: float | None = None) -> None:
        """Settle one stretch of time: its energy, 0 <= low <= value <= high."""
        self.value_j += value_j
        self.low_j += value_j if low_j is None else low_j
        self.high_j += value_j if high_j is None else high_j

    def sample(
        self,
        t_s: float,
        power_w: float | None,
        flags: tuple[str, ...],
        pending: tuple[float, float, float] | None = None,
    ) -> Sample:
        """What to show now: the settled sums plus ``pending`` (value, low, high) of an open gap.

        The shown energy never decreases: where a gap was bridged too generously it stands still until the truth
        has caught up, with the truth inside its bounds.
        """
        value_j, shown_j = self.value_j, self.shown_j
        if pending is not None:
            value_j += pending[0]
        if value_j > shown_j:
            shown_j = self.shown_j = value_j
        if pending is None:
            return Sample(t_s, shown_j, self.low_j, max(self.high_j, shown_j), power_w, flags, self.lag_s)
        low_j, high_j = self.low_j + pending[1], max(self.high_j + pending[2], shown_j)
        below_j, above_j = pending[0] - pending[1], pending[2] - pending[0]
        return Sample(t_s, shown_j, low_j, high_j, power_w, flags, self.lag_s, below_j, above_j)


def between(first: Sample, second: Sample) -> tuple[float, float, float]:
    """Joules from the first reading to the second of one channel: value, low, high; all >= 0.

    What was missed before the first reading is missing in both and cancels; a gap that was open at the first and is
    settled at the second makes the bounds cross, so the outer two are taken.
    """
    value = max(0.0, second.energy_j - first.energy_j)
    ends = (second.low_j - first.low_j, second.high_j - first.high_j)
    return value, max(0.0, min(value, *ends)), max(value, *ends)
