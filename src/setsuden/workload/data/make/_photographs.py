"""Patches of photographs: the class is the photograph; what tests shares no pixel with what trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from setsuden.errors import InputError, MissingDependencyError
from setsuden.workload.data.make._pictures import Image, Pictures

_DEBIAN = Path("/usr/share/backgrounds/mate/nature")
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_LONGEST = 1024
_STRIPS, _BANDS = 5, 8


def debian_or_own(folder: Path | None, wanted: int | None) -> Pictures:
    """The first ``wanted`` photographs by name (None: all) of a folder, or of Debian's package mate-backgrounds.

    Each is scaled to at most 1,024 pixels, so that a patch of 32 holds something to tell it by. The left half trains,
    the right half tests.
    """
    place = _DEBIAN if folder is None else folder.expanduser()
    files = sorted(path for path in place.glob("*") if path.suffix.lower() in _SUFFIXES)[:wanted]
    least = wanted or 2
    if len(files) < least:
        remedy = "Put more photographs there."
        if folder is None:
            remedy = (
                "On Debian or Ubuntu: apt install mate-backgrounds. Or name a folder of your own with --photographs; "
                "or make sample-10, texture-10 or texture-folders, which need no photographs."
            )
        raise InputError(f"{least} photographs are needed", place=str(place), value=len(files), remedy=remedy)
    about = f"patches of {len(files)} photographs " + (
        "of Debian's mate-backgrounds" if folder is None else f"in {folder}"
    )
    licence = "of each photograph: GPL-2+ or CC BY-SA, see /usr/share/doc/mate-backgrounds/copyright"
    halves = {path.stem: [[half] for half in np.array_split(_read(path), 2, axis=1)] for path in files}
    return _patches(halves, about, licence if folder is None else "that of your photographs")


def scikit_learn() -> Pictures:
    """The two photographs that come with scikit-learn, each cut into five upright strips: ten classes.

    Each strip is cut into eight bands; in turn they train and test.
    """
    try:
        from sklearn.datasets import load_sample_images
    except ImportError as error:
        raise MissingDependencyError("scikit-learn", "The stand-in sample-10", "data") from error
    bands = {
        f"{name}-{number}": np.array_split(strip, _BANDS)
        for name, photograph in zip(("china", "flower"), load_sample_images().images, strict=True)
        for number, strip in enumerate(np.array_split(photograph, _STRIPS, axis=1))
    }
    parts = {name: [cut[::2], cut[1::2]] for name, cut in bands.items()}
    return _patches(parts, "patches of ten strips of scikit-learn's two sample photographs", "CC BY 2.0")


def _patches(sheets: dict[str, list[list[Image]]], about: str, licence: str) -> Pictures:
    """``sheets``: for each class, what trains and what tests, each some pieces of a photograph."""
    names = tuple(sheets)

    def draw(label: int, count: int, side: int, held_out: bool, rng: np.random.Generator) -> Image:
        pieces = sheets[names[label]][int(held_out)]
        chosen = rng.integers(0, len(pieces), count)
        return np.stack([_patch(pieces[index], side, names[label], rng) for index in chosen])

    return Pictures(names, about, licence, draw)


def _patch(piece: Image, side: int, name: str, rng: np.random.Generator) -> Image:
    height, width = piece.shape[0] - side, piece.shape[1] - side
    if height < 0 or width < 0:
        raise InputError(
            f"a part of the photograph has {piece.shape[1]}x{piece.shape[0]} pixels, too few for {side}x{side}",
            place=name,
            remedy="Use larger photographs or a smaller side.",
        )
    top, left = rng.integers(0, height + 1), rng.integers(0, width + 1)
    return piece[top : top + side, left : left + side]


def _read(path: Path) -> Image:
    """(height, width, 3)."""
    try:
        from PIL import Image as Pillow
    except ImportError as error:
        raise MissingDependencyError("pillow", "Reading photographs", "data") from error
    try:
        with Pillow.open(path) as photograph:
            colour = photograph.convert("RGB")
            colour.thumbnail((_LONGEST, _LONGEST))
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError) as error:
        raise InputError(f"not a readable photograph: {error}", place=str(path), remedy="Remove it.") from error
    return np.asarray(colour, dtype=np.uint8)
