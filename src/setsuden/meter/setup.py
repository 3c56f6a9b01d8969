"""What a meter reads: sensors, which of their channels count, how busy things are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from setsuden.meter.load import LoadProbe
from setsuden.sensors.accounting import counted_channels
from setsuden.sensors.discovery import discover
from setsuden.sensors.host import Clock, Host, SystemClock
from setsuden.sensors.power_models import cache_folder
from setsuden.sensors.protocol import Sensor
from setsuden.sensors.utilisation import UtilisationProbe
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.sensors.correction import Correction


class Setup(NamedTuple):
    """Open sensors, ids of the channels that enter the total, the load probe, and the clock they share."""

    sensors: tuple[Sensor, ...]
    counted: frozenset[str]
    probe: LoadProbe | None
    clock: Clock


def find_setup(
    sensors: Sequence[Sensor] | None,
    clock: Clock | None,
    probe: LoadProbe | None,
    corrections: Sequence[Correction] = (),
) -> Setup:
    """What was given, or all that this machine has.

    sensors       None: discover them, and watch the load of this machine unless a probe is given
    corrections   applied to the channels they name
    """
    clock = clock or SystemClock()
    if sensors is None:
        host = Host(clock=clock, cache=cache_folder())
        found = discover(host)
        watched = probe or UtilisationProbe(host, found.sensors, found.limits)
        return Setup(_corrected(found.sensors, corrections), found.counted, watched, clock)
    given = _corrected(tuple(sensors), corrections)
    counted = counted_channels([channel for sensor in given for channel in sensor.channels])
    return Setup(given, counted, probe, clock)


def _corrected(sensors: tuple[Sensor, ...], corrections: Sequence[Correction]) -> tuple[Sensor, ...]:
    if not corrections:
        return sensors
    from setsuden.sensors.correction import corrected

    return corrected(sensors, corrections)
