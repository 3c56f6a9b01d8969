"""WindowBook: the windows of one meter, who is inside whom, and what power the channels usually have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError
from setsuden.ledger.channel import ChannelRecord
from setsuden.meter.flow import Flows
from setsuden.meter.rig import Reading
from setsuden.meter.windows import OpenWindow

if TYPE_CHECKING:
    from setsuden.ledger.measurement import Flag, Measurement
    from setsuden.meter.idle import IdleBaseline


# Over fewer refreshes of a counter than this, power that holds still seems to come and go.
_REFRESHES = 4


class WindowBook:
    """Begins and ends windows at given readings. Not thread-safe: the meter holds its lock around every call.

    Windows of different threads, and of tasks that go on side by side, do not become each other's parents.
    """

    def __init__(self, channels: Sequence[ChannelRecord], first: Reading, first_id: int) -> None:
        self._channels = channels
        self._counted = [
            (position, _REFRESHES * channel.update_interval_s if channel.method == "counter" else 0.0)
            for position, channel in enumerate(channels)
            if channel.counted
        ]
        self._first = self._last_tick = self._spread_from = first
        self._last_pair: tuple[Reading, Reading] | None = None
        self._next_id = first_id
        self._open: dict[int, OpenWindow] = {}
        self._flows = Flows()

    @property
    def open_ids(self) -> list[int]:
        """Numbers of the open windows, the outermost first."""
        return sorted(self._open)

    def begin(
        self,
        reading: Reading,
        name: str,
        attributes: dict[str, Any],
        started_at: str,
        cpu_s: float,
        parent_id: int | None = None,
    ) -> OpenWindow:
        """Begin a window; its parent is the innermost one around this code, else the outermost, unless given."""
        window_id, self._next_id = self._next_id, self._next_id + 1
        if parent_id is None:
            parent_id = self.innermost()
        window = OpenWindow(window_id, name, parent_id, started_at, reading, cpu_s, attributes)
        self._open[window_id] = window
        self._flows.enter(window)
        return window

    def end(
        self,
        reading: Reading,
        window_id: int,
        idle: IdleBaseline | None,
        cpu_s: float,
        extra: Sequence[Flag] = (),
    ) -> Measurement:
        """End a window, from whatever thread."""
        from setsuden.meter.closing import close_window  # the first window's end pays for it, not the start

        window = self.known(window_id)
        del self._open[window_id]
        self._flows.leave(window)
        return close_window(window, self._channels, reading, self._usual_w(reading), idle, cpu_s, extra)

    def known(self, window_id: int) -> OpenWindow:
        """An open window; raises InputError for any other number."""
        try:
            return self._open[window_id]
        except KeyError:
            raise InputError("no such window is open", value=window_id, remedy=f"Open now: {self.open_ids}.") from None

    def innermost(self) -> int | None:
        """The innermost window around this code, see ``flow``, else the outermost one; None when nothing is open."""
        window = self._flows.innermost()
        return min(self._open, default=None) if window is None else window.window_id

    def note(self, reading: Reading) -> None:
        """Take over what the sensors reported at a reading, for all that is open."""
        flagged: list[tuple[int, tuple[str, ...]]] = []
        for position, sample in enumerate(reading.samples):
            if sample.flags:
                flagged.append((position, sample.flags))
        if flagged or reading.load is not None:
            for window in self._open.values():
                window.note(flagged, reading.load)

    def tick(self, reading: Reading) -> None:
        """Note a background sample: the spread of the total power for windows that saw both ends of a stretch."""
        before, self._last_tick = self._last_tick, reading
        if reading.t_s > before.t_s:
            self._last_pair = before, reading
        before, total_w = self._spread_from, 0.0
        for position, least_s in self._counted:
            first, last = before.samples[position], reading.samples[position]
            seconds = last.t_s - first.t_s
            if seconds <= 0.0 or seconds < least_s or seconds < _REFRESHES * last.lag_s:
                return
            total_w += (last.energy_j - first.energy_j) / seconds
        self._spread_from = reading
        for window in self._open.values():
            if window.begin.t_s <= before.t_s:
                window.spread.add(total_w)

    def _usual_w(self, now: Reading) -> list[float]:
        """Per channel the larger of its power between the last two background samples and its mean until now, W."""
        spans = [(self._first, now)] if self._last_pair is None else [(self._first, now), self._last_pair]
        return [
            max(_near_w(begin, end, position, channel) for begin, end in spans)
            for position, channel in enumerate(self._channels)
        ]


def _near_w(begin: Reading, end: Reading, position: int, channel: ChannelRecord) -> float:
    """Mean power between two readings, over one refresh of the counter at least: one step shows what that long drew."""
    first, last = begin.samples[position], end.samples[position]
    seconds = max(last.t_s - first.t_s, channel.update_interval_s, last.lag_s)
    return (last.energy_j - first.energy_j) / seconds if last.t_s > first.t_s else 0.0
