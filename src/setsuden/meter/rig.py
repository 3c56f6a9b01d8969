"""The sensors of one meter, read together."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from setsuden.ledger.channel import ChannelRecord, Count
from setsuden.meter.load import LoadWatch
from setsuden.meter.setup import Setup
from setsuden.sensors.protocol import Channel, Sample
from setsuden.sensors.utilisation import Load


class Reading(NamedTuple):
    """All channels at one moment.

    t_s       elapsed clock just before the sensors were read
    samples   one per channel, in the order of ``Rig.channels``
    load      how busy things were; None when not looked at
    """

    t_s: float
    samples: tuple[Sample, ...]
    load: Load | None = None

    def counts(self) -> list[Count]:
        """What the ledger keeps of it."""
        return [Count(s.t_s, s.energy_j, s.low_j, s.high_j) for s in self.samples]


class Rig:
    """Sensors under one clock. The caller sees to it that only one thread reads at a time."""

    def __init__(self, setup: Setup) -> None:
        self._sensors = setup.sensors
        self._clock = setup.clock
        self._reads = tuple(sensor.read for sensor in setup.sensors)
        self._load = LoadWatch(setup.probe)
        self.channels: tuple[ChannelRecord, ...] = tuple(
            record_of(channel, channel.id in setup.counted) for sensor in setup.sensors for channel in sensor.channels
        )

    def read(self, *, edge: bool = True) -> Reading:
        """Read every sensor once, and the load: always for the edge of a window, else when it is due."""
        t_s = self._clock.elapsed()
        samples: list[Sample] = []
        for read in self._reads:
            samples += read()
        return Reading(t_s, tuple(samples), self._load.at_edge(t_s) if edge else self._load.at_tick(t_s))

    def now(self) -> float:
        """The elapsed clock."""
        return self._clock.elapsed()

    def utc(self) -> datetime:
        """Time of day on the same clock."""
        return self._clock.utc()

    def close(self) -> None:
        """Release the sensors."""
        for sensor in self._sensors:
            sensor.close()
        self._load.close()


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
        channel.relative_error_below,
        None if channel.correction is None else channel.correction.to_json(),
    )
