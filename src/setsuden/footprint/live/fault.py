"""Why a service gave no usable answer."""

from __future__ import annotations

from setsuden.errors import SetsudenError


class SignalError(SetsudenError):
    """A live signal could not be had.

    code          refused, deadline, status, denied, busy, shape, no_data, stale or waiting: a key of the messages
    retry_s       how long the service asked to be left alone, None when it did not say
    """

    def __init__(self, code: str, message: str, *, place: str | None = None, retry_s: float | None = None) -> None:
        super().__init__(message, place=place)
        self.code = code
        self.retry_s = retry_s
