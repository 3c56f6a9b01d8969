"""Joules from a hardware counter that wraps, resets, sticks and vanishes, without inventing or losing any.

Every backward step has two explanations: the counter wrapped, or it started again. Power tells them apart: a wrap
from 200,000 J to 0 within a second would need 60 kW. Where both remain possible, the interval covers both and a flag
says so. A reading that fits nothing is doubted, not believed: if the counter then goes on from where it was before,
that reading never happened.
"""

from __future__ import annotations

from setsuden.sensors import flags
from setsuden.sensors.protocol import Sample
from setsuden.sensors.tally import SLEEP_FLOOR_S, Moment, Tally
from setsuden.tuples import NamedTuple


class CounterTraits(NamedTuple):
    """What is known about a counter.

    limit_w            more than this the part does not draw, as far as is known: the bound for gaps, the judge of wraps
    range_j            it starts again from 0 after this many J; None when unknown or when it never wraps
    nominal_w          what it is rated for; a wrap that needs more is possible but doubtful; None when unknown
    resolution_j       smallest step
    update_interval_s  time between steps
    always_draws       a part that is never at zero watts, so a counter that stands still is stuck
    ceiling_w          no part of this kind draws more; between ``limit_w`` and this a step is believed and flagged
    least_range_j      where ``range_j`` is unknown: no counter of this kind starts again sooner; None: it never wraps
    """

    limit_w: float
    range_j: float | None = None
    nominal_w: float | None = None
    resolution_j: float = 0.0
    update_interval_s: float = 0.001
    always_draws: bool = True
    ceiling_w: float = 0.0
    least_range_j: float | None = None


# A counter that has not moved for this long, and for this many of its own updates, is stuck.
_STUCK_S = 0.5
_STUCK_UPDATES = 30
# A wrap that needs more than this multiple of the highest power seen so far is doubtful.
_DOUBTFUL_RATIO = 2.0
# A step after a silence explains it if it is what was drawn before it, to within this share either way.
_EXPLAINED_SHARE = 0.75
# Powers over stretches shorter than this many updates say more about the step than about the part.
_STEADY_UPDATES = 10
# The power before a silence is that of so long.
_RECENT_S = 1.0
# A sleeping machine's parts draw next to nothing (suspend to idle: a watt or two).
_ASLEEP_W = 5.0
# A power beyond the limit that is believed raises the limit to this multiple of it.
_RAISED = 1.5
# Beyond what any such part draws twice running, alike to within this ratio and not absurd: what is known is wrong.
_ALIKE = 2.0
_BEYOND_CEILING = 4.0
# Unreadable for longer than this, a channel is lost and not only interrupted.
LOST_AFTER_S = 10.0


class _Doubted(NamedTuple):
    """What was settled since a reading that fitted nothing, and where the counter stood before it."""

    anchor_j: float
    anchor: Moment
    settled: tuple[float, float, float]


