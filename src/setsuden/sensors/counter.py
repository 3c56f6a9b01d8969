"""Joules from a hardware counter that wraps, resets, sticks and vanishes, without inventing or losing any.

Every backward step has two explanations: the counter wrapped, or it started again. Power tells them apart: a wrap
from 200,000 J to 0 within a second would need 60 kW. Where both remain possible, the interval covers both and a flag
says so.
"""

from __future__ import annotations

from typing import NamedTuple

from setsuden.sensors import flags
from setsuden.sensors.protocol import Sample
from setsuden.sensors.tally import Moment, Tally


class CounterTraits(NamedTuple):
    """What is known about a counter.

    limit_w            more than this the part cannot draw: the bound for gaps and the judge of wraps
    range_j            it starts again from 0 after this many J; None when unknown or when it never wraps
    nominal_w          what it is rated for; a wrap that needs more is possible but doubtful; None when unknown
    resolution_j       smallest step
    update_interval_s  time between steps
    always_draws       a part that is never at zero watts, so a counter that stands still is stuck
    """

    limit_w: float
    range_j: float | None = None
    nominal_w: float | None = None
    resolution_j: float = 0.0
    update_interval_s: float = 0.001
    always_draws: bool = True


# A counter that has not moved for this long, and for this many of its own updates, is stuck.
_STUCK_S = 0.5
_STUCK_UPDATES = 30
# A wrap that needs more than this multiple of the highest power seen so far is doubtful.
_DOUBTFUL_RATIO = 2.0
# A step after a silence that explains less than this share of what was drawn before it does not explain it all.
_EXPLAINED_SHARE = 0.75
# Powers over stretches shorter than this many updates say more about the step than about the part.
_STEADY_UPDATES = 10
# A sleeping machine's parts draw next to nothing (suspend to idle: a watt or two).
_ASLEEP_W = 5.0
# Unreadable for longer than this, a channel is lost and not only interrupted.
LOST_AFTER_S = 10.0


