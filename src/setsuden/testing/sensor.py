"""A sensor with scripted watts, for testing what is built on sensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors.host import Clock
from setsuden.sensors.protocol import Channel, Component, Method, Sample

Watts = float | Callable[[float], float]


class FakeSensor:
    """Counts the joules of scripted watts exactly, step by step of the clock.

    clock      any clock, usually a ``FakeClock``
    watts      channel id -> watts, constant or a function of the seconds since the sensor was made (sampled at the
               middle of each stretch between two readings)
    channels   full descriptions where the defaults (measured CPU counter, no error) do not fit

    ``watts`` may be changed between readings; ``flag(id, code)`` marks the next sample, ``doubt(id, low_j, high_j)``
    adds to the bounds of what may have been missed.
    """

    def __init__(
        self,
        clock: Clock,
        watts: Mapping[str, Watts],
        channels: tuple[Channel, ...] | None = None,
        *,
        name: str = "fake",
    ) -> None:
        self.name = name
        self.watts = dict(watts)
        self.channels = channels or tuple(fake_channel(channel_id) for channel_id in watts)
        self.closed = False
        self.reads = 0
        self._clock = clock
        self._start_s = self._last_s = clock.elapsed()
        self._joules = {channel.id: [0.0, 0.0, 0.0] for channel in self.channels}
        self._flags: dict[str, tuple[str, ...]] = {}

    def flag(self, channel_id: str, code: str) -> None:
        """Mark the next sample of a channel."""
        self._flags[channel_id] = (*self._flags.get(channel_id, ()), code)

    def doubt(self, channel_id: str, low_j: float, high_j: float) -> None:
        """Say that up to ``low_j`` too much or ``high_j`` too little may have been counted."""
        joules = self._joules[channel_id]
        joules[1] = max(0.0, joules[1] - low_j)
        joules[2] += high_j

    def read(self) -> tuple[Sample, ...]:
        """One sample per channel."""
        if self.closed:
            raise RuntimeError("read after close")
        self.reads += 1
        now_s = self._clock.elapsed()
        flags, self._flags = self._flags, {}
        samples = tuple(self._sample(channel.id, now_s, flags.get(channel.id, ())) for channel in self.channels)
        self._last_s = now_s
        return samples

    def close(self) -> None:
        """Refuse further readings."""
        self.closed = True

    def _sample(self, channel_id: str, now_s: float, flags: tuple[str, ...]) -> Sample:
        script = self.watts[channel_id]
        middle_s = (self._last_s + now_s) / 2 - self._start_s
        power_w = script(middle_s) if callable(script) else script
        joules = self._joules[channel_id]
        for i in range(3):
            joules[i] += power_w * (now_s - self._last_s)
        return Sample(now_s, joules[0], joules[1], joules[2], power_w, flags)


def fake_channel(
    channel_id: str,
    *,
    component: Component = Component.CPU,
    method: Method = Method.COUNTER,
    provenance: Provenance = Provenance.MEASURED,
    relative_error: float = 0.0,
    contained_in: str | None = None,
    update_interval_s: float = 0.001,
    relative_error_below: float | None = None,
) -> Channel:
    """A plausible channel description around an id."""
    return Channel(
        id=channel_id,
        component=component,
        label=channel_id,
        method=method,
        provenance=provenance,
        boundary=DEVICE,
        relative_error=relative_error,
        error_source="scripted",
        update_interval_s=update_interval_s,
        contained_in=contained_in,
        relative_error_below=relative_error_below,
    )
