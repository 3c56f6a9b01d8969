"""What a grid may do over the coming hours, and what a forecast said of it: many worlds, drawn with a seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from setsuden.catalogue.hourly import HOURS, HourlySignal
from setsuden.errors import InputError

Array = NDArray[np.float64]
PERSISTENCE = 0.95  # of the deviation from the usual day, from hour to hour; own judgement
_FLOOR = 0.1  # a drawn hour is at least this share of its mean
_FORECAST_H = 24.0


@dataclass(frozen=True, slots=True)
class Worlds:
    """Intensity by world and hour from now, g/kWh, shape (worlds, hours).

    realised   what the grid does; ``forecast`` what was said at the start, and all that a schedule may look at
    """

    realised: Array
    forecast: Array


def worlds(signal: HourlySignal, month: int, utc_hour: int, hours: int, error: float, n: int, seed: int) -> Worlds:
    """``n`` worlds of ``hours`` from ``utc_hour`` of a day in ``month``.

    The mean of each local hour of the month, plus a deviation with the standard deviation between days that keeps 95 %
    of itself from hour to hour. The forecast misses by a factor whose relative standard deviation grows with the root
    of the horizon and is ``error`` after 24 hours. These are drawn worlds, not recorded days: nothing recorded by the
    hour is shipped. The month does not change during the window.
    """
    if not 1 <= month <= 12 or not 0 <= utc_hour <= 23:
        raise InputError("month runs from 1 to 12, hour from 0 to 23", value=(month, utc_hour))
    if not 0 <= error < 1:
        raise InputError("the error of a forecast is a share from 0 to below 1", value=error)
    local = datetime(signal.zone.year, month, 15, utc_hour, tzinfo=UTC).astimezone(ZoneInfo(signal.zone.timezone)).hour
    rows = [HOURS.get(f"{signal.zone.id}:{month}:{(local + hour) % 24}") for hour in range(hours)]
    mean = np.array([row.intensity_g_per_kwh for row in rows])
    spread = np.array([row.sd_g_per_kwh or 0.0 for row in rows])
    digest = np.frombuffer(hashlib.sha256(signal.zone.id.encode()).digest(), dtype=np.uint32).tolist()
    rng = np.random.default_rng([seed, *digest])
    realised = np.maximum(mean + spread * _lasting(rng, n, hours), _FLOOR * mean)
    growing = error * np.sqrt(np.minimum(np.arange(hours) / _FORECAST_H, 1.0))
    return Worlds(realised, realised * np.exp(growing * _lasting(rng, n, hours)))


def _lasting(rng: np.random.Generator, n: int, hours: int) -> Array:
    """Standard normal numbers that keep PERSISTENCE of themselves from hour to hour, shape (n, hours)."""
    found = np.empty((n, hours))
    found[:, 0] = rng.standard_normal(n)
    fresh = np.sqrt(1 - PERSISTENCE**2)
    for hour in range(1, hours):
        found[:, hour] = PERSISTENCE * found[:, hour - 1] + fresh * rng.standard_normal(n)
    return found
