"""A sensor made of power readings from files: rails, sockets, batteries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from setsuden.sensors import flags
from setsuden.sensors.host import Host
from setsuden.sensors.integral import PowerTally
from setsuden.sensors.open_file import OpenFile
from setsuden.sensors.protocol import Channel, Sample
from setsuden.sensors.tally import Moment, Moments


class Rail(NamedTuple):
    """One channel read from files.

    read      the watts now; raises OSError where a file fails and ValueError where it holds no sensible figure
    files     what ``read`` keeps open
    limit_w   a higher reading is implausible
    """

    channel: Channel
    read: Callable[[], float]
    files: tuple[OpenFile, ...]
    limit_w: float


class RailSensor:
    """Integrates the power of each rail over elapsed time."""

    def __init__(self, name: str, host: Host, rails: Sequence[Rail]) -> None:
        self.name = name
        self._rails = tuple(rails)
        self._moments = Moments(host.clock)
        now = self._moments.now()
        self._tallies = tuple(
            PowerTally(rail.limit_w, watts_or_none(rail), now, rail.channel.update_interval_s) for rail in self._rails
        )
        self.channels = tuple(rail.channel for rail in self._rails)

    def read(self) -> tuple[Sample, ...]:
        """One sample per rail."""
        now = self._moments.now()
        return tuple(_sample(rail, tally, now) for rail, tally in zip(self._rails, self._tallies, strict=True))

    def close(self) -> None:
        """Release the files."""
        for rail in self._rails:
            for file in rail.files:
                file.close()


def watts_or_none(rail: Rail) -> float | None:
    """The watts now, None when they cannot be read."""
    try:
        return rail.read()
    except (OSError, ValueError):
        return None


def _sample(rail: Rail, tally: PowerTally, now: Moment) -> Sample:
    try:
        return tally.good(rail.read(), now)
    except PermissionError:
        return tally.failed(flags.PERMISSION_LOST, now)
    except (OSError, ValueError):
        return tally.failed(flags.ENERGY_GAP, now)


def leading_number(content: bytes) -> float:
    """The number at the start of a file, whatever unit some kernel wrote behind it; ValueError when there is none."""
    words = content.split(None, 1)
    if not words:
        raise ValueError("empty")
    return float(words[0])


def scaled(file: OpenFile, scale: float) -> Callable[[], float]:
    """Reads a file and multiplies by ``scale`` (1e-6 for uW)."""
    return lambda: leading_number(file.read()) * scale


def product(volts: OpenFile, amperes: OpenFile, scale: float) -> Callable[[], float]:
    """Reads voltage and current and multiplies both by ``scale`` (1e-6 for mV x mA)."""
    return lambda: leading_number(volts.read()) * leading_number(amperes.read()) * scale
