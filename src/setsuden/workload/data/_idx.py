"""The IDX format of MNIST and Fashion-MNIST, plain or gzip: magic, big-endian sizes, then bytes."""

from __future__ import annotations

import gzip
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError

_UNSIGNED_BYTES = 0x08
_MAX_VALUES = 2**31  # a header asking for more is damage, not data


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes; InputError with the byte offset when it is damaged."""
    data = _bytes(path)
    if len(data) < 4:
        raise _damaged(path, len(data), "the file ends inside the 4-byte magic number", len(data))
    zero, kind, dimensions = struct.unpack(">HBB", data[:4])
    if zero != 0 or kind != _UNSIGNED_BYTES or dimensions == 0:
        raise _damaged(
            path, 0, "not an IDX file of unsigned bytes (magic 00 00 08 and at least 1 dimension)", data[:4].hex(" ")
        )
    header = 4 + 4 * dimensions
    if len(data) < header:
        raise _damaged(path, len(data), f"the file ends inside its {header}-byte header", len(data))
    shape = struct.unpack(f">{dimensions}I", data[4:header])
    wanted = prod(shape)
    if wanted > _MAX_VALUES:
        raise _damaged(path, 4, "the header promises an impossible size", list(shape))
    if len(data) - header != wanted:
        what = "the file ends early" if len(data) - header < wanted else "there are bytes after the data"
        raise _damaged(
            path, min(len(data), header + wanted), f"{what}: the header promises {wanted} values", len(data) - header
        )
    return np.frombuffer(data, dtype=np.uint8, offset=header).reshape(shape)


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", place=str(path), remedy="Check its permissions."
        ) from error
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(
            path, len(raw), f"the gzip stream is damaged or cut off: {error}", f"{len(raw)} bytes"
        ) from error


def _damaged(path: Path, offset: int, message: str, value: object) -> InputError:
    return InputError(message, place=f"{path}, byte {offset}", value=value, remedy="Fetch the file again.")
