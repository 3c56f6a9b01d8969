"""A recorded grid intensity, hour by hour, as the user's own CSV file; what is missing is named and never filled in."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError

Array = NDArray[np.float64]
_COLUMNS = ("timestamp", "g_per_kwh")
_REMEDY = "Two columns: timestamp (with its time zone, such as 2025-06-01T00:00Z) and g_per_kwh."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Series:
    """Intensity of one grid by hour.

    first      hours from 1970-01-01T00:00Z to the first one
    g_per_kwh  one figure per hour; NaN where it was not recorded
    source     the file
    """

    first: int
    g_per_kwh: Array
    source: str

    @property
    def end(self) -> int:
        """The hour after the last."""
        return self.first + int(self.g_per_kwh.size)

    def gaps(self) -> tuple[tuple[str, int], ...]:
        """Where hours are missing: when each gap begins (UTC), and how many hours it has."""
        missing = np.isnan(self.g_per_kwh).astype(np.int8)
        edges = np.diff(np.concatenate([[0], missing, [0]]))
        begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        return tuple((stamp(self.first + int(a)), int(b - a)) for a, b in zip(begins, ends, strict=True))


def stamp(hour: int) -> str:
    """An hour since 1970 as ``2025-06-01T00:00Z``."""
    return (_EPOCH + hour * _HOUR).strftime("%Y-%m-%dT%H:%MZ")


def read_series(path: Path) -> Series:
    """The series of a CSV file with the columns ``timestamp`` and ``g_per_kwh``; others are ignored.

    Timestamps stand at the start of their span, with their time zone, each later than the one before, at steps of an
    hour or an even part of one; parts are averaged, and an hour that lacks one is missing. A blank figure is missing.
    Raises InputError with the line for anything else.
    """
    rows = _rows(path)
    if len(rows) < 2:
        raise InputError("a series needs at least two hours", place=str(path), remedy=_REMEDY)
    step = min(after - before for (_, before, _), (_, after, _) in pairwise(rows))
    minutes = step.total_seconds() / 60
    if step > _HOUR or minutes < 1 or 60 % minutes:
        raise InputError(
            "the series must be hourly or finer, in even parts of an hour",
            place=str(path),
            value=f"{minutes:g} minutes",
        )
    parts = round(60 / minutes)
    first = int((rows[0][1] - _EPOCH) // _HOUR)
    last = int((rows[-1][1] - _EPOCH) // _HOUR)
    if last - first > 24 * 366 * 20:
        raise InputError("the series is longer than twenty years", place=str(path), value=rows[-1][1].isoformat())
    sums, counts = np.zeros(last - first + 1), np.zeros(last - first + 1)
    for line, when, value in rows:
        if (when - _EPOCH) % step:
            raise InputError(
                f"this timestamp is off the step of {minutes:g} minutes", place=f"{path}:{line}", value=when.isoformat()
            )
        if value is not None:
            index = int((when - _EPOCH) // _HOUR) - first
            sums[index] += value
            counts[index] += 1
    hourly = np.where(counts == parts, sums / np.maximum(counts, 1), np.nan)
    return Series(first, hourly, str(path))


def _rows(path: Path) -> list[tuple[int, datetime, float | None]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read the series: {error.strerror}", place=str(path), remedy=_REMEDY) from None
    except UnicodeDecodeError:
        raise InputError("not a text file in UTF-8", place=str(path), remedy=_REMEDY) from None
    reader = csv.DictReader(text.splitlines())
    names = [name.strip() for name in reader.fieldnames or []]
    if any(column not in names for column in _COLUMNS):
        raise InputError(
            "the columns of a series are missing", place=f"{path}:1", value=", ".join(names), remedy=_REMEDY
        )
    reader.fieldnames = names
    found: list[tuple[int, datetime, float | None]] = []
    for row in reader:
        line = reader.line_num
        when = _when(row["timestamp"] or "", f"{path}:{line}")
        if found and when <= found[-1][1]:
            raise InputError(
                "each timestamp must be later than the one before", place=f"{path}:{line}", value=row["timestamp"]
            )
        found.append((line, when, _figure(row["g_per_kwh"] or "", f"{path}:{line}")))
    return found


def _when(text: str, place: str) -> datetime:
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError("not a timestamp", place=place, value=text, remedy=_REMEDY) from None
    if when.tzinfo is None:
        raise InputError("this timestamp does not say its time zone", place=place, value=text, remedy=_REMEDY)
    return when.astimezone(UTC)


def _figure(text: str, place: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise InputError("g_per_kwh is a number of at least 0, or blank where it is not known", place=place, value=text)
    return value
