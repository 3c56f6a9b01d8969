"""Where images of labelled classes come from: photographs or drawings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pictures:
    """A source of images.

    about     what they are, in words that end up in every result
    draw      (label, count, side, held_out, rng) -> (count, side, side, 3) bytes; held-out images share no pixel of
              a photograph with training images
    """

    classes: tuple[str, ...]
    about: str
    licence: str
    draw: Callable[[int, int, int, bool, np.random.Generator], Image]
