"""A sensor made of files that count energy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from setsuden.sensors import flags
from setsuden.sensors.counter import CounterTally
from setsuden.sensors.host import Host
from setsuden.sensors.open_file import OpenFile
from setsuden.sensors.plausible import CounterTraits
from setsuden.sensors.protocol import Channel, Sample
from setsuden.sensors.tally import Moment, Moments


class CounterFile(NamedTuple):
    """One counter: the file's whole number times ``scale`` is J; it wraps at ``range_j`` if that is not None."""

    channel: Channel
    file: OpenFile
    scale: float
    limit_w: float
    range_j: float | None = None

    def joules(self) -> float:
        """The counter now; raises OSError or ValueError."""
        return self.file.number() * self.scale


class CounterFileSensor:
    """One channel per counter."""

    def __init__(self, name: str, host: Host, counters: Sequence[CounterFile]) -> None:
        self.name = name
        self._counters = tuple(counters)
        self._moments = Moments(host.clock)
        now = self._moments.now()
        self._tallies = tuple(_tally(counter, now) for counter in self._counters)
        self.channels = tuple(counter.channel for counter in self._counters)

    def read(self) -> tuple[Sample, ...]:
        """One sample per counter."""
        now = self._moments.now()
        return tuple(_sample(counter, tally, now) for counter, tally in zip(self._counters, self._tallies, strict=True))

    def close(self) -> None:
        """Release the files."""
        for counter in self._counters:
            counter.file.close()


def _tally(counter: CounterFile, now: Moment) -> CounterTally:
    channel = counter.channel
    traits = CounterTraits(
        counter.limit_w,
        counter.range_j,
        resolution_j=channel.resolution_j,
        update_interval_s=channel.update_interval_s,
    )
    try:
        first = counter.joules()
    except (OSError, ValueError):
        first = None
    return CounterTally(traits, first, now)


def _sample(counter: CounterFile, tally: CounterTally, now: Moment) -> Sample:
    try:
        return tally.good(counter.joules(), now)
    except PermissionError:
        return tally.failed(flags.PERMISSION_LOST, now)
    except (OSError, ValueError):
        return tally.failed(flags.ENERGY_GAP, now)
