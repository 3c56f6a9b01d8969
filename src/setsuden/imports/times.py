"""Times as files write them: seconds, milliseconds, ISO 8601 with or without a zone, or seconds since some start."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo

from setsuden.errors import InputError

_RELATIVE_BELOW = 1e8  # before 1973: nobody dates a training run so
_MILLISECONDS_ABOVE = 1e11
_MICROSECONDS_ABOVE = 1e14
_EARLIEST_S, _LATEST_S = -2.2e9, 2.5e11


class Clock:
    """Reads the times of one file; remembers what it met.

    zone           of times that carry none; None: UTC
    relative       whether numbers were seconds since a start
    without_zone   whether a time of day without a zone was met
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self.relative = False
        self.without_zone = False
        self._absolute = False

    def seconds(self, value: object, place: str) -> float:
        """Seconds since 1970, or since the start of a file with relative times; InputError with ``place`` otherwise."""
        number = _number(value)
        if number is None:
            return self._written(str(value).strip(), place)
        if not math.isfinite(number):
            raise InputError(
                "a time is not a finite number", place=place, value=value, remedy="Take this row out of the file."
            )
        if abs(number) >= _MICROSECONDS_ABOVE:
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
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise InputError(
                "is not a time", place=place, value=text, remedy="Use ISO 8601, or seconds or milliseconds since 1970."
            ) from None
        if moment.tzinfo is None:
            self.without_zone = True
            moment = moment.replace(tzinfo=self._zone or UTC)
        self._note(relative=False, place=place)
        return moment.timestamp()

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
