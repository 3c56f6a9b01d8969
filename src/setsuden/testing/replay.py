"""A sensor that plays back a recorded power trace."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from setsuden.errors import InputError
from setsuden.sensors.host import Clock
from setsuden.sensors.integral import PowerTally
from setsuden.sensors.protocol import Channel, Method, Sample
from setsuden.sensors.tally import Moments
from setsuden.testing.sensor import fake_channel


class ReplaySensor:
    """Reads the trace at the clock's time, as a power sensor would: the last recorded value, then the trapezoid.

    trace   (seconds since the start, watts), ascending; after its end the last value holds
    """

    name = "replay"

    def __init__(self, clock: Clock, trace: Sequence[tuple[float, float]], channel: Channel | None = None) -> None:
        if not trace:
            raise InputError("a trace needs at least one row")
        self._times = [t_s for t_s, _ in trace]
        self._watts = [watts for _, watts in trace]
        if self._times != sorted(self._times):
            raise InputError("the times of a trace must ascend")
        self.channels = (channel or fake_channel("replay/trace", method=Method.POWER),)
        self._moments = Moments(clock)
        opened = self._moments.now()
        self._start_s = opened.t_s
        self._tally = PowerTally(float("inf"), self._watts[0], opened)

    @classmethod
    def from_csv(cls, clock: Clock, path: Path, time: str, power: str) -> ReplaySensor:
        """From a file with a header: the columns of seconds and of watts by name."""
        with path.open(newline="", encoding="utf-8") as handle:
            rows = [(float(row[time]), float(row[power])) for row in csv.DictReader(handle)]
        if not rows:
            raise InputError("the trace is empty", place=str(path))
        start_s = rows[0][0]
        return cls(clock, [(t_s - start_s, watts) for t_s, watts in rows])

    def read(self) -> tuple[Sample, ...]:
        """One sample."""
        now = self._moments.now()
        at = bisect_right(self._times, now.t_s - self._start_s + 1e-9) - 1
        return (self._tally.good(self._watts[max(0, at)], now),)

    def close(self) -> None:
        """Nothing to release."""
