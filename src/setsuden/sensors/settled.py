"""What a counter has shown so far, settled: joules with bounds, where it stood, what its power has been.

The ways in which it can step are in ``counter``; each ends here.
"""

from __future__ import annotations

from setsuden.sensors import flags
from setsuden.sensors.plausible import CounterTraits, Plausible, Stretch
from setsuden.sensors.protocol import Sample
from setsuden.sensors.standstill import Standstill
from setsuden.sensors.tally import SLEEP_FLOOR_S, Moment, Tally
from setsuden.tuples import NamedTuple


class Doubted(NamedTuple):
    """What was settled since a reading that fitted nothing, and where the counter stood before it."""

    anchor_j: float
    anchor: Moment
    settled: tuple[float, float, float]


class Settled:
    """What is known of one counter, and how a stretch of time since its anchor becomes part of it.

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
        self._doubted: Doubted | None = None
        self._over_w: float | None = None  # power of the step just before, where it was beyond the limit
        self._failing_since_s: float | None = None
        self._stuck = False
        # It goes round no sooner, whether it says where it starts again or not.
        self._round_j = min(traits.range_j or float("inf"), traits.least_range_j or float("inf"))
        self._told = 0  # how often another source told the power during this silence
        self.silent = False
        """Stuck or unreadable since it last moved."""

    def doubt_pace(self, seconds: float) -> None:
        """It was not seen to move as often as it says; for all that is known, its figure may be so old."""
        self._still.doubt_s = self._tally.lag_s = seconds

    def told(self, power_w: float) -> None:
        """Another source says what is drawn now; while the counter is silent, that is what is likely."""
        if self.silent:
            self._told += 1
            mean_w = power_w if self._told == 1 else self._plausible.mean_w or 0.0
            self._plausible.mean_w = mean_w + (power_w - mean_w) / self._told

    def _dark(self, span: Stretch) -> bool:
        """Whether the counter could not be watched all the time since the anchor."""
        return self.silent or span.asleep_s > SLEEP_FLOOR_S

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
            kept = self._doubted or Doubted(self._anchor_j, self._anchor, (0.0, 0.0, 0.0))
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

    def _started_again(self, reading_j: float) -> bool:
        """Whether a backward step looks like a new start at zero, which most are."""
        return self._anchor_j is not None and reading_j < self._anchor_j / 2

    def _take_back(self, doubted: Doubted) -> None:
        """As if the doubted reading and what followed it had never been."""
        self._tally.add(*(-part for part in doubted.settled))
        self._anchor_j, self._anchor = doubted.anchor_j, doubted.anchor
        self._doubted = None
        self.silent = self._stuck = False
        self._still.seconds = 0.0
