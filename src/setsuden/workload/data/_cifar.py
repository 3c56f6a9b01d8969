"""CIFAR-10 from a folder, in either of its authors' two formats: Python pickles or 3,073-byte binary records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.workload.data._dataset import Dataset, Limits, standardised
from setsuden.workload.data._pickle import read_plain_pickle
from setsuden.workload.data._source import Source

_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_PIXELS = 3 * 32 * 32
_TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
_TEST = "test_batch"


def _load(folder: Path, limits: Limits) -> Dataset:
    parts = [_read(_path(folder, name)) for name in _TRAIN]
    counts = [len(labels) for _, labels in parts]
    if len(set(counts)) > 1:
        short = int(np.argmin(counts))
        raise InputError(
            f"the five training files must hold equally many images, but hold {counts}",
            place=str(_path(folder, _TRAIN[short])),
            value=counts[short],
            remedy="Fetch the shorter file again.",
        )
    y_train = np.concatenate([labels for _, labels in parts])
    kept_train = limits.kept_train(y_train)
    x_train = np.concatenate([images for images, _ in parts])[kept_train]
    x_test, y_test = _read(_path(folder, _TEST))
    kept_test = limits.kept_test(y_test)
    train, test, standardisation = standardised(x_train, x_test[kept_test])
    held = (train, y_train[kept_train]), (test, y_test[kept_test])
    return CIFAR10.dataset(folder, _CLASSES, *held, standardisation)


def _path(folder: Path, name: str) -> Path:
    plain = folder / name
    return plain if plain.is_file() else folder / f"{name}.bin"


def _read(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images (n, 3, 32, 32) and labels of one file; its values are checked, not trusted."""
    return _read_binary(path) if path.suffix == ".bin" else _read_python(path)


def _read_binary(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise InputError(f"cannot be read: {error}", place=str(path), remedy="Check its permissions.") from error
    record = 1 + _PIXELS
    whole, rest = divmod(len(data), record)
    if rest or whole == 0:
        raise InputError(
            f"the file ends inside record {whole}: its length must be a multiple of {record} bytes",
            place=f"{path}, byte {len(data)}",
            value=len(data),
            remedy="Fetch the file again.",
        )
    records = data.reshape(whole, record)
    labels = records[:, 0].astype(np.int64)
    wrong = np.flatnonzero(labels >= len(_CLASSES))
    if len(wrong):
        raise InputError(
            "a label lies outside 0 .. 9",
            place=f"{path}, byte {int(wrong[0]) * record}",
            value=int(labels[wrong[0]]),
            remedy="Fetch the file again.",
        )
    return records[:, 1:].reshape(whole, 3, 32, 32), labels


def _read_python(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    content = read_plain_pickle(path)
    images = content.get(b"data")
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != _PIXELS:
        raise InputError(
            f"'data' must be an array of bytes with {_PIXELS} columns",
            place=str(path),
            value=_shape_of(images),
            remedy="Use the files of cifar-10-python.tar.gz.",
        )
    labels = _labels(path, content.get(b"labels"))
    if len(labels) != len(images):
        raise InputError(
            f"{len(labels)} labels for {len(images)} images", place=str(path), remedy="Fetch the file again."
        )
    return images.reshape(-1, 3, 32, 32), labels


def _labels(path: Path, found: object) -> NDArray[np.int64]:
    if not isinstance(found, (list, np.ndarray)) or len(found) == 0:
        raise InputError(
            "'labels' must be a list of whole numbers",
            place=str(path),
            value=type(found).__name__,
            remedy="CIFAR-100 has fine_labels instead and is not this data set.",
        )
    for number, label in enumerate(found):
        if isinstance(label, bool) or not isinstance(label, (int, np.integer)) or not 0 <= label < len(_CLASSES):
            raise InputError(
                "a label lies outside 0 .. 9",
                place=f"{path}, label {number}",
                value=label,
                remedy="Fetch the file again.",
            )
    return np.asarray(found, dtype=np.int64)


def _shape_of(found: object) -> object:
    return (list(found.shape), str(found.dtype)) if isinstance(found, np.ndarray) else type(found).__name__


CIFAR10 = Source(
    name="cifar10",
    domain="image",
    folders=("cifar10", "cifar-10-batches-py", "cifar-10-batches-bin"),
    system=(),
    files=tuple((name, f"{name}.bin") for name in (*_TRAIN, _TEST)),
    origin="Krizhevsky 2009, Learning multiple layers of features from tiny images",
    licence="not stated by its authors",
    load=_load,
)
