"""What a counter may have grown by over a stretch of time, and what it is likely to have grown by."""

from __future__ import annotations

from setsuden.sensors.tally import Moment
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


class Stretch(NamedTuple):
    """Time between two readings: seconds awake, seconds asleep."""

    awake_s: float
    asleep_s: float


def stretch(begin: Moment, end: Moment) -> Stretch:
    """The time from one moment to a later one."""
    awake_s = max(0.0, end.t_s - begin.t_s)
    return Stretch(awake_s, max(0.0, end.boot_s - begin.boot_s - awake_s))


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
# No counter is refreshed less often than this; of one just opened, a tenth of it is granted before doubts arise.
SLOWEST_S = 1.0
_OPENED_S = 0.1


class Plausible:
    """Judges the steps of one counter by power, and learns from those that are certain.

    A counter that is refreshed less often than it is read shows in one go what was drawn since its last refresh, which
    may lie before the last reading. So a step is judged alone and together with the stretch before it, and only one
    that is too large both ways is too large.

    limit_w   of the traits until more is believed
    mean_w    of the last second; None before anything was certain
    peak_w    highest mean over a stretch
    """

    __slots__ = ("_before_j", "_before_s", "_known_s", "_nominal_w", "_resolution_j", "_top_w", "_update_s", "limit_w",
                 "mean_w", "peak_w")  # fmt: skip

    def __init__(self, traits: CounterTraits) -> None:
        self.limit_w = traits.limit_w
        self._top_w = traits.ceiling_w
        self._nominal_w = traits.nominal_w or 0.0
        self._update_s = traits.update_interval_s
        self._resolution_j = traits.resolution_j
        self.mean_w: float | None = None
        self.peak_w = self._known_s = 0.0
        self._before_s, self._before_j = _OPENED_S, 0.0

    @property
    def ceiling_w(self) -> float:
        """The most that any part of this kind draws."""
        return max(self._top_w, self.limit_w)

    def most_j(self, span: Stretch, limit_w: float | None = None) -> float:
        """The most that can have been drawn, awake and asleep."""
        most_w = limit_w or self.limit_w
        return most_w * span.awake_s + min(_ASLEEP_W, most_w) * span.asleep_s

    def allowed_j(self, span: Stretch, limit_w: float) -> float:
        """The most that the counter can have grown by: also by what the stretch before left room for."""
        slack_j = limit_w * self._update_s + 2 * self._resolution_j
        return self.most_j(span, limit_w) + slack_j + max(0.0, limit_w * self._before_s - self._before_j)

    def late(self, step_j: float, span: Stretch) -> bool:
        """Whether part of a step must have been drawn before the stretch."""
        return step_j > self.most_j(span) + self.limit_w * self._update_s + 2 * self._resolution_j

    def typical_j(self, span: Stretch) -> float:
        """What the power before leads to expect; 0 when nothing was seen."""
        return (self.mean_w or 0.0) * span.awake_s

    def unseen_j(self, seconds: float) -> float:
        """The most that may have been drawn unseen, by its rating and by the highest power so far."""
        seen_w = max(_DOUBTFUL_RATIO * self.peak_w, self._nominal_w) if self.peak_w else self.limit_w
        return min(self.limit_w, seen_w) * seconds

    def doubtful(self, step_j: float, span: Stretch) -> bool:
        """Whether it takes more power than what was seen and what the part is rated for."""
        seconds = span.awake_s + self._update_s
        power_w = min(step_j / seconds, (step_j + self._before_j) / (seconds + self._before_s))
        seen_w = _DOUBTFUL_RATIO * self.peak_w if self.peak_w else self.limit_w / 2
        return power_w > max(seen_w, self._nominal_w)

    def explains(self, step_j: float, span: Stretch) -> bool:
        """Whether it is what the power before leads to expect."""
        if self.mean_w is None:
            return False
        typical_j = self.typical_j(span)
        most_j = typical_j / _EXPLAINED_SHARE + _ASLEEP_W * span.asleep_s
        return _EXPLAINED_SHARE * typical_j <= step_j <= most_j

    def made_up_for(self, step_j: float, span: Stretch) -> bool:
        """Whether it is no less than that, so that nothing was lost in a standstill before it."""
        return self.mean_w is not None and step_j >= _EXPLAINED_SHARE * self.typical_j(span)

    def falls_short(self, step_j: float, span: Stretch) -> bool:
        """Whether it is clearly less than that, also together with the stretch before."""
        if self.mean_w is None:
            return False
        seconds = span.awake_s + self._before_s
        return max(step_j / span.awake_s, (step_j + self._before_j) / seconds) < _EXPLAINED_SHARE * self.mean_w

    def learn(self, step_j: float, span: Stretch) -> None:
        """A step that is certain."""
        seconds = span.awake_s
        power_w = step_j / seconds
        self._before_s = min(SLOWEST_S, seconds)
        self._before_j = power_w * self._before_s
        # One short stretch may have caught a counter in the middle of a pause, or just as it moved.
        self._known_s = min(_RECENT_S, self._known_s + seconds)
        known = min(1.0, seconds / self._known_s)
        self.mean_w = power_w if self.mean_w is None else self.mean_w + known * (power_w - self.mean_w)
        if seconds >= _STEADY_UPDATES * self._update_s:
            self.peak_w = max(self.peak_w, power_w)

    def forget_before(self) -> None:
        """What came last is uncertain, so it says nothing about the next step."""
        self._before_s = self._before_j = 0.0
