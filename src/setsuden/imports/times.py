"""Times as files write them: seconds, milliseconds, ISO 8601 with or without a zone, or seconds since some start."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, tzinfo

from setsuden.errors import InputError

_RELATIVE_BELOW = 1e8  # before 1973: nobody dates a training run so
_MILLISECONDS_ABOVE = 1e11
_MICROSECONDS_ABOVE = 1e14
_NANOSECONDS_ABOVE = 1e17
# 22.11.2026 and 2026/11/22 can mean one day only; 11/22/2026 is left to the reader.
_DAY_FIRST = re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})(?P<rest>.*)")
_YEAR_FIRST = re.compile(r"(?P<y>\d{4})[/.](?P<m>\d{1,2})[/.](?P<d>\d{1,2})(?P<rest>.*)")
_EARLIEST_S, _LATEST_S = -2.2e9, 2.5e11


class Clock:
    """Reads the times of one file; remembers what it met.

    zone           of times that carry none; None: UTC
    scale          seconds in the unit of numbers, where the file states one; None: told by their size
    relative       whether numbers were seconds since a start
    without_zone   whether a time of day without a zone was met
    twice          whether the file begins in the hour that its zone has twice in autumn, and does not tell which
    """

    def __init__(self, zone: tzinfo | None = None, scale: float | None = None) -> None:
        self._zone = zone
        self._scale = scale
        self.relative = False
        self.without_zone = False
        self.twice = False
        self._absolute = False
        self._last_s: float | None = None

    def seconds(self, value: object, place: str) -> float:
        """Seconds since 1970, or since the start of a file with relative times; InputError with ``place`` otherwise."""
        number = _number(value)
        if number is None:
            return self._written(str(value).strip(), place)
        if not math.isfinite(number):
            raise InputError(
                "a time is not a finite number", place=place, value=value, remedy="Take this row out of the file."
            )
        if self._scale is not None:
            number *= self._scale
        elif abs(number) >= _NANOSECONDS_ABOVE:
            number /= 1e9
        elif abs(number) >= _MICROSECONDS_ABOVE:
            number /= 1e6
        elif abs(number) >= _MILLISECONDS_ABOVE:
            number /= 1e3
        if not _EARLIEST_S < number < _LATEST_S:
            raise InputError(
                "is a time outside the years 1900 to 9999", place=place, value=value,
                remedy="Give seconds, milliseconds or microseconds since 1970, or ISO 8601.",
            )  # fmt: skip
        self._note(relative=abs(number) < _RELATIVE_BELOW, place=place)
        return number

    def _written(self, text: str, place: str) -> float:
        day = _DAY_FIRST.fullmatch(text) or _YEAR_FIRST.fullmatch(text)
        try:
            moment = datetime.fromisoformat(
                f"{day['y']}-{int(day['m']):02}-{int(day['d']):02}{day['rest']}" if day else text
            )
        except ValueError:
            raise InputError(
                "is not a time", place=place, value=text, remedy="Use ISO 8601, or seconds or milliseconds since 1970."
            ) from None
        if moment.tzinfo is None:
            self.without_zone = True
            moment = moment.replace(tzinfo=self._zone or UTC)
            moment = self._which(moment)
        self._note(relative=False, place=place)
        self._last_s = moment.timestamp()
        return self._last_s

    def _which(self, moment: datetime) -> datetime:
        """Of an hour that the zone has twice, the one that goes on from the time before."""
        second = moment.replace(fold=1)
        later_s = second.timestamp()
        if later_s <= moment.timestamp():
            return moment
        self.twice = self.twice or self._last_s is None
        if self._last_s is None or not moment.timestamp() < self._last_s <= later_s:
            return moment
        self.twice = False
        return second

    def _note(self, *, relative: bool, place: str) -> None:
        if (relative and self._absolute) or (not relative and self.relative):
            raise InputError(
                "relative and absolute times are mixed in one file", place=place,
                remedy="Write all of them in one way.",
            )  # fmt: skip
        self.relative, self._absolute = relative, not relative


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
