"""Just enough of protobuf's wire format to read a model without loading its weights.

A message is walked field by field over a memory map; weights are length-delimited fields that are stepped over.
Source: protobuf encoding, https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """The bytes are no protobuf message."""


def fields(message: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """(field number, wire type, value) of a message; varints as unsigned ints, everything else as a view."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(message, at)
            yield number, kind, value
            continue
        if kind == BYTES:
            length, at = _varint(message, at)
        elif kind == FIXED64:
            length = 8
        elif kind == FIXED32:
            length = 4
        else:
            raise WireError(f"wire type {kind} at byte {at}")
        if number == 0 or at + length > end:
            raise WireError(f"field {number} runs over the end at byte {at}")
        yield number, kind, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise WireError(f"broken number at byte {at}")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def signed(value: int | memoryview) -> int:
    """A varint as int64."""
    assert isinstance(value, int)
    return value - (1 << 64) if value >= 1 << 63 else value


def view(value: int | memoryview) -> memoryview:
    """A length-delimited field; WireError where the message has a number in its place."""
    if isinstance(value, int):
        raise WireError("a number where a message belongs")
    return value


def text(value: int | memoryview) -> str:
    """A string field."""
    return bytes(view(value)).decode("utf-8", "replace")


def numbers(kind: int, value: int | memoryview) -> list[int]:
    """A repeated int64 field: one varint, or packed."""
    if kind == VARINT:
        return [signed(value)]
    packed, found, at = view(value), [], 0
    while at < len(packed):
        number, at = _varint(packed, at)
        found.append(signed(number))
    return found


def floats(kind: int, value: int | memoryview) -> list[float]:
    """A repeated float field: one, or packed."""
    raw = bytes(view(value))
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))
