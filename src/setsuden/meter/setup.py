"""Which sensors a meter reads and which of their channels count."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.sensors import Clock, Host, Sensor, SystemClock, counted_channels, discover


def find_sensors(
    sensors: Sequence[Sensor] | None, clock: Clock | None
) -> tuple[tuple[Sensor, ...], frozenset[str], Clock]:
    """Sensors to read, ids of the channels that enter the total, and the clock they share.

    sensors   None: discover what this machine has
    """
    clock = clock or SystemClock()
    if sensors is None:
        found = discover(Host(clock=clock))
        return found.sensors, found.counted, clock
    given = tuple(sensors)
    return given, counted_channels([channel for sensor in given for channel in sensor.channels]), clock
