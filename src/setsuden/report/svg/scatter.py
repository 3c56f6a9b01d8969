"""Small scatter pictures: does this figure tell the energy? Logarithmic on both axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.report.svg.axes import x_axis, y_axis, y_label_room
from setsuden.report.svg.element import Frame, picture
from setsuden.report.svg.marks import marker, series_class, series_shape
from setsuden.report.svg.scale import fitting


@dataclass(frozen=True, slots=True)
class Dot:
    """One configuration; ``index`` is its model's series."""

    x: float
    y: float
    index: int
    tip: str


def scatter(
    dots: Sequence[Dot],
    identity: str,
    *,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    width: float = 330,
    height: float = 250,
) -> str:
    """The picture."""
    y = fitting([dot.y for dot in dots], height - 46, 28)
    frame = Frame(width, height, y_label_room(y, height - 74), 14, 28, 46)
    x = fitting([dot.x for dot in dots], frame.x0 + 6, frame.x1 - 6)
    return picture(
        frame,
        identity,
        title,
        description,
        x_axis(frame, x, x_title, x.ticks(4)),
        y_axis(frame, y, y_title),
        *(
            marker(series_shape(dot.index), x(dot.x), y(dot.y), 5, f"pt {series_class(dot.index)}", dot.tip)
            for dot in dots
        ),
    )
