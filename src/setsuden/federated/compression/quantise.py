"""Stochastic quantisation to 8 or 4 bits: unbiased, in blocks with a scale of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.compression.base import HEADER_BYTES, QUANTISED, Compression, Encoded, expect, header, opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantise(Compression):
    """Each block of ``block`` entries as whole numbers times the block's largest size (QSGD-like, arXiv:1610.02132).

    bits    8 or 4
    block   entries that share a scale, even, >= 2; a scale costs 4 bytes

    Rounding is up or down at random so that the mean of many encodings is the value itself.
    """

    bits: int = 8
    block: int = 1024

    def __post_init__(self) -> None:
        if self.bits not in (4, 8):
            raise InputError("must be 4 or 8", place="compression.bits", value=self.bits)
        if self.block < 2 or self.block % 2:
            raise InputError("must be even and at least 2", place="compression.block", value=self.block)

    @property
    def name(self) -> str:
        """With the bits."""
        return f"int{self.bits}"

    @property
    def levels(self) -> int:
        """Largest whole number: 127 or 7."""
        return int(2 ** (self.bits - 1) - 1)

    def encoded_bytes(self, size: int) -> int:
        """Whole numbers and scales."""
        return HEADER_BYTES + 4 * -(-size // self.block) + (size if self.bits == 8 else -(-size // 2))

    def encode(self, update: NDArray[np.float32], random: np.random.Generator) -> Encoded:
        """Scales first, then the whole numbers."""
        blocks = -(-len(update) // self.block)
        padded = np.zeros(blocks * self.block, dtype=np.float32)
        padded[: len(update)] = update
        rows = padded.reshape(blocks, self.block)
        scale = np.abs(rows).max(axis=1, initial=0.0) / np.float32(self.levels)
        steps = rows / np.where(scale > 0, scale, 1.0)[:, np.newaxis].astype(np.float32)
        steps += random.random(rows.shape, dtype=np.float32)
        whole = np.clip(np.floor(steps), -self.levels, self.levels).astype(np.int8).ravel()[: len(update)]
        if self.bits == 4:
            nibbles = np.zeros(-(-len(update) // 2) * 2, dtype=np.uint8)
            nibbles[: len(update)] = (whole + 8).astype(np.uint8)
            body = (nibbles[0::2] | (nibbles[1::2] << 4)).tobytes()
        else:
            body = whole.tobytes()
        return Encoded(header(QUANTISED, self.bits, len(update)) + scale.astype("<f4").tobytes() + body)

    def decode(self, message: Encoded) -> NDArray[np.float32]:
        """Whole number times scale."""
        size, bits, body = opened(message, QUANTISED)
        if bits != self.bits:
            raise InputError(f"the message has {bits} bits an entry", place="message", value=bits)
        expect(message, self.encoded_bytes(size))
        blocks = -(-size // self.block)
        scale = np.frombuffer(body[: 4 * blocks], dtype="<f4")
        packed = np.frombuffer(body[4 * blocks :], dtype=np.uint8)
        if bits == 4:
            whole = np.stack([packed & 15, packed >> 4], axis=1).ravel()[:size].astype(np.float32) - 8
        else:
            whole = packed.view(np.int8).astype(np.float32)
        return whole * np.repeat(scale, self.block)[:size].astype(np.float32)
