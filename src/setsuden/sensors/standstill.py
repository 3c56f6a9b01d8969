"""How long a counter of a part that always draws may stand still: by habit, without being certain, or for too long.

A counter says how often it is refreshed, but some are slower. One that nobody has seen move as often as it says is
doubted: it may be as slow as any, until it was seen to make up for a standstill, or never to stand still.
"""

from __future__ import annotations

from setsuden.sensors.plausible import SLOWEST_S, Stretch

# A counter that has not moved for this long, and for this many of its own updates or a second, is stuck.
_STUCK_S = 0.5
_STUCK_UPDATES = 30
# One that stood still for this long and for so many of its updates, and does not make up for it, has lost something.
_PAUSE_S = 0.1
_UPDATES = 2
# How long it stands still by habit is known from below: by so much more is still that habit.
_HABIT = 1.5
# So often in a row it has to be seen moved before it is taken to move that often.
_MOVES = 4
# Where it moved again within this multiple of the standstill, the middle of the two is the best guess.
_WATCHED = 2.5


class Standstill:
    """The silence of one counter since it last moved, and its habit: the longest silence it made up for.

    seconds   how long it was seen to stand still since it last moved
    habit_s   at most a second, because no counter is refreshed less often
    doubt_s   how old it may be for all that was seen so far; 0 where it keeps its word or its habit is known
    """

    __slots__ = ("_certain_s", "_moves", "_pause_s", "_span_s", "_stuck_s", "doubt_s", "habit_s", "seconds")

    def __init__(self, update_interval_s: float) -> None:
        self.seconds = self.habit_s = self.doubt_s = self._span_s = 0.0
        self._moves = 0
        self._certain_s = _UPDATES * update_interval_s
        self._pause_s = max(_PAUSE_S, self._certain_s)
        self._stuck_s = max(_STUCK_S, min(SLOWEST_S, _STUCK_UPDATES * update_interval_s))

    @property
    def certain(self) -> bool:
        """Whether nothing but the usual can have been drawn meanwhile."""
        return self.seconds <= max(self._certain_s, _HABIT * self.habit_s)

    @property
    def stuck(self) -> bool:
        """Whether it is longer than any counter rests."""
        return self.seconds >= max(self._stuck_s, _HABIT * self.habit_s)

    def paused(self, span: Stretch) -> bool:
        """Whether it was out of the ordinary, and not long ago; ``span`` is the time since the counter last moved."""
        return self.seconds > max(self._pause_s, _HABIT * self.habit_s) and span.awake_s <= self.seconds + SLOWEST_S

    @property
    def lag_s(self) -> float:
        """How old its figure may be by what was seen of it."""
        return max(self.habit_s, self.doubt_s)

    def moved(self, span: Stretch) -> None:
        """It has moved after ``span``; what it does every time that one looks, it does that often."""
        if self.doubt_s:
            still, self._moves = self.seconds > self._certain_s, self._moves + 1
            self._span_s = max(self._span_s, span.awake_s)
            if still or self._moves == _MOVES:
                if not still:
                    self.doubt_s = min(self.doubt_s, self._span_s)
                self._moves, self._span_s = 0, 0.0
        self.seconds = 0.0

    def made_up_for(self, span: Stretch) -> None:
        """It has moved on by what was drawn over ``span``: a habit, known from below or, if it was watched, nearly."""
        seconds = self.seconds
        if seconds <= SLOWEST_S:
            watched = span.awake_s <= _WATCHED * seconds
            self.habit_s = max(self.habit_s, min(0.5 * (seconds + span.awake_s) if watched else seconds, SLOWEST_S))
            self.doubt_s = 0.0 if watched else self.doubt_s
