"""The contract of a compression, and the one that sends float32 as it is.

Every encoded message starts with a header of 8 bytes: what it is (1), bits or 0 (1), unused (2), number of entries (4).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError

_HEADER = struct.Struct("<BBHI")
HEADER_BYTES = _HEADER.size
PLAIN, TOP_K, QUANTISED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Encoded:
    """One message as it would go on the wire."""

    data: bytes

    @property
    def nbytes(self) -> int:
        """Its length."""
        return len(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """Base of the compressions; updates on their way up (and models between peers) go through it."""

    @property
    def name(self) -> str:
        """In print."""
        raise NotImplementedError

    @property
    def keeps_residual(self) -> bool:
        """Whether what was not sent is kept by the client and added to its next update."""
        return False

    @property
    def lossless(self) -> bool:
        """Whether decoding gives back every bit."""
        return False

    def encoded_bytes(self, size: int) -> int:
        """Length of the encoding of ``size`` entries, header included: known before anything is trained."""
        raise NotImplementedError

    def encode(self, update: NDArray[np.float32], random: np.random.Generator) -> Encoded:
        """(entries,) float32 to bytes; ``random`` is used by stochastic rounding only."""
        raise NotImplementedError

    def decode(self, message: Encoded) -> NDArray[np.float32]:
        """(entries,) float32 as the receiver sees it; InputError for bytes that are no such message."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain(Compression):
    """float32, little-endian."""

    @property
    def name(self) -> str:
        """In print."""
        return "none"

    @property
    def lossless(self) -> bool:
        """Yes."""
        return True

    def encoded_bytes(self, size: int) -> int:
        """Four an entry."""
        return HEADER_BYTES + 4 * size

    def encode(self, update: NDArray[np.float32], random: np.random.Generator) -> Encoded:
        """A copy."""
        return Encoded(header(PLAIN, 32, len(update)) + update.astype("<f4", copy=False).tobytes())

    def decode(self, message: Encoded) -> NDArray[np.float32]:
        """The same values."""
        size, _, body = opened(message, PLAIN)
        expect(message, HEADER_BYTES + 4 * size)
        return np.frombuffer(body, dtype="<f4").astype(np.float32)


def header(kind: int, bits: int, size: int) -> bytes:
    """The first 8 bytes of a message."""
    return _HEADER.pack(kind, bits, 0, size)


def opened(message: Encoded, kind: int) -> tuple[int, int, memoryview]:
    """Entries, bits and the rest of a message of the wanted kind."""
    if message.nbytes < HEADER_BYTES:
        raise InputError("a message is at least 8 bytes long", place="message", value=message.nbytes)
    found, bits, _, size = _HEADER.unpack_from(message.data)
    if found != kind:
        raise InputError("a message of another compression", place="message", value=found)
    return size, bits, memoryview(message.data)[HEADER_BYTES:]


def expect(message: Encoded, length: int) -> None:
    """InputError unless the message has that length."""
    if message.nbytes != length:
        raise InputError(f"the message must be {length} bytes long", place="message", value=message.nbytes)
