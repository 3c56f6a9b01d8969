"""Two figures per row on one scale, and their ratio beside it: training against inference, by model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.report.svg.axes import x_axis
from setsuden.report.svg.element import Frame, picture, shorten, tag, text, width_of
from setsuden.report.svg.marks import marker, whisker
from setsuden.report.svg.scale import around, clipped

_SIZE = 12.0
_ROW = 30.0
_ROW_STACKED = 46.0


@dataclass(frozen=True, slots=True)
class End:
    """A figure with its interval."""

    value: float
    low: float
    high: float
    tip: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing, its two figures and the note at its right."""

    name: str
    first: End
    second: End
    note: str


def dumbbells(
    rows: Sequence[Row], identity: str, *, title: str, description: str, x_title: str, width: float = 720
) -> str:
    """The picture: first figure square, second figure circle, joined by a bar; names above the bar when narrow."""
    stacked = width < 520
    step = _ROW_STACKED if stacked else _ROW
    height = step * len(rows) + 62
    left = 8.0 if stacked else min(width * 0.34, max(width_of(row.name, _SIZE) for row in rows) + 16)
    right = max(width_of(row.note, _SIZE) for row in rows) + 14
    frame = Frame(width, height, left, right, 8, 46)
    spans = [(end.low, end.value, end.high) for row in rows for end in (row.first, row.second)]
    x = around(spans, frame.x0 + 4, frame.x1 - 8)
    pieces = [x_axis(frame, x, x_title)]
    for index, row in enumerate(rows):
        middle = frame.y1 + step * (index + (0.72 if stacked else 0.5))
        if stacked:
            pieces.append(text(shorten(row.name, frame.x1 - 10, _SIZE), 2, middle - 16, "label strong"))
        else:
            pieces.append(text(shorten(row.name, left - 12, _SIZE), left - 10, middle + 4, "label", "end"))
        pieces.append(tag("line", x1=x(row.first.value), y1=middle, x2=x(row.second.value), y2=middle, class_="bar"))
        for end, shape, class_, lift in ((row.first, "square", "s1", -3.0), (row.second, "circle", "s0", 3.0)):
            left_end, right_end = clipped(x, end.low), clipped(x, end.high)
            pieces.append(whisker(left_end, middle + lift, right_end, middle + lift, f"whisker {class_}"))
            pieces.append(marker(shape, x(end.value), middle, 6, f"pt {class_}", end.tip))
        pieces.append(text(row.note, width - 4, middle + 4, "label strong", "end"))
    return picture(frame, identity, title, description, *pieces)
