"""MNIST and Fashion-MNIST from IDX files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from setsuden.errors import InputError
from setsuden.workload.data._dataset import Array, Dataset, Limits, standardised
from setsuden.workload.data._idx import read_idx
from setsuden.workload.data._source import Source

_PARTS = tuple(
    tuple(f"{part}-{kind}{dot}idx{rank}-ubyte" + gz for dot in ("-", ".") for gz in ("", ".gz"))
    for part in ("train", "t10k")
    for kind, rank in (("images", 3), ("labels", 1))
)
_CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def _load(source: Source, classes: tuple[str, ...], folder: Path, limits: Limits) -> Dataset:
    x_train, y_train = _part(folder, _PARTS[0], _PARTS[1])
    x_test, y_test = _part(folder, _PARTS[2], _PARTS[3])
    kept_train, kept_test = limits.kept_train(y_train), limits.kept_test(y_test)
    train, test, standardisation = standardised(x_train[kept_train], x_test[kept_test])
    held = (train, y_train[kept_train]), (test, y_test[kept_test])
    return source.dataset(folder, classes, *held, standardisation)


def _part(folder: Path, image_names: tuple[str, ...], label_names: tuple[str, ...]) -> tuple[Array, Array]:
    images_path, labels_path = _existing(folder, image_names), _existing(folder, label_names)
    images, labels = read_idx(images_path), read_idx(labels_path)
    for path, array, rank in ((images_path, images, 3), (labels_path, labels, 1)):
        if array.ndim != rank:
            raise InputError(
                f"expected {rank} dimensions", place=str(path), value=array.ndim, remedy="Are the files swapped?"
            )
    if len(images) != len(labels):
        raise InputError(
            f"{len(labels)} labels for {len(images)} images", place=str(labels_path), remedy="Fetch both files again."
        )
    return images[:, np.newaxis], labels.astype(np.int64)


def _existing(folder: Path, alternatives: tuple[str, ...]) -> Path:
    return next(folder / name for name in alternatives if (folder / name).is_file())


def _fashion(folder: Path, limits: Limits) -> Dataset:
    return _load(FASHION_MNIST, _CLOTHES, folder, limits)


def _digits(folder: Path, limits: Limits) -> Dataset:
    return _load(MNIST, tuple("0123456789"), folder, limits)


FASHION_MNIST = Source(
    name="fashion-mnist",
    domain="image",
    folders=("fashion-mnist", "FashionMNIST/raw"),
    system=("/usr/share/datasets/fashion-mnist",),
    files=_PARTS,
    origin="Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747",
    licence="MIT",
    load=_fashion,
)
MNIST = Source(
    name="mnist",
    domain="image",
    folders=("mnist", "MNIST/raw"),
    system=(),
    files=_PARTS,
    origin="LeCun, Cortes and Burges 1998",
    licence="not stated by its authors",
    load=_digits,
)
