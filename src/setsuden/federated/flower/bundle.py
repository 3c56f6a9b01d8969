"""A task in a folder, so that other processes of this user can read it; large arrays are mapped, not copied."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

# The environment variable that leads a run's processes to the folder.
TASK_FOLDER = "SETSUDEN_FLOWER_TASK"
_MAPPED_BYTES = 1 << 16
_FILE = "task.pickle"


def save(folder: Path, content: object) -> None:
    """Write ``content`` into the folder, which must be private to this user: reading it runs what it says."""
    with (folder / _FILE).open("wb") as file:
        _Writer(file, folder).dump(content)


def load(folder: Path) -> Any:
    """What ``save`` wrote."""
    with (folder / _FILE).open("rb") as file:
        return _Reader(file, folder).load()


class _Writer(pickle.Pickler):
    def __init__(self, file: BinaryIO, folder: Path) -> None:
        super().__init__(file, protocol=5)
        self._folder, self._count = folder, 0

    def persistent_id(self, found: object) -> str | None:
        """Large arrays lie beside the pickle."""
        if not isinstance(found, np.ndarray) or found.nbytes < _MAPPED_BYTES or found.dtype.hasobject:
            return None
        name = f"array-{self._count}.npy"
        self._count += 1
        np.save(self._folder / name, found)
        return name


class _Reader(pickle.Unpickler):
    def __init__(self, file: BinaryIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder

    def persistent_load(self, name: str) -> NDArray[Any]:
        """Copy on write: torch wants memory that may be written."""
        mapped: NDArray[Any] = np.load(self._folder / name, mmap_mode="c", allow_pickle=False)
        return mapped
