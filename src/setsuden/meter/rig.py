"""The sensors of one meter, read together."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import Any

from setsuden.ledger.channel import ChannelRecord, Count
from setsuden.meter.load import LoadWatch
from setsuden.meter.setup import Setup
from setsuden.sensors.open_file import OpenFiles
from setsuden.sensors.protocol import Channel, Sample, Sensor
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
    begun = Count(
        begin.t_s, first.energy_j, first.low_j, first.high_j, first.open_below_j, first.open_above_j, first.still_s
    )
    return begun, Count(end.t_s, last.energy_j, last.low_j, last.high_j)


# At the edge of a window files are made sure of so much before their time.
_EDGE_S = 0.2


class Rig:
    """Sensors under one clock.

    A reading is taken in one step and settled, worked out, in another. A thread that wakes up finds its caches cold, so
    the sampler only takes; what has gathered is settled together, at the latest at the next edge of a window.

    lock   held while sensors are read; who takes and settles, or both, in several threads holds it around all of that
    over   set when nothing more is to be taken in the background
    """

    __slots__ = ("_clock", "_groups", "_load", "_order", "_plan", "_sensors", "_settles", "_taken", "channels", "over")

    def __init__(self, setup: Setup, lock: threading.RLock | None = None) -> None:
        self._sensors = setup.sensors
        self._clock = setup.clock
        # Those that are read in one step may take long, and the clocks are read once for all: they come last.
        places = sorted(range(len(self._sensors)), key=lambda place: _slowness(self._sensors[place]))
        steps = [_steps(self._sensors[place]) for place in places]
        groups = tuple(files for place in places if (files := _files(self._sensors[place])) is not None)
        self._settles = tuple(settle for _, settle in steps)
        # Where in the order of taking each sensor comes; empty where that is the order of the channels.
        self._order = tuple(places.index(place) for place in range(len(places))) if places != sorted(places) else ()
        self._taken: list[tuple[float, float, list[object]]] = []
        # All that a look needs in one place: whatever it has to go and find is as cold as the rest. ``with lock`` would
        # go and find more than a call of each.
        lock = lock or threading.RLock()
        takes = tuple(take for take, _ in steps[len(groups) :])
        clocks = setup.clock.elapsed, setup.clock.since_boot
        read: Any = getattr(os, "pread", None)  # Windows has none, and no such files
        self._plan = *clocks, groups, takes, self._taken.append, lock.acquire, lock.release, read
        self._groups = groups
        self.over = False
        self._load = LoadWatch(setup.probe)
        self.channels: tuple[ChannelRecord, ...] = tuple(
            record_of(channel, channel.id in setup.counted) for sensor in setup.sensors for channel in sensor.channels
        )

    def look(self, wanted: bool = False) -> float:
        """``take`` in the background, where nothing is taken once that is over; returns when, on the elapsed clock."""
        elapsed, since_boot, groups, takes, note, acquire, release, read = self._plan
        acquire()
        try:
            t_s, boot_s = elapsed(), since_boot()
            if self.over and not wanted:
                return t_s
            found: list[object] = []
            for files in groups:
                contents: list[bytes | OSError] = []
                try:
                    for descriptor in files.descriptors:
                        contents.append(read(descriptor, 4096, 0))  # noqa: PERF401 - a comprehension is one more frame
                except OSError:
                    contents = []
                found.append(contents if t_s < files.due_s and all(contents) else files.looked_after(t_s, contents))
            for take in takes:
                found.append(take(t_s, boot_s))  # noqa: PERF401 - a comprehension is one more cold frame
            note((t_s, boot_s, found))
            return t_s
        finally:
            release()

    def take(self, *, edge: bool = False) -> float:
        """Look at every sensor once; returns when. At the edge of a window files are made sure of before their time."""
        if edge:
            soon_s = self._clock.elapsed() + _EDGE_S
            for files in self._groups:
                if files.due_s <= soon_s:
                    files.due_s = float("-inf")
        return self.look(True)

    def settle(self, *, edge: bool) -> list[Reading]:
        """What has been taken since the last time, at least one; the last with the load, where that is due.

        edge   the last one is the edge of a window, for which the load is always looked at
        """
        readings = [Reading(t_s, self._samples(t_s, boot_s, found)) for t_s, boot_s, found in self._taken]
        self._taken.clear()
        last = readings[-1]
        load = self._load.at_edge(last.t_s) if edge else self._load.at_tick(last.t_s)
        readings[-1] = Reading(last.t_s, last.samples, load)
        return readings

    def read(self) -> Reading:
        """Read every sensor once, and the load; nothing that was taken may be waiting."""
        self.take(edge=True)
        (reading,) = self.settle(edge=True)
        return reading

    def _samples(self, t_s: float, boot_s: float, found: list[object]) -> tuple[Sample, ...]:
        parts = [settle(t_s, boot_s, item) for settle, item in zip(self._settles, found, strict=True)]
        if self._order:
            parts = [parts[place] for place in self._order]
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


def _files(sensor: Sensor) -> OpenFiles | None:
    """What is read in order to take it, where that is all."""
    files = getattr(sensor, "files", None)
    return files if isinstance(files, OpenFiles) else None


def _slowness(sensor: Sensor) -> int:
    """First those whose files are read, then those that are taken, then those that are read in one step."""
    return 0 if _files(sensor) is not None else 1 if hasattr(sensor, "take") else 2


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
