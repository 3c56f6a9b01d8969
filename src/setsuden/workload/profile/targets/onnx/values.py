"""What is known of a value in a graph: its type and shape, and its content where that is small."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from setsuden.workload.profile.targets.onnx.model import SMALL, TYPES

_KINDS = {np.dtype(kind): number for number, (_, _, kind) in TYPES.items() if kind is not None}
FLOAT, INT32, INT64, BOOL, UINT8, INT8 = 1, 6, 7, 9, 2, 3


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor: ``shape`` in elements, ``kind`` as ONNX numbers it, ``data`` where it is known."""

    shape: tuple[int, ...]
    kind: int = FLOAT
    data: NDArray[Any] | None = None

    @property
    def elements(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes it takes."""
        return int(self.elements * TYPES.get(self.kind, ("", 4, None))[1])

    def like(self, shape: tuple[int, ...]) -> Value:
        """Another shape, the same type, content unknown."""
        return Value(tuple(int(size) for size in shape), self.kind)


def known(array: NDArray[Any]) -> Value:
    """A value whose content is known; large ones are kept as shapes only."""
    array = np.asarray(array)
    kind = _KINDS.get(array.dtype.newbyteorder("<"), FLOAT)
    return Value(array.shape, kind, array if array.size <= SMALL else None)


class UnknownValueError(Exception):
    """A shape depends on something that is not known here."""


def content(value: Value | None) -> NDArray[Any]:
    """The content; UnknownValueError where it is not known."""
    if value is None or value.data is None:
        raise UnknownValueError("content not known")
    return value.data


def integers(value: Value | None) -> list[int]:
    """The content as a flat list of ints."""
    return [int(number) for number in content(value).ravel()]