class CounterTally:
    """Feed it readings in J (``good``) or failures (``failed``); each returns the sample to show.

    first    the reading at opening, None when it could not be read
    opened   when that was
    """

    def __init__(self, traits: CounterTraits, first: float | None, opened: Moment) -> None:
        self.traits = traits
        self._tally = Tally()
        self._anchor_j = first  # last trusted reading at which the counter had moved
        self._anchor = opened
        self._mean_w: float | None = None
        self._peak_w = 0.0
        self._failing_since_s: float | None = None
        self._silent = False  # stuck or unreadable since the anchor
        self._stuck = False

    def good(self, reading_j: float, now: Moment) -> Sample:
        """The counter shows ``reading_j``."""
        notes = _sleep_note(now)
        if self._failing_since_s is not None:
            notes += (flags.ENERGY_GAP,)
            self._failing_since_s = None
        if self._anchor_j is None:
            return self._settle_bounds(0.0, reading_j, now, notes)
        step_j = reading_j - self._anchor_j
        if step_j == 0.0:
            return self._standing_still(now, notes)
        if step_j > 0.0:
            return self._forward(step_j, reading_j, now, notes)
        return self._backward(reading_j, now, notes)

    def failed(self, cause: str, now: Moment) -> Sample:
        """The counter could not be read; ``cause`` is the flag that says why."""
        if self._failing_since_s is None:
            self._failing_since_s = now.boot_s
        self._silent = True
        notes = (*_sleep_note(now), cause)
        if now.boot_s - self._failing_since_s > LOST_AFTER_S:
            notes += (flags.CHANNEL_LOST,)
        return self._bridge(now, notes)

    # -- the three ways a counter can step

    def _standing_still(self, now: Moment, notes: tuple[str, ...]) -> Sample:
        still_s = self._span_s(now)
        if not self.traits.always_draws:
            self._anchor = now
            self._silent = False
            return self._tally.sample(now.t_s, 0.0 if still_s > self.traits.update_interval_s else None, notes)
        if still_s <= max(_STUCK_S, _STUCK_UPDATES * self.traits.update_interval_s) and not self._silent:
            return self._tally.sample(now.t_s, None, notes)
        self._silent = self._stuck = True
        return self._bridge(now, (*notes, flags.COUNTER_STUCK))

    def _forward(self, step_j: float, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample:
        if step_j > self._allowed_j(now):
            return self._settle_bounds(0.0, reading_j, now, (*notes, flags.IMPLAUSIBLE_POWER))
        if self._silent and not self._explains(step_j, now):
            return self._settle_bounds(step_j, reading_j, now, notes or (flags.COUNTER_STUCK,))
        if self._stuck:
            # It may have caught up, or merely moved on at a higher power: the step is the least that was drawn.
            most_j = max(step_j, self._most_j(now))
            return self._settle(step_j, step_j, most_j, reading_j, now, (*notes, flags.COUNTER_STUCK), trusted=False)
        return self._settle_wraps(step_j, reading_j, now, notes)

    def _backward(self, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample:
        allowed_j = self._allowed_j(now)
        at_least_j = reading_j if reading_j <= allowed_j else 0.0
        wrapped_j = self._wrapped(reading_j)
        if wrapped_j is None or wrapped_j > allowed_j:
            return self._settle_bounds(at_least_j, reading_j, now, (*notes, flags.COUNTER_RESET))
        if self._doubtful(wrapped_j, now):
            low_j = min(at_least_j, wrapped_j)
            return self._settle_bounds(low_j, reading_j, now, (*notes, flags.COUNTER_RESET), at_most_j=wrapped_j)
        return self._forward(wrapped_j, reading_j, now, notes)

    def _wrapped(self, reading_j: float) -> float | None:
        span_j = self.traits.range_j
        if span_j is None or self._anchor_j is None or max(reading_j, self._anchor_j) > span_j:
            return None
        return reading_j - self._anchor_j + span_j

    # -- judging by power

    def _span_s(self, now: Moment) -> float:
        return max(0.0, now.t_s - self._anchor.t_s)

    def _asleep_s(self, now: Moment) -> float:
        return max(0.0, now.boot_s - self._anchor.boot_s - self._span_s(now))

    def _allowed_j(self, now: Moment) -> float:
        """The most that the counter can have grown by since the anchor."""
        slack_j = self.traits.limit_w * self.traits.update_interval_s + 2 * self.traits.resolution_j
        return self._most_j(now) + slack_j

    def _most_j(self, now: Moment) -> float:
        """The most that can have been drawn since the anchor, awake and asleep."""
        return self.traits.limit_w * self._span_s(now) + min(_ASLEEP_W, self.traits.limit_w) * self._asleep_s(now)

    def _typical_j(self, now: Moment) -> float:
        return (self._mean_w or 0.0) * self._span_s(now)

    def _doubtful(self, step_j: float, now: Moment) -> bool:
        span_s = self._span_s(now) + self.traits.update_interval_s
        seen_w = _DOUBTFUL_RATIO * self._peak_w if self._peak_w else self.traits.limit_w / 2
        return step_j / span_s > max(seen_w, self.traits.nominal_w or 0.0)

    def _explains(self, step_j: float, now: Moment) -> bool:
        if self._mean_w is None:
            return not self._stuck
        return step_j >= _EXPLAINED_SHARE * self._typical_j(now)

    # -- settling a stretch of time

    def _settle_wraps(self, step_j: float, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample:
        """The step, plus as many whole unseen wraps as the power limit leaves room for (nearly always none)."""
        span_j = self.traits.range_j
        more = int((self._allowed_j(now) - step_j) // span_j) if span_j else 0
        if more <= 0 or span_j is None:
            return self._settle(step_j, step_j, step_j, reading_j, now, notes)
        likely = round((self._typical_j(now) - step_j) / span_j) if self._mean_w else 0
        value_j = step_j + span_j * min(max(likely, 0), more)
        notes += (flags.COUNTER_WRAPPED_UNSEEN,)
        return self._settle(value_j, step_j, step_j + span_j * more, reading_j, now, notes)

    def _settle_bounds(
        self, low_j: float, reading_j: float, now: Moment, notes: tuple[str, ...], at_most_j: float = 0.0
    ) -> Sample:
        """The energy is only known to lie between ``low_j`` and what the part can draw; continue from here."""
        if not notes:
            notes = (flags.ENERGY_GAP,)
        high_j = max(low_j, at_most_j, self._most_j(now))
        value_j = min(max(self._typical_j(now), low_j), high_j)
        return self._settle(value_j, low_j, high_j, reading_j, now, notes, trusted=False)

    def _settle(
        self,
        value_j: float,
        low_j: float,
        high_j: float,
        reading_j: float,
        now: Moment,
        notes: tuple[str, ...],
        *,
        trusted: bool = True,
    ) -> Sample:
        span_s = self._span_s(now)
        self._tally.add(value_j, low_j, high_j)
        power_w = value_j / span_s if trusted and span_s >= self.traits.update_interval_s > 0 else None
        if power_w is not None and low_j == high_j:
            self._mean_w = power_w
            if span_s >= _STEADY_UPDATES * self.traits.update_interval_s:
                self._peak_w = max(self._peak_w, power_w)
        self._anchor_j, self._anchor = reading_j, now
        self._silent = self._stuck = False
        return self._tally.sample(now.t_s, power_w, notes)

    def _bridge(self, now: Moment, notes: tuple[str, ...]) -> Sample:
        """Nothing new is known since the anchor: show what is likely, bounded by nothing and the most it can draw."""
        most_j = self._most_j(now)
        return self._tally.sample(now.t_s, None, notes, (min(self._typical_j(now), most_j), 0.0, most_j))


def _sleep_note(now: Moment) -> tuple[str, ...]:
    return (flags.SUSPENDED,) if now.slept_s else ()
