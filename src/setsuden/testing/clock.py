"""A clock that goes only when told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands still until advanced; can let the machine sleep and the time of day jump.

    start    time of day at the beginning, UTC
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC), *, elapsed_s: float = 1000.0) -> None:
        self._elapsed_s = elapsed_s
        self._slept_s = 0.0
        self._utc = start

    def elapsed(self) -> float:
        """Seconds awake."""
        return self._elapsed_s

    def since_boot(self) -> float:
        """Seconds awake and asleep."""
        return self._elapsed_s + self._slept_s

    def utc(self) -> datetime:
        """Time of day."""
        return self._utc

    def advance(self, seconds: float) -> None:
        """Let time pass; >= 0."""
        self._elapsed_s += seconds
        self._utc += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        """Suspend the machine for a while."""
        self._slept_s += seconds
        self._utc += timedelta(seconds=seconds)

    def set_utc(self, now: datetime) -> None:
        """Somebody set the time of day; durations must not notice."""
        self._utc = now