class CounterTally:
    """Feed it readings in J (``good``) or failures (``failed``); each returns the sample to show.

    first    the reading at opening, None when it could not be read
    opened   when that was
    """

    def __init__(self, traits: CounterTraits, first: float | None, opened: Moment) -> None:
        self.traits = traits
        self._tally = Tally()
        self._limit_w = traits.limit_w
        self._anchor_j = first  # last reading that was settled; the counter had moved
        self._anchor = opened
        self._doubted: _Doubted | None = None
        self._mean_w: float | None = None
        self._peak_w = 0.0
        self._over_w: float | None = None  # power of the step just before, where it was beyond the limit
        self._failing_since_s: float | None = None
        self._silent = False  # stuck or unreadable since the anchor
        self._stuck = False

    def good(self, reading_j: float, now: Moment) -> Sample:
        """The counter shows ``reading_j``."""
        if reading_j < 0.0:
            return self.failed(flags.IMPLAUSIBLE_POWER, now)
        notes = _sleep_note(now)
        if self._failing_since_s is not None:
            notes += (flags.ENERGY_GAP,)
            self._failing_since_s = None
        if self._anchor_j is None:
            return self._settle_bounds(0.0, reading_j, now, notes)
        step_j = reading_j - self._anchor_j
        if step_j == 0.0:
            return self._standing_still(now, notes)
        if self._doubted is not None and (sample := self._back_on_track(self._doubted, reading_j, now, notes)):
            return sample
        return self._forward(step_j, reading_j, now, notes) if step_j > 0.0 else self._backward(reading_j, now, notes)

    def failed(self, cause: str, now: Moment) -> Sample:
        """The counter could not be read; ``cause`` is the flag that says why."""
        if self._failing_since_s is None:
            self._failing_since_s = now.boot_s
        self._silent = True
        notes = (*_sleep_note(now), cause)
        if now.boot_s - self._failing_since_s > LOST_AFTER_S:
            notes += (flags.CHANNEL_LOST,)
        return self._bridge(now, notes)

    # -- the ways a counter can step

    def _standing_still(self, now: Moment, notes: tuple[str, ...]) -> Sample:
        still_s = self._span_s(now)
        if not self.traits.always_draws:
            self._anchor = now
            self._silent = False
            return self._tally.sample(now.t_s, 0.0 if still_s > self.traits.update_interval_s else None, notes)
        patience_s = _STUCK_UPDATES * self.traits.update_interval_s
        if still_s < max(_STUCK_S, patience_s) and not self._silent:
            # Too early to say so, too late to be certain that nothing was drawn.
            unseen_w = self._peak_w if still_s > patience_s else 0.0
            return self._tally.sample(now.t_s, None, notes, (0.0, 0.0, unseen_w * still_s))
        self._silent = self._stuck = True
        return self._bridge(now, (*notes, flags.COUNTER_STUCK))

    def _forward(self, step_j: float, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample:
        if step_j > self._allowed_j(now, self._limit_w):
            return self._beyond(step_j, reading_j, now, (*notes, flags.IMPLAUSIBLE_POWER))
        if self._stuck:
            # It may have caught up, or merely moved on: the step is the least that was drawn.
            value_j = step_j if self._explains(step_j, now) else max(step_j, self._typical_j(now))
            most_j = max(value_j, self._most_j(now))
            return self._settle(value_j, step_j, most_j, reading_j, now, (*notes, flags.COUNTER_STUCK), trusted=False)
        if self._dark(now) and not self._explains(step_j, now):
            # It may have started again in the dark, and what it shows be only the end of it.
            low_j = step_j if self._mean_w is None else min(step_j, self._typical_j(now))
            most_j = max(step_j, self._most_j(now))
            return self._settle(step_j, low_j, most_j, reading_j, now, notes or (flags.ENERGY_GAP,))
        return self._settle_wraps(step_j, reading_j, now, notes)

    def _beyond(self, step_j: float, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample:
        """More than the part is known to draw: a jump of the counter, or a limit that is wrong."""
        power_w = step_j / max(self._span_s(now), self.traits.update_interval_s)
        before_w, self._over_w = self._over_w, power_w
        if step_j <= self._allowed_j(now, self._ceiling_w):
            self._limit_w = max(self._limit_w, _RAISED * power_w)
            return self._settle(step_j, 0.0, step_j, reading_j, now, notes, trusted=False, doubted=True)
        alike = before_w is not None and 1 / _ALIKE <= power_w / before_w <= _ALIKE
        if alike and self._doubted is not None and power_w <= _BEYOND_CEILING * self._ceiling_w:
            self._limit_w = _RAISED * max(power_w, before_w or 0.0)
            doubted = self._doubted
            self._take_back(doubted)
            return self._forward(reading_j - doubted.anchor_j, reading_j, now, notes)
        return self._settle_bounds(0.0, reading_j, now, notes, doubted=True)

    def _backward(self, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample:
        wrapped_j = self._wrapped(reading_j)
        if wrapped_j is None or wrapped_j > self._allowed_j(now, self._ceiling_w):
            return self._settle_bounds(0.0, reading_j, now, (*notes, flags.COUNTER_RESET), doubted=True)
        if (
            wrapped_j > self._allowed_j(now, self._limit_w)
            or self._doubtful(wrapped_j, now)
            or (self._dark(now) and not self._stuck and not self._explains(wrapped_j, now))
        ):
            notes += (flags.COUNTER_RESET,)
            return self._settle_bounds(0.0, reading_j, now, notes, at_most_j=wrapped_j, doubted=True)
        return self._forward(wrapped_j, reading_j, now, notes)

    def _back_on_track(self, doubted: _Doubted, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample | None:
        """Where the counter goes on from before a doubted reading: that reading is left out. None where it does not."""
        assert self._anchor_j is not None
        new_j = reading_j - self._anchor_j
        fits = 0.0 < new_j <= self._allowed_j(now, self._ceiling_w)
        if fits and self._anchor_j > doubted.anchor_j:
            return None  # what was doubted was a step ahead, and it goes on from there
        new_anchor, self._anchor = self._anchor, doubted.anchor
        old_j, most_j, typical_j = (
            reading_j - doubted.anchor_j,
            self._allowed_j(now, self._limit_w),
            self._typical_j(now),
        )
        self._anchor = new_anchor
        span_j = self.traits.range_j or self.traits.least_range_j
        if not 0.0 < old_j <= most_j or (span_j is not None and most_j > span_j):
            return None  # or so long ago that the counter may have gone round meanwhile
        if not fits:
            self._take_back(doubted)
            return self._forward(old_j, reading_j, now, notes)
        # Both would do: what lies nearer to the power before is shown, and the interval covers both.
        value_j, low_j, high_j = (part + new_j for part in doubted.settled)
        low_j, high_j = min(low_j, old_j), max(high_j, old_j)
        if self._mean_w is not None and abs(old_j - typical_j) < abs(value_j - typical_j):
            value_j = old_j
        self._take_back(doubted)
        return self._settle(value_j, low_j, high_j, reading_j, now, (*notes, flags.COUNTER_RESET), trusted=False)

    def _take_back(self, doubted: _Doubted) -> None:
        """As if the doubted reading and what followed it had never been."""
        self._tally.add(*(-part for part in doubted.settled))
        self._anchor_j, self._anchor = doubted.anchor_j, doubted.anchor
        self._doubted = None
        self._silent = self._stuck = False

    def _wrapped(self, reading_j: float) -> float | None:
        span_j = self.traits.range_j
        if span_j is None or self._anchor_j is None or max(reading_j, self._anchor_j) > span_j:
            return None
        return reading_j - self._anchor_j + span_j

    # -- judging by power

    @property
    def _ceiling_w(self) -> float:
        return max(self.traits.ceiling_w, self._limit_w)

    def _span_s(self, now: Moment) -> float:
        return max(0.0, now.t_s - self._anchor.t_s)

    def _asleep_s(self, now: Moment) -> float:
        return max(0.0, now.boot_s - self._anchor.boot_s - self._span_s(now))

    def _dark(self, now: Moment) -> bool:
        """Whether the counter could not be watched all the time since the anchor."""
        return self._silent or self._asleep_s(now) > SLEEP_FLOOR_S

    def _allowed_j(self, now: Moment, limit_w: float) -> float:
        """The most that the counter can have grown by since the anchor."""
        slack_j = limit_w * self.traits.update_interval_s + 2 * self.traits.resolution_j
        return self._most_j(now, limit_w) + slack_j

    def _most_j(self, now: Moment, limit_w: float | None = None) -> float:
        """The most that can have been drawn since the anchor, awake and asleep."""
        most_w = limit_w or self._limit_w
        return most_w * self._span_s(now) + min(_ASLEEP_W, most_w) * self._asleep_s(now)

    def _typical_j(self, now: Moment) -> float:
        return (self._mean_w or 0.0) * self._span_s(now)

    def _doubtful(self, step_j: float, now: Moment) -> bool:
        span_s = self._span_s(now) + self.traits.update_interval_s
        seen_w = _DOUBTFUL_RATIO * self._peak_w if self._peak_w else self._limit_w / 2
        return step_j / span_s > max(seen_w, self.traits.nominal_w or 0.0)

    def _explains(self, step_j: float, now: Moment) -> bool:
        """Whether a step over a dark stretch is what the power before it leads to expect."""
        if self._mean_w is None:
            return False
        typical_j = self._typical_j(now)
        return _EXPLAINED_SHARE * typical_j <= step_j <= typical_j / _EXPLAINED_SHARE + _ASLEEP_W * self._asleep_s(now)

    # -- settling a stretch of time

    def _settle_wraps(self, step_j: float, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample:
        """The step, plus as many whole unseen wraps as the power limit leaves room for (nearly always none)."""
        span_j, allowed_j = self.traits.range_j, self._allowed_j(now, self._limit_w)
        if span_j is not None and reading_j > span_j:
            span_j = None  # it says that it wraps sooner than it does
        known = span_j is not None
        span_j = span_j or self.traits.least_range_j
        more = int((allowed_j - step_j) // span_j) if span_j else 0
        if more <= 0 or span_j is None:
            return self._settle(step_j, step_j, step_j, reading_j, now, notes)
        notes += (flags.COUNTER_WRAPPED_UNSEEN,)
        if not known:
            value_j = max(step_j, min(self._typical_j(now), allowed_j))
            return self._settle(value_j, step_j, allowed_j, reading_j, now, notes, trusted=False)
        likely = round((self._typical_j(now) - step_j) / span_j) if self._mean_w else 0
        value_j = step_j + span_j * min(max(likely, 0), more)
        return self._settle(value_j, step_j, step_j + span_j * more, reading_j, now, notes)

    def _settle_bounds(
        self, low_j: float, reading_j: float, now: Moment, notes: tuple[str, ...], at_most_j: float = 0.0,
        *, doubted: bool = False,
    ) -> Sample:  # fmt: skip
        """The energy is only known to lie between ``low_j`` and what the part can draw; continue from here."""
        if not notes:
            notes = (flags.ENERGY_GAP,)
        high_j = max(low_j, at_most_j, self._most_j(now))
        value_j = min(max(self._typical_j(now), low_j), high_j)
        return self._settle(value_j, low_j, high_j, reading_j, now, notes, trusted=False, doubted=doubted)

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
        doubted: bool = False,
    ) -> Sample:
        span_s = self._span_s(now)
        self._tally.add(value_j, low_j, high_j)
        power_w = value_j / span_s if trusted and span_s >= self.traits.update_interval_s > 0 else None
        if power_w is not None and low_j == high_j:
            # Of the last second: one short stretch may have caught a counter in the middle of a pause.
            known = min(1.0, span_s / _RECENT_S)
            self._mean_w = power_w if self._mean_w is None else self._mean_w + known * (power_w - self._mean_w)
            if span_s >= _STEADY_UPDATES * self.traits.update_interval_s:
                self._peak_w = max(self._peak_w, power_w)
        if not doubted:
            self._doubted = self._over_w = None
        elif self._anchor_j is not None:
            kept = self._doubted or _Doubted(self._anchor_j, self._anchor, (0.0, 0.0, 0.0))
            settled = kept.settled[0] + value_j, kept.settled[1] + low_j, kept.settled[2] + high_j
            self._doubted = kept._replace(settled=settled)
        self._anchor_j, self._anchor = reading_j, now
        self._silent = self._stuck = False
        return self._tally.sample(now.t_s, power_w, notes)

    def _bridge(self, now: Moment, notes: tuple[str, ...]) -> Sample:
        """Nothing new is known since the anchor: show what is likely, bounded by nothing and the most it can draw."""
        most_j = self._most_j(now)
        return self._tally.sample(now.t_s, None, notes, (min(self._typical_j(now), most_j), 0.0, most_j))


def _sleep_note(now: Moment) -> tuple[str, ...]:
    return (flags.SUSPENDED,) if now.slept_s else ()
