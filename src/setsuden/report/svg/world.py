"""A map of the world in cells of three degrees, the countries that spend something filled by how much.

``world.txt`` has a row for every three degrees of latitude from 84 north to 57 south, and two letters (ISO 3166) for
every three of longitude from the date line eastwards; ``..`` is water. Made from Natural Earth 1:50 million (public
domain); a country smaller than a cell has the nearest free one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from setsuden.report.svg.element import Frame, escape, number, picture, tag, text
from setsuden.report.svg.marks import series_class

_GAP = 0.22
_FAINTEST = 0.4


@dataclass(frozen=True, slots=True)
class Spot:
    """A country by its two letters; ``share`` (0-1) of the largest; what a hover says."""

    country: str
    share: float
    tip: str


def known(country: str) -> bool:
    """Whether the map has it."""
    return bool((_cells() == country).any())


def world(spots: Sequence[Spot], identity: str, *, title: str, description: str, width: float = 660) -> str:
    """The picture; every spot is a country that is ``known``."""
    cells = _cells()
    cell = width / cells.shape[1]
    frame = Frame(width, cell * cells.shape[0], 0, 0, 0, 0)
    pieces = [_land(cells, cell)]
    for spot in sorted(spots, key=lambda one: one.share):
        rows, columns = np.nonzero(cells == spot.country)
        side = number(cell * (1 - _GAP) + 0.6)
        path = "".join(
            f"M{number(column * cell)} {number(row * cell)}h{side}v{side}h-{side}z"
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        )
        strength = _FAINTEST + (1 - _FAINTEST) * spot.share
        tip = tag("title", escape(spot.tip))
        pieces.append(tag("path", tip, d=path, class_=f"pt {series_class(1)}", fill_opacity=strength))
    pieces += [_label(cells, cell, spot) for spot in spots]
    return picture(frame, identity, title, description, *pieces)


def _label(cells: NDArray[np.str_], cell: float, spot: Spot) -> str:
    rows, columns = np.nonzero(cells == spot.country)
    middle = int(np.sort(columns)[len(columns) // 2])
    top = float(rows[columns == middle].min())
    return text(spot.country, (middle + 0.5) * cell, top * cell - 3, "label", "middle")


def _land(cells: NDArray[np.str_], cell: float) -> str:
    """All land as dashed runs, so that the picture stays small."""
    runs = []
    for row, line in enumerate(cells != ".."):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            runs.append(f"M{number(first * cell)} {number((row + 0.4) * cell)}h{number((end - first) * cell)}")
    dashes = f"{cell * (1 - _GAP):.3f} {cell * _GAP:.3f}"
    return tag(
        "path",
        d="".join(runs),
        fill="none",
        stroke="currentColor",
        stroke_opacity=0.2,
        stroke_width=cell * (1 - _GAP),
        stroke_dasharray=dashes,
    )


@cache
def _cells() -> NDArray[np.str_]:
    lines = (files("setsuden.report.svg") / "world.txt").read_text(encoding="ascii").split()
    return np.array([[line[at : at + 2] for at in range(0, len(line), 2)] for line in lines])
