"""Labels that stay apart: beside points where there is room, or spread along an edge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from setsuden.report.svg.element import Frame, width_of

_OFFSETS = ((10, 4), (-10, 4), (0, -11), (0, 20), (9, -7), (9, 16), (-9, -7), (-9, 16))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, px."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Box) -> float:
        """Shared area, px²."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across * down if across > 0 and down > 0 else 0.0

    def inside(self, other: Box) -> bool:
        """Whether this lies within the other."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True, slots=True)
class Anchor:
    """A point that would like a label; a ``required`` one gets it even where it overlaps."""

    x: float
    y: float
    text: str
    class_: str = "label"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A label with its baseline and how it is anchored there."""

    anchor: Anchor
    x: float
    y: float
    align: str


def place(anchors: Sequence[Anchor], frame: Frame, size: float, obstacles: Iterable[Box] = ()) -> list[Placed]:
    """Labels in the order given, each where it overlaps no point and no earlier label; others are left out."""
    bounds = Box(frame.x0 + 2, 2, frame.width - 2, frame.y0 - 2)
    taken = [*obstacles, *(Box(anchor.x - 6, anchor.y - 6, anchor.x + 6, anchor.y + 6) for anchor in anchors)]
    placed: list[Placed] = []
    for anchor in anchors:
        candidates = [_candidate(anchor, dx, dy, size) for dx, dy in _OFFSETS]
        possible = [(_crowding(box, taken), candidate, box) for candidate, box in candidates if box.inside(bounds)]
        if not possible:
            continue
        crowding, chosen, box = min(possible, key=lambda item: item[0])
        if crowding == 0 or anchor.required:
            placed.append(chosen)
            taken.append(box)
    return placed


def _candidate(anchor: Anchor, dx: float, dy: float, size: float) -> tuple[Placed, Box]:
    align = "start" if dx > 0 else "end" if dx < 0 else "middle"
    width = width_of(anchor.text, size)
    x, y = anchor.x + dx, anchor.y + dy
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[align]
    return Placed(anchor, x, y, align), Box(left, y - size * 0.85, left + width, y + size * 0.25)


def _crowding(box: Box, taken: Sequence[Box]) -> float:
    return sum(box.overlap(other) for other in taken)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions near ``wanted``, at least ``gap`` apart and within ``low``..``high``, in the order given.

    When there is no room for all gaps, they are made equal and smaller.
    """
    if not wanted:
        return []
    if len(wanted) > 1:
        gap = min(gap, (high - low) / (len(wanted) - 1))
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    result = [min(max(value, low), high) for value in wanted]
    for before, after in pairwise(order):
        result[after] = max(result[after], result[before] + gap)
    ceiling = high
    for index in reversed(order):
        result[index] = min(result[index], ceiling)
        ceiling = result[index] - gap
    return result
