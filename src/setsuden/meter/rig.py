"""The sensors of one meter, read together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from setsuden.ledger.channel import ChannelRecord, Count
from setsuden.sensors.host import Clock
from setsuden.sensors.protocol import Channel, Sample, Sensor


@dataclass(frozen=True, slots=True)
class Reading:
    """All channels at one moment.

    t_s       elapsed clock just before the sensors were read
    samples   one per channel, in the order of ``Rig.channels``
    """

    t_s: float
    samples: tuple[Sample, ...]

    def counts(self) -> list[Count]:
        """What the ledger keeps of it."""
        return [Count(s.t_s, s.energy_j, s.low_j, s.high_j) for s in self.samples]


class Rig:
    """Sensors under one clock. The caller sees to it that only one thread reads at a time."""

    def __init__(self, sensors: Sequence[Sensor], counted: frozenset[str], clock: Clock) -> None:
        self._sensors = tuple(sensors)
        self._clock = clock
        self.channels: tuple[ChannelRecord, ...] = tuple(
            record_of(channel, channel.id in counted) for sensor in sensors for channel in sensor.channels
        )

    def read(self) -> Reading:
        """Read every sensor once."""
        t_s = self._clock.elapsed()
        return Reading(t_s, tuple(sample for sensor in self._sensors for sample in sensor.read()))

    def utc(self) -> datetime:
        """Time of day on the same clock."""
        return self._clock.utc()

    def close(self) -> None:
        """Release the sensors."""
        for sensor in self._sensors:
            sensor.close()


def record_of(channel: Channel, counted: bool) -> ChannelRecord:
    """A sensor's channel as the ledger keeps it."""
    return ChannelRecord(
        channel.id,
        channel.component.value,
        channel.label,
        channel.method.value,
        channel.provenance,
        channel.boundary,
        channel.relative_error,
        channel.error_source,
        channel.resolution_j,
        channel.update_interval_s,
        channel.contained_in,
        counted,
        channel.factors,
    )
