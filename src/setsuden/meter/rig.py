"""The sensors of one meter, read together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import Any

from setsuden.ledger.channel import ChannelRecord, Count
from setsuden.meter.load import LoadWatch
from setsuden.meter.setup import Setup
from setsuden.sensors.protocol import Channel, Sample
from setsuden.sensors.utilisation import Load
from setsuden.tuples import NamedTuple


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


def counts_between(begin: Reading, end: Reading, position: int) -> tuple[Count, Count]:
    """What one channel had counted at two readings."""
    first, last = begin.samples[position], end.samples[position]
    return (
        Count(begin.t_s, first.energy_j, first.low_j, first.high_j, first.open_below_j, first.open_above_j),
        Count(end.t_s, last.energy_j, last.low_j, last.high_j),
    )


class Rig:
    """Sensors under one clock. The caller sees to it that only one thread reads at a time.

    A reading is taken in one step and settled, worked out, in another. A thread that wakes up finds its caches cold, so
    the sampler only takes; what has gathered is settled together, at the latest at the next edge of a window.
    """

    def __init__(self, setup: Setup) -> None:
        self._sensors = setup.sensors
        self._clock = setup.clock
        self._elapsed, self._since_boot = setup.clock.elapsed, setup.clock.since_boot
        # Those that are read in one step may take long, and the clocks are read once for all: they come last.
        places = sorted(range(len(self._sensors)), key=lambda place: not hasattr(self._sensors[place], "take"))
        steps = [_steps(self._sensors[place]) for place in places]
        self._takes = tuple(take for take, _ in steps)
        self._settles = tuple((place, settle) for place, (_, settle) in zip(places, steps, strict=True))
        self._taken: list[tuple[float, float, list[object]]] = []
        self._load = LoadWatch(setup.probe)
        self.channels: tuple[ChannelRecord, ...] = tuple(
            record_of(channel, channel.id in setup.counted) for sensor in setup.sensors for channel in sensor.channels
        )

    def take(self) -> float:
        """Look at every sensor once; returns when."""
        t_s, boot_s = self._elapsed(), self._since_boot()
        found: list[object] = []
        for take in self._takes:
            found.append(take(t_s, boot_s))  # noqa: PERF401 - a comprehension is one more cold frame
        self._taken.append((t_s, boot_s, found))
        return t_s

    def settle(self, *, edge: bool) -> list[Reading]:
        """What has been taken since the last time, at least one; the last with the load, where that is due.

        edge   the last one is the edge of a window, for which the load is always looked at
        """
        taken, self._taken = self._taken, []
        readings = [Reading(t_s, self._samples(t_s, boot_s, found)) for t_s, boot_s, found in taken]
        last = readings[-1]
        load = self._load.at_edge(last.t_s) if edge else self._load.at_tick(last.t_s)
        readings[-1] = Reading(last.t_s, last.samples, load)
        return readings

    def read(self) -> Reading:
        """Read every sensor once, and the load; nothing that was taken may be waiting."""
        self.take()
        (reading,) = self.settle(edge=True)
        return reading

    def _samples(self, t_s: float, boot_s: float, found: list[object]) -> tuple[Sample, ...]:
        parts: list[tuple[Sample, ...]] = [()] * len(found)
        for (place, settle), item in zip(self._settles, found, strict=True):
            parts[place] = settle(t_s, boot_s, item)
        return tuple(chain.from_iterable(parts))

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


def _steps(sensor: Any) -> tuple[Callable[[float, float], object], Callable[[float, float, Any], tuple[Sample, ...]]]:
    """How to take and how to settle; a sensor with ``read`` alone is read when it is taken."""
    if hasattr(sensor, "take"):
        return sensor.take, sensor.settle
    read = sensor.read
    return (lambda t_s, boot_s: read()), (lambda t_s, boot_s, taken: taken)


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
