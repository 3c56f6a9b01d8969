"""A few looks at fast counters soon after the start: how often they are refreshed is known only from seeing it.

A counter that says a millisecond may move every 5, 15 or 60. Samples half a second apart never show that, and the edges
of short windows would be stated too sure. On hardware that keeps its word four looks are all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setsuden.ledger.channel import ChannelRecord
    from setsuden.meter.rig import Reading

# A counter that says it is refreshed less often than this needs no second look: windows as short are flagged anyway.
_FAST_S = 0.02
_RESTS_S = (0.002,) * 10 + (0.005,) * 8 + (0.01,) * 12
_MOVES = 3


def fast_counters(channels: Sequence[ChannelRecord]) -> list[int]:
    """Places of the counted counters that say that they are refreshed often."""
    return [
        place
        for place, channel in enumerate(channels)
        if channel.counted and channel.method == "counter" and channel.update_interval_s < _FAST_S
    ]


def first_looks(
    places: Sequence[int], look: Callable[[], Reading | None]
) -> Iterator[tuple[float, Callable[[], None]]]:
    """Rests in s, each with the look after it, until every counter has moved three times, 0.18 s at most.

    look   takes a reading out of turn; None when there is nothing to look at any more
    """
    moves = dict.fromkeys(places, 0)
    before: Reading | None = None

    def step() -> None:
        nonlocal before
        reading = look()
        for place in places:
            if reading is None or (before and reading.samples[place].energy_j > before.samples[place].energy_j):
                moves[place] += 1 if reading else _MOVES
        before = reading

    for rest_s in _RESTS_S:
        if min(moves.values(), default=_MOVES) >= _MOVES:
            return
        yield rest_s, step
