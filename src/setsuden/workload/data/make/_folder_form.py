"""Images as an ImageNet-like folder: train/ and test/, below them one folder of JPEG files a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from setsuden.errors import MissingDependencyError
from setsuden.workload.data.make._cifar_form import HELD_OUT_SHARE
from setsuden.workload.data.make._pictures import Pictures

_QUALITY = 90


def write_folders(folder: Path, pictures: Pictures, per_class: int, side: int, seed: int) -> tuple[int, int]:
    """``per_class`` images of each class for training, a fifth as many held out; how many of each in all."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingDependencyError("pillow", "Writing image files", "data") from error
    rng = np.random.default_rng(seed)
    counts = {"train": per_class, "test": round(per_class * HELD_OUT_SHARE)}
    for part, count in counts.items():
        for label, name in enumerate(pictures.classes):
            place = folder / part / name
            place.mkdir(parents=True)
            for number, image in enumerate(pictures.draw(label, count, side, part == "test", rng)):
                Image.fromarray(image).save(place / f"{number:05d}.jpg", quality=_QUALITY)
    return len(pictures.classes) * counts["train"], len(pictures.classes) * counts["test"]
