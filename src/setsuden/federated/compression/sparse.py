"""Top-k: only the largest entries travel; the rest waits at the client for the next round (error feedback)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.compression.base import HEADER_BYTES, TOP_K, Compression, Encoded, expect, header, opened
from setsuden.workload.settings import in_range

_COUNT = struct.Struct("<I")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopK(Compression):
    """The ``share`` of entries that are largest in size, each as a 4-byte place and a float32, or as a bit map.

    share            of the entries, 0 < share <= 1; at least one entry is sent
    error_feedback   add what was left out to the client's next update (Stich et al. 2018, arXiv:1809.07599)

    Above a share of 1/32 a bit map of all places is shorter than a list of places, and is used.
    """

    share: float = 0.01
    error_feedback: bool = True

    def __post_init__(self) -> None:
        in_range("compression.share", self.share, above=0.0)
        if self.share > 1.0:
            raise InputError("must be at most 1", place="compression.share", value=self.share)

    @property
    def name(self) -> str:
        """With the share."""
        return f"top-{self.share:g}{'' if self.error_feedback else ' without error feedback'}"

    @property
    def keeps_residual(self) -> bool:
        """As chosen."""
        return self.error_feedback

    def kept(self, size: int) -> int:
        """How many of ``size`` entries are sent."""
        return min(size, max(1, round(self.share * size)))

    def encoded_bytes(self, size: int) -> int:
        """Values, and the shorter of list and bit map."""
        return HEADER_BYTES + _COUNT.size + 4 * self.kept(size) + min(4 * self.kept(size), -(-size // 8))

    def encode(self, update: NDArray[np.float32], random: np.random.Generator) -> Encoded:
        """The largest entries; among equals those of lower place."""
        count = self.kept(len(update))
        places = largest(update, count)
        values = update[places].astype("<f4", copy=False).tobytes()
        if 4 * count <= -(-len(update) // 8):
            where = places.astype("<u4").tobytes()
        else:
            marks = np.zeros(len(update), dtype=np.bool_)
            marks[places] = True
            where = np.packbits(marks).tobytes()
        return Encoded(header(TOP_K, 32, len(update)) + _COUNT.pack(count) + values + where)

    def decode(self, message: Encoded) -> NDArray[np.float32]:
        """Zeros where nothing was sent."""
        size, _, body = opened(message, TOP_K)
        if len(body) < _COUNT.size:
            raise InputError("the message ends before its count", place="message", value=message.nbytes)
        (count,) = _COUNT.unpack_from(body)
        listed = 4 * count <= -(-size // 8)
        expect(message, HEADER_BYTES + _COUNT.size + 4 * count + (4 * count if listed else -(-size // 8)))
        values = np.frombuffer(body[_COUNT.size : _COUNT.size + 4 * count], dtype="<f4")
        where = body[_COUNT.size + 4 * count :]
        if listed:
            places = np.frombuffer(where, dtype="<u4").astype(np.int64)
        else:
            places = np.flatnonzero(np.unpackbits(np.frombuffer(where, dtype=np.uint8), count=size))
        if len(places) != count or (count and int(places.max()) >= size):
            raise InputError("the places of the entries do not fit the message", place="message", value=count)
        update = np.zeros(size, dtype=np.float32)
        update[places] = values
        return update


def largest(update: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Rising places of the ``count`` entries that are largest in size; among equals those of lower place."""
    size = np.abs(update)
    if count >= len(size):
        return np.arange(len(size))
    threshold = np.partition(size, len(size) - count)[len(size) - count]
    above = np.flatnonzero(size > threshold)
    equal = np.flatnonzero(size == threshold)[: count - len(above)]
    return np.sort(np.concatenate([above, equal]))
