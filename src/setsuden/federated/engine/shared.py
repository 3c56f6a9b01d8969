"""Arrays that several processes see, without a name anywhere: gone when the last process is."""

from __future__ import annotations

import mmap
import os
import tempfile
from multiprocessing import reduction
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


class SharedArray(Generic[Scalar]):
    """A zeroed array in memory that a child process maps when it is given this object; pages cost when written.

    Memory comes from ``memfd_create`` where the system has it, elsewhere from an unlinked temporary file.
    """

    def __init__(self, shape: tuple[int, ...], dtype: type[Scalar]) -> None:
        self._shape, self._dtype = shape, np.dtype(dtype)
        self._fd = _anonymous_file(max(1, int(np.prod(shape)) * self._dtype.itemsize))
        self._open()

    @classmethod
    def of(cls, values: NDArray[Scalar]) -> SharedArray[Scalar]:
        """A copy of ``values``."""
        shared = cls(values.shape, values.dtype.type)
        shared.array[...] = values
        return shared

    def _open(self) -> None:
        size = max(1, int(np.prod(self._shape)) * self._dtype.itemsize)
        self._map = mmap.mmap(self._fd, size)
        self.array: NDArray[Scalar] = np.frombuffer(
            self._map, dtype=self._dtype, count=int(np.prod(self._shape))
        ).reshape(self._shape)

    def close(self) -> None:
        """Give the file up; the memory goes when no process maps it and ``array`` is no longer used."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _attached, (reduction.DupFd(self._fd), self._shape, self._dtype.str)


def _attached(handle: Any, shape: tuple[int, ...], dtype: str) -> SharedArray[Any]:
    shared: SharedArray[Any] = SharedArray.__new__(SharedArray)
    shared._shape, shared._dtype, shared._fd = shape, np.dtype(dtype), handle.detach()
    shared._open()
    return shared


def _anonymous_file(size: int) -> int:
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("setsuden")
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, size)
    return fd
