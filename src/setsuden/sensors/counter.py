"""Joules from a hardware counter that wraps, resets, sticks and vanishes, without inventing or losing any.

Every backward step has two explanations: the counter wrapped, or it started again. Power tells them apart: a wrap
from 200,000 J to 0 within a second would need 60 kW. Where both remain possible, the interval covers both and a flag
says so. A reading that fits nothing is doubted, not believed: if the counter then goes on from where it was before,
that reading never happened. What power makes plausible is in ``plausible``.
"""

from __future__ import annotations

from setsuden.sensors import flags
from setsuden.sensors.plausible import SLOWEST_S, Stretch, stretch
from setsuden.sensors.protocol import Sample
from setsuden.sensors.settled import Doubted, Settled
from setsuden.sensors.tally import Moment

# A power beyond the limit that is believed raises the limit to this multiple of it.
_RAISED = 1.5
# Beyond what any such part draws twice running, alike to within this ratio and not absurd: what is known is wrong.
_ALIKE = 2.0
_BEYOND_CEILING = 4.0
# What a step may hold of the time before its stretch: a refresh, and as much again.
_BEFORE_S = 2 * SLOWEST_S
# Unreadable for longer than this, a channel is lost and not only interrupted.
LOST_AFTER_S = 10.0


class CounterTally(Settled):
    """Feed it readings in J (``good``) or failures (``failed``); each returns the sample to show."""

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
        most_j = likely.limit_w * span.awake_s
        watched = not (self._still.seconds or self._dark(span))
        if watched and step_j <= most_j and most_j + _BEFORE_S * likely.limit_w < self._round_j / 2:
            # As nearly always: no more than it can draw, under one's eyes, and far from a round unseen.
            return self._settle(step_j, step_j, step_j, reading_j, now, span, notes)
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

    def _back_on_track(self, doubted: Doubted, reading_j: float, now: Moment, notes: tuple[str, ...]) -> Sample | None:
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

    def _wrapped(self, reading_j: float) -> float | None:
        span_j = self.traits.range_j
        if span_j is None or self._anchor_j is None or max(reading_j, self._anchor_j) > span_j:
            return None
        return reading_j - self._anchor_j + span_j


def _sleep_note(now: Moment) -> tuple[str, ...]:
    return (flags.SUSPENDED,) if now.slept_s else ()
