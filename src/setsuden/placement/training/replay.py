"""Starts within recorded series: what was forecast at each, and what the grid then did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from setsuden.errors import InputError
from setsuden.placement.training.forecasts import HISTORY_H, Method, forecast
from setsuden.placement.training.series import Series, stamp
from setsuden.placement.training.signal import Worlds

_MOST = 400


@dataclass(frozen=True, slots=True)
class Replay:
    """The starts that all sites can be replayed at, hours since 1970; ``skipped`` lay in or beside a gap."""

    starts: tuple[int, ...]
    skipped: int

    @property
    def first(self) -> str:
        """The earliest, UTC."""
        return stamp(self.starts[0])

    @property
    def last(self) -> str:
        """The latest, UTC."""
        return stamp(self.starts[-1])


def starts(series: Mapping[str, Series], hours: int, month: int | None, utc_hour: int | None) -> Replay:
    """Every start in ``month`` (None: any) at ``utc_hour`` (None: any) with a week before it and ``hours`` after it
    recorded at every site; of more than 400 as many, evenly spread.

    Raises InputError where none is left, naming the gaps.
    """
    begin = max(item.first for item in series.values()) + HISTORY_H
    end = min(item.end for item in series.values()) - hours
    asked = [hour for hour in range(begin, end + 1) if _is_asked(hour, month, utc_hour)]
    whole = [hour for hour in asked if all(_recorded(item, hour, hours) for item in series.values())]
    if not whole:
        gaps = [f"{name} {at} ({n} h)" for name, item in series.items() for at, n in item.gaps()[:3]]
        spans = ", ".join(f"{name} {stamp(item.first)} to {stamp(item.end)}" for name, item in series.items())
        raise InputError(
            f"no start has a recorded week before it and {hours} recorded hours after it",
            value=spans,
            remedy=("Gaps: " + ", ".join(gaps) + ". " if gaps else "")
            + "Give longer series, a nearer deadline, or another month or utc_hour.",
        )
    kept = (
        whole if len(whole) <= _MOST else [whole[i] for i in np.linspace(0, len(whole) - 1, _MOST).round().astype(int)]
    )
    return Replay(tuple(kept), len(asked) - len(whole))


def replayed(series: Series, replay: Replay, hours: int, method: Method) -> Worlds:
    """One world per start."""
    recorded = series.g_per_kwh
    at = [hour - series.first for hour in replay.starts]
    return Worlds(
        np.array([recorded[index : index + hours] for index in at]),
        np.array([forecast(method, recorded, index, hours) for index in at]),
    )


def _is_asked(hour: int, month: int | None, utc_hour: int | None) -> bool:
    if utc_hour is not None and hour % 24 != utc_hour:
        return False
    return month is None or (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)).month == month


def _recorded(series: Series, hour: int, hours: int) -> bool:
    index = hour - series.first
    return not bool(np.isnan(series.g_per_kwh[index - HISTORY_H : index + hours]).any())
