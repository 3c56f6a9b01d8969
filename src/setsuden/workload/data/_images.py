"""``images:FOLDER[@SIZE]``: one sub-folder a class; optional train/ and test/ folders above them. Needs Pillow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError, MissingDependencyError
from setsuden.workload.data._dataset import Dataset, Limits, split_off_test, standardised
from setsuden.workload.data._stand_in import labelled

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".gif", ".webp", ".tif", ".tiff"})
_DEFAULT_SIDE = 32
_MAX_SIDE = 4096


def load_images(target: str, limits: Limits) -> Dataset:
    """Colour images resized to SIZE x SIZE pixels (32 unless given).

    Without train/ and test/ folders a fifth of the images is held out, always the same ones.
    """
    folder, side = _target(target)
    if (folder / "train").is_dir() and (folder / "test").is_dir():
        classes = _classes(folder / "train")
        train, test = _files(folder / "train", classes), _files(folder / "test", _classes(folder / "test", classes))
    else:
        classes = _classes(folder)
        everything = _files(folder, classes)
        kept, held_out = split_off_test(len(everything), seed=0)
        train, test = [everything[i] for i in kept], [everything[i] for i in held_out]
    if not train or not test:
        raise InputError(
            f"{len(train)} training and {len(test)} held-out images", place=str(folder), remedy="Both must be there."
        )
    x_train, y_train = _read(train, side, limits, training=True)
    x_test, y_test = _read(test, side, limits, training=False)
    pixels_train, pixels_test, standardisation = standardised(x_train, x_test)
    dataset = Dataset(
        name=f"images:{target}",
        domain="image",
        x_train=pixels_train,
        y_train=y_train,
        x_test=pixels_test,
        y_test=y_test,
        num_classes=len(classes),
        classes=classes,
        source=str(folder),
        licence="that of your own data",
        description=f"{len(train) + len(test)} images in {len(classes)} class folders, resized to {side}x{side}",
        standardisation=standardisation,
    )
    return labelled(dataset, folder)


def _target(target: str) -> tuple[Path, int]:
    name, at, size = target.rpartition("@")
    if not at or not size.isdigit():
        name, size = target, str(_DEFAULT_SIDE)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise InputError("there is no such folder", place=f"images:{target}", remedy="Example: images:photos@64.")
    if not 1 <= int(size) <= _MAX_SIDE:
        raise InputError(f"the size must be 1 .. {_MAX_SIDE} pixels", place=f"images:{target}", value=int(size))
    return folder, int(size)


def _classes(folder: Path, known: tuple[str, ...] | None = None) -> tuple[str, ...]:
    found = tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")))
    if known is None:
        if len(found) < 2:
            raise InputError("there must be a folder for each of two or more classes", place=str(folder), value=found)
        return found
    strange = sorted(set(found) - set(known))
    if strange:
        raise InputError("a held-out class has no training images", place=str(folder), value=strange)
    return known


def _files(folder: Path, classes: tuple[str, ...]) -> list[tuple[Path, int]]:
    return [
        (path, label)
        for label, name in enumerate(classes)
        for path in sorted((folder / name).glob("*"))
        if path.suffix.lower() in _SUFFIXES
    ]


def _read(
    files: list[tuple[Path, int]], side: int, limits: Limits, *, training: bool
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    labels = np.array([label for _, label in files], dtype=np.int64)
    kept = limits.kept_train(labels) if training else limits.kept_test(labels)
    return np.stack([_pixels(files[index][0], side) for index in kept]), labels[kept]


def _pixels(path: Path, side: int) -> NDArray[np.uint8]:
    """(3, side, side)."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingDependencyError("pillow", "Reading image files", "data") from error
    try:
        with Image.open(path) as image:
            resized = image.convert("RGB").resize((side, side))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(
            f"not a readable image: {error}", place=str(path), remedy="Remove or replace the file."
        ) from error
    return np.asarray(resized, dtype=np.uint8).transpose(2, 0, 1)
