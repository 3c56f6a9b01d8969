"""Joules from power readings: the trapezoid between two of them, bounds where one is missing."""

from __future__ import annotations

from setsuden.sensors import flags
from setsuden.sensors.counter import LOST_AFTER_S
from setsuden.sensors.protocol import Sample
from setsuden.sensors.tally import Moment, Tally

# Readings further apart than this, and than so many of the figure's own updates, are a gap.
_APART_S = 5.0
_APART_UPDATES = 5
# Beyond the limit twice running, alike to within a ratio and not absurd, a power is believed and raises the limit.
_ALIKE = 2.0
_ABSURD = 4.0
_RAISED = 1.5


class PowerTally:
    """Feed it watts (``good``) or failures (``failed``); each returns the sample to show.

    limit_w   more than this the part does not draw; a higher reading is left out and flagged, unless the next is alike
    first_w   watts at opening, None when unreadable
    opened    when that was
    update_interval_s  how often the figure is new; two readings many updates apart say little about what was between
                       them, and are a gap. Infinite: however far apart, the power is supposed to have run straight

    Time asleep is not integrated: nobody read the power then; the sample is flagged instead.
    """

    def __init__(
        self, limit_w: float, first_w: float | None, opened: Moment, update_interval_s: float = float("inf")
    ) -> None:
        self.limit_w = limit_w
        self._tally = Tally()
        self._anchor = opened
        self._anchor_w = first_w if first_w is not None and 0.0 <= first_w <= limit_w else None
        self._over_w = first_w if first_w is not None and first_w > limit_w else None
        self._apart_s = max(_APART_S, _APART_UPDATES * update_interval_s)
        self._failing_since_s: float | None = None

    def good(self, power_w: float, now: Moment) -> Sample:
        """The part draws ``power_w``, >= 0."""
        if not 0.0 <= power_w <= self.limit_w and not self._believed(power_w):
            return self.failed(flags.IMPLAUSIBLE_POWER, now)
        self._over_w = None
        notes: tuple[str, ...] = (flags.SUSPENDED,) if now.slept_s else ()
        span_s = max(0.0, now.t_s - self._anchor.t_s)
        if self._anchor_w is None:
            value_j, low_j, high_j = power_w * span_s, 0.0, self.limit_w * span_s
        else:
            value_j = 0.5 * (self._anchor_w + power_w) * span_s
            low_j = high_j = value_j
        if self._failing_since_s is not None or span_s > self._apart_s or (self._anchor_w is None and span_s > 0.0):
            notes += (flags.ENERGY_GAP,)
            low_j, high_j = 0.0, max(value_j, self.limit_w * span_s)
            self._failing_since_s = None
        self._tally.add(value_j, low_j, high_j)
        self._anchor, self._anchor_w = now, power_w
        return self._tally.sample(now.t_s, power_w, notes)

    def _believed(self, power_w: float) -> bool:
        """A reading beyond the limit, the second running and like the first: then it is the limit that is wrong."""
        before_w, self._over_w = self._over_w, power_w
        if before_w is None or not 1 / _ALIKE <= power_w / before_w <= _ALIKE or power_w > _ABSURD * self.limit_w:
            return False
        self.limit_w = _RAISED * max(power_w, before_w)
        return True

    def failed(self, cause: str, now: Moment) -> Sample:
        """The power could not be read; ``cause`` is the flag that says why."""
        if self._failing_since_s is None:
            self._failing_since_s = now.boot_s
        notes = ((flags.SUSPENDED,) if now.slept_s else ()) + (cause,)
        if now.boot_s - self._failing_since_s > LOST_AFTER_S:
            notes += (flags.CHANNEL_LOST,)
        span_s = max(0.0, now.t_s - self._anchor.t_s)
        most_j = self.limit_w * span_s
        return self._tally.sample(now.t_s, None, notes, (min((self._anchor_w or 0.0) * span_s, most_j), 0.0, most_j))
