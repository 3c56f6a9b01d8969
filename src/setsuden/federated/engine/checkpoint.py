"""A run on disk after every round, whole or not at all, and whether it belongs to the task at hand."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask
    from setsuden.workload.data import Dataset

FORMAT = 1


def fingerprint(task: FederatedTask, world: object) -> str:
    """Of everything that decides the result: task, samples, partition, and the world's own description."""
    digest = hashlib.sha256(repr(world).encode())
    for part in fields(task):
        if part.name not in ("data", "partition", "stop"):
            digest.update(repr((part.name, getattr(task, part.name))).encode())
    _add(digest, *_samples(task.data), *task.partition.indices)
    return digest.hexdigest()


def data_fingerprint(data: Dataset) -> str:
    """Of the samples alone."""
    digest = hashlib.sha256()
    _add(digest, *_samples(data))
    return digest.hexdigest()


def _samples(data: Dataset) -> tuple[NDArray[Any], ...]:
    return data.x_train, data.y_train, data.x_test, data.y_test


def _add(digest: hashlib._Hash, *arrays: NDArray[Any]) -> None:
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data if array.size else b"")


def save(path: Path, about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Replace the file at ``path``."""
    partial = path.with_name(path.name + ".part")
    text = json.dumps({"format": FORMAT, **about})
    with partial.open("wb") as file:
        np.savez(file, about=np.frombuffer(text.encode(), dtype=np.uint8), **arrays)  # type: ignore[arg-type]
    partial.replace(path)


def load(path: Path, wanted: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """What ``save`` wrote; None where there is no file. InputError for a damaged file or one of another task."""
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            about = json.loads(bytes(stored["about"]).decode())
            arrays = {name: stored[name] for name in stored.files if name != "about"}
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", place=str(path)) from error
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            "not a checkpoint of a federation, or a damaged one",
            place=str(path),
            remedy="Delete it to start afresh.",
        ) from error
    if about.get("format") != FORMAT or about.get("fingerprint") != wanted:
        raise InputError(
            "a checkpoint of another task, data set or world",
            place=str(path),
            remedy="Give another path, or delete it to start afresh.",
        )
    return about, arrays
