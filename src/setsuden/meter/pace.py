"""Pace: how long the sampler may rest while the power holds still."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.ledger.channel import ChannelRecord, quantum_j
from setsuden.meter.rig import Reading

SLOWEST_S = 0.9
"""Longest rest. Below one second, so that a thread that wakes late still samples once a second."""
FASTEST_S = 0.1
_FIRST_S = 0.5
_GROWTH = 1.5
_CHANGE = 0.10
"""A step of power by more than this share is a change."""


class Pace:
    """Seconds until the next sample: the fastest after a change of power, half as long again after every steady one.

    A step counts as a change when it is larger than 10 % and than what two edges of the counters may hide; rests are
    never shorter than two updates of the slowest counter, nor than 0.1 s, nor longer than 0.9 s.
    """

    def __init__(self, channels: Sequence[ChannelRecord]) -> None:
        self._channels = [(position, channel) for position, channel in enumerate(channels) if channel.counted]
        slowest_counter_s = max((channel.update_interval_s for _, channel in self._channels), default=0.0)
        self._fastest_s = min(SLOWEST_S, max(FASTEST_S, 2 * slowest_counter_s))
        self._before: Reading | None = None
        self._before_w: float | None = None
        self.period_s = max(self._fastest_s, _FIRST_S)

    def note(self, reading: Reading) -> None:
        """Take over a sample and choose how long to rest after it."""
        before, self._before = self._before, reading
        if before is None or reading.t_s <= before.t_s:
            return
        seconds = reading.t_s - before.t_s
        power_w = hidden_j = 0.0
        for position, channel in self._channels:
            channel_w = (reading.samples[position].energy_j - before.samples[position].energy_j) / seconds
            power_w += channel_w
            hidden_j += quantum_j(channel, channel_w)
        before_w, self._before_w = self._before_w, power_w
        if before_w is None:
            return
        least_w = max(_CHANGE * max(power_w, before_w), 2 * hidden_j / seconds)
        changed = abs(power_w - before_w) > least_w
        self.period_s = self._fastest_s if changed else min(SLOWEST_S, self.period_s * _GROWTH)
