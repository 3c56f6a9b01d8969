"""Joules from a hardware counter that wraps, resets, sticks and vanishes, without inventing or losing any.

Every backward step has two explanations: the counter wrapped, or it started again. Power tells them apart: a wrap
from 200,000 J to 0 within a second would need 60 kW. Where both remain possible, the interval covers both and a flag
says so. A reading that fits nothing is doubted, not believed: if the counter then goes on from where it was before,
that reading never happened. What power makes plausible is in ``plausible``.
"""

from __future__ import annotations

from setsuden.sensors import flags
from setsuden.sensors.plausible import SLOWEST_S, CounterTraits, Plausible, Stretch, stretch
from setsuden.sensors.protocol import Sample
from setsuden.sensors.standstill import Standstill
from setsuden.sensors.tally import SLEEP_FLOOR_S, Moment, Tally
from setsuden.tuples import NamedTuple

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
        self._plausible = Plausible(traits)
        self._still = Standstill(traits.update_interval_s)
        self._anchor_j = first  # last reading that was settled; the counter had moved
        self._anchor = opened
        self._doubted: _Doubted | None = None
        self._over_w: float | None = None  # power of the step just before, where it was beyond the limit
        self._failing_since_s: float | None = None
        self._stuck = False
        self._told = 0  # how often another source told the power during this silence
        self.silent = False
        """Stuck or unreadable since it last moved."""

    def good(self, reading_j: float, now: Moment) -> Sample:
        """The counter shows ``reading_j``."""
        if reading_j < 0.0:
            return self.failed(flags.IMPLAUSIBLE_POWER, now)
        notes = _sleep_note(now)
        if self._failing_since_s is not None:
            notes += (flags.ENERGY_GAP,)
            self._failing_since_s = None
        span = stretch(self._anchor, now)
        if self._anchor_j is None:
            return self._settle_bounds(0.0, reading_j, now, span, notes)
        step_j = reading_j - self._anchor_j
        if step_j == 0.0:
            return self._standing_still(now, span, notes)
        if self._doubted is not None and (sample := self._back_on_track(self._doubted, reading_j, now, notes)):
            return sample
        if step_j < 0.0:
            return self._backward(reading_j, now, span, notes)
        return self._forward(step_j, reading_j, now, span, notes)

    def failed(self, cause: str, now: Moment) -> Sample:
        """The counter could not be read; ``cause`` is the flag that says why."""
        if self._failing_since_s is None:
            self._failing_since_s = now.boot_s
        self.silent = True
        notes = (*_sleep_note(now), cause)
        if now.boot_s - self._failing_since_s > LOST_AFTER_S:
            notes += (flags.CHANNEL_LOST,)
        return self._bridge(now, stretch(self._anchor, now), notes)

    def doubt_pace(self, seconds: float) -> None:
        """It was not seen to move as often as it says; for all that is known, its figure may be so old."""
        self._still.doubt_s = self._tally.lag_s = seconds

    def told(self, power_w: float) -> None:
        """Another source says what is drawn now; while the counter is silent, that is what is likely."""
        if self.silent:
            self._told += 1
            mean_w = power_w if self._told == 1 else self._plausible.mean_w or 0.0
            self._plausible.mean_w = mean_w + (power_w - mean_w) / self._told

    # -- the ways a counter can step

    def _standing_still(self, now: Moment, span: Stretch, notes: tuple[str, ...]) -> Sample:
        if not self.traits.always_draws:
            self._anchor = now
            self.silent = False
            return self._tally.sample(now.t_s, 0.0 if span.awake_s > self.traits.update_interval_s else None, notes)
        still = self._still
        still.seconds = span.awake_s
        if not still.stuck and not self.silent:
            if still.certain and self._plausible.mean_w is not None:
                return self._tally.sample(now.t_s, None, notes)
            # Too early to say so, too late to be certain that nothing was drawn.
            sample = self._tally.sample(now.t_s, None, notes, (0.0, 0.0, self._plausible.unseen_j(still.seconds)))
            return sample._replace(still_s=still.seconds)
        self.silent = self._stuck = True
        return self._bridge(now, span, (*notes, flags.COUNTER_STUCK))

    def _forward(self, step_j: float, reading_j: float, now: Moment, span: Stretch, notes: tuple[str, ...]) -> Sample:
        likely = self._plausible
        allowed_j = likely.allowed_j(span, likely.limit_w)
        if step_j > allowed_j:
            return self._beyond(step_j, reading_j, now, span, (*notes, flags.IMPLAUSIBLE_POWER))
        if self._stuck:
            # It may have caught up, or merely moved on: the step is the least that was drawn.
            explained = likely.explains(step_j, span)
            if explained:
                self._still.made_up_for(span)
            elif likely.mean_w is None:
                likely.mean_w = step_j / span.awake_s
            value_j = step_j if explained else max(step_j, likely.typical_j(span))
            most_j = max(value_j, likely.most_j(span))
            notes = (*notes, flags.COUNTER_STUCK)
            return self._settle(value_j, step_j, most_j, reading_j, now, span, notes, trusted=False)
        if self._dark(span) and not likely.explains(step_j, span):
            # It may have started again in the dark, and what it shows be only the end of it.
            low_j = step_j if likely.mean_w is None else min(step_j, likely.typical_j(span))
            most_j = max(step_j, likely.most_j(span))
            return self._settle(step_j, low_j, most_j, reading_j, now, span, notes or (flags.ENERGY_GAP,))
        if self._still.paused(span) and likely.falls_short(step_j, span):
            most_j = step_j + likely.unseen_j(self._still.seconds)
            notes = (*notes, flags.COUNTER_STUCK)
            return self._settle(step_j, step_j, most_j, reading_j, now, span, notes, trusted=False)
        if likely.late(step_j, span):
            # Refreshed so seldom that a part of it was drawn before this stretch.
            low_j = min(step_j, likely.typical_j(span))
            return self._settle(step_j, low_j, step_j, reading_j, now, span, notes, trusted=False)
        return self._settle_wraps(step_j, allowed_j, reading_j, now, span, notes)

    def _beyond(self, step_j: float, reading_j: float, now: Moment, span: Stretch, notes: tuple[str, ...]) -> Sample:
        """More than the part is known to draw: a jump of the counter, or a limit that is wrong."""
        likely = self._plausible
        power_w = step_j / max(span.awake_s, self.traits.update_interval_s)
        before_w, self._over_w = self._over_w, power_w
        if step_j <= likely.allowed_j(span, likely.ceiling_w):
            likely.limit_w = max(likely.limit_w, _RAISED * power_w)
            return self._settle(step_j, 0.0, step_j, reading_j, now, span, notes, trusted=False, doubted=True)
        alike = before_w is not None and 1 / _ALIKE <= power_w / before_w <= _ALIKE
        if alike and self._doubted is not None and power_w <= _BEYOND_CEILING * likely.ceiling_w:
            likely.limit_w = _RAISED * max(power_w, before_w or 0.0)
            doubted = self._doubted
            self._take_back(doubted)
            return self._forward(reading_j - doubted.anchor_j, reading_j, now, stretch(doubted.anchor, now), notes)
        if likely.mean_w is None and step_j <= likely.limit_w * (span.awake_s + SLOWEST_S):
            # The first step that is seen: a counter that is seldom refreshed shows what was drawn before the opening.
            return self._settle(step_j, 0.0, step_j, reading_j, now, span, notes, trusted=False, doubted=True)
        return self._settle_bounds(0.0, reading_j, now, span, notes, doubted=True)

    def _backward(self, reading_j: float, now: Moment, span: Stretch, notes: tuple[str, ...]) -> Sample:
        likely = self._plausible
        wrapped_j = self._wrapped(reading_j)
        if wrapped_j is None or wrapped_j > likely.allowed_j(span, likely.ceiling_w):
            return self._settle_bounds(0.0, reading_j, now, span, (*notes, flags.COUNTER_RESET), doubted=True)
        explained = likely.explains(wrapped_j, Stretch(span.awake_s, 0.0))
        if (
            wrapped_j > likely.allowed_j(span, likely.limit_w)
            or likely.doubtful(wrapped_j, span)
            or (self._dark(span) and not self._stuck and not explained)
        ):
            notes += (flags.COUNTER_RESET,)
            return self._settle_bounds(0.0, reading_j, now, span, notes, at_most_j=wrapped_j, doubted=True)
        if not explained and likely.mean_w is not None and not self._stuck:
            # Close to its end, a counter that started again looks like one that wrapped under another load.
            high_j = max(wrapped_j, likely.most_j(span))
            notes += (flags.COUNTER_RESET,)
            return self._settle(wrapped_j, 0.0, high_j, reading_j, now, span, notes, trusted=False, doubted=True)
        return self._forward(wrapped_j, reading_j, now, span, notes)

    def _back_on_track(self, doubted: _Doubted, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample | None:
        """Where the counter goes on from before a doubted reading: that reading is left out. None where it does not."""
        assert self._anchor_j is not None
        likely = self._plausible
        new_j, span = reading_j - self._anchor_j, stretch(self._anchor, now)
        fits = 0.0 < new_j <= likely.allowed_j(span, likely.ceiling_w)
        if fits and self._anchor_j > doubted.anchor_j:
            return None  # what was doubted was a step ahead, and it goes on from there
        whole = stretch(doubted.anchor, now)
        old_j, most_j = reading_j - doubted.anchor_j, likely.allowed_j(whole, likely.limit_w)
        span_j = self.traits.range_j or self.traits.least_range_j
        if not 0.0 < old_j <= most_j or (span_j is not None and most_j > span_j):
            return None  # or so long ago that the counter may have gone round meanwhile
        if not fits:
            self._take_back(doubted)
            return self._forward(old_j, reading_j, now, whole, notes)
        # Both would do: what lies nearer to the power before is shown, and the interval covers both.
        typical_j = likely.typical_j(whole)
        value_j, low_j, high_j = (part + new_j for part in doubted.settled)
        low_j, high_j = min(low_j, old_j), max(high_j, old_j)
        if likely.mean_w is not None and abs(old_j - typical_j) < abs(value_j - typical_j):
            value_j = old_j
        self._take_back(doubted)
        notes = (*notes, flags.COUNTER_RESET)
        return self._settle(value_j, low_j, high_j, reading_j, now, whole, notes, trusted=False)

    def _take_back(self, doubted: _Doubted) -> None:
        """As if the doubted reading and what followed it had never been."""
        self._tally.add(*(-part for part in doubted.settled))
        self._anchor_j, self._anchor = doubted.anchor_j, doubted.anchor
        self._doubted = None
        self.silent = self._stuck = False
        self._still.seconds = 0.0

    def _wrapped(self, reading_j: float) -> float | None:
        span_j = self.traits.range_j
        if span_j is None or self._anchor_j is None or max(reading_j, self._anchor_j) > span_j:
            return None
        return reading_j - self._anchor_j + span_j

    def _started_again(self, reading_j: float) -> bool:
        """Whether a backward step looks like a new start at zero, which most are."""
        return self._anchor_j is not None and reading_j < self._anchor_j / 2

    def _dark(self, span: Stretch) -> bool:
        """Whether the counter could not be watched all the time since the anchor."""
        return self.silent or span.asleep_s > SLEEP_FLOOR_S

    # -- settling a stretch of time

    def _settle_wraps(
        self, step_j: float, allowed_j: float, reading_j: float, now: Moment, span: Stretch, notes: tuple[str, ...]
    ) -> Sample:
        """The step, plus as many whole unseen wraps as the power limit leaves room for (nearly always none)."""
        span_j = self.traits.range_j
        if span_j is not None and reading_j > span_j:
            span_j = None  # it says that it wraps sooner than it does
        known = span_j is not None
        span_j = span_j or self.traits.least_range_j
        more = int((allowed_j - step_j) // span_j) if span_j else 0
        if more <= 0 or span_j is None:
            return self._settle(step_j, step_j, step_j, reading_j, now, span, notes)
        notes += (flags.COUNTER_WRAPPED_UNSEEN,)
        typical_j = self._plausible.typical_j(span)
        if not known:
            value_j = max(step_j, min(typical_j, allowed_j))
            return self._settle(value_j, step_j, allowed_j, reading_j, now, span, notes, trusted=False)
        likely = round((typical_j - step_j) / span_j) if typical_j else 0
        value_j = step_j + span_j * min(max(likely, 0), more)
        return self._settle(value_j, step_j, step_j + span_j * more, reading_j, now, span, notes)

    def _settle_bounds(
        self, low_j: float, reading_j: float, now: Moment, span: Stretch, notes: tuple[str, ...],
        at_most_j: float = 0.0, *, doubted: bool = False,
    ) -> Sample:  # fmt: skip
        """The energy is only known to lie between ``low_j`` and what the part can draw; continue from here."""
        if not notes:
            notes = (flags.ENERGY_GAP,)
        most_j = self._plausible.most_j(span)
        high_j = max(low_j, at_most_j, most_j)
        if self._plausible.mean_w is None and self._started_again(reading_j) and reading_j <= most_j:
            likely_j = reading_j  # nothing is known of its power, but this it has shown since
        else:
            likely_j = self._plausible.typical_j(span)
        value_j = min(max(likely_j, low_j), high_j)
        return self._settle(value_j, low_j, high_j, reading_j, now, span, notes, trusted=False, doubted=doubted)

    def _settle(
        self,
        value_j: float,
        low_j: float,
        high_j: float,
        reading_j: float,
        now: Moment,
        span: Stretch,
        notes: tuple[str, ...],
        *,
        trusted: bool = True,
        doubted: bool = False,
    ) -> Sample:
        self._tally.add(value_j, low_j, high_j)
        power_w = value_j / span.awake_s if trusted and span.awake_s >= self.traits.update_interval_s > 0 else None
        if not trusted or low_j != high_j:
            self._plausible.forget_before()
        elif power_w is not None:
            if self._still.seconds > self._still.habit_s and self._plausible.made_up_for(value_j, span):
                self._still.made_up_for(span)
            self._plausible.learn(value_j, span)
        if not doubted:
            self._doubted = self._over_w = None
        elif self._anchor_j is not None:
            kept = self._doubted or _Doubted(self._anchor_j, self._anchor, (0.0, 0.0, 0.0))
            settled = kept.settled[0] + value_j, kept.settled[1] + low_j, kept.settled[2] + high_j
            self._doubted = kept._replace(settled=settled)
        self._anchor_j, self._anchor = reading_j, now
        self._moved(span)
        return self._tally.sample(now.t_s, power_w, notes)

    def _moved(self, span: Stretch) -> None:
        self.silent = self._stuck = False
        self._still.moved(span)
        self._tally.lag_s = self._still.lag_s
        self._told = 0

    def _bridge(self, now: Moment, span: Stretch, notes: tuple[str, ...]) -> Sample:
        """Nothing new is known since the anchor: show what is likely, bounded by nothing and the most it can draw."""
        most_j = self._plausible.most_j(span)
        return self._tally.sample(now.t_s, None, notes, (min(self._plausible.typical_j(span), most_j), 0.0, most_j))


def _sleep_note(now: Moment) -> tuple[str, ...]:
    return (flags.SUSPENDED,) if now.slept_s else ()
