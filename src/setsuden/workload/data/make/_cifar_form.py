"""Images as CIFAR-10's binary files: five for training, one held out, records of a label and 3 x 32 x 32 bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from setsuden.workload.data.make._pictures import Image, Pictures

_CLASSES = 10
_SIDE = 32
_FILES = 5
HELD_OUT_SHARE = 0.2


def write_cifar(folder: Path, pictures: Pictures, per_class: int, seed: int) -> tuple[int, int]:
    """``per_class`` images of each of ten classes for training, a fifth as many held out; how many of each in all."""
    rng = np.random.default_rng(seed)
    held_out = round(per_class * HELD_OUT_SHARE)
    training = _records(pictures, per_class, False, rng)
    for number, part in enumerate(np.split(training, _FILES), start=1):
        (folder / f"data_batch_{number}.bin").write_bytes(part.tobytes())
    (folder / "test_batch.bin").write_bytes(_records(pictures, held_out, True, rng).tobytes())
    return _CLASSES * per_class, _CLASSES * held_out


def _records(pictures: Pictures, per_class: int, held_out: bool, rng: np.random.Generator) -> Image:
    """(10 x per_class, 3073), classes mixed."""
    labels = rng.permutation(np.repeat(np.arange(_CLASSES, dtype=np.uint8), per_class))
    records = np.empty((len(labels), 1 + 3 * _SIDE * _SIDE), dtype=np.uint8)
    records[:, 0] = labels
    for label in range(_CLASSES):
        images = pictures.draw(label, per_class, _SIDE, held_out, rng)
        records[labels == label, 1:] = images.transpose(0, 3, 1, 2).reshape(per_class, -1)
    return records
