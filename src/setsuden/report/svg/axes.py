"""Axes: grid, ticks and titles. The title of y lies flat above the axis, so that it reads in any script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from setsuden.report.svg.element import Frame, tag, text, width_of
from setsuden.report.svg.scale import Scale, tick_text

TICK_SIZE = 12.0


def name_room(names: Iterable[str], width: float, size: float) -> float:
    """What names at the right ends of lines may take of a picture; more of a narrow one, where no legend stands by."""
    return min(width * (0.36 if width > 450 else 0.46), max(width_of(name, size) for name in names) + 16)


def x_axis(
    frame: Frame,
    scale: Scale,
    title: str,
    ticks: Sequence[float] | None = None,
    *,
    grid: bool = True,
    write: Callable[[float], str] = tick_text,
) -> str:
    """Ticks below the plot, title below them; labels that would touch their neighbour are left out."""
    values = list(ticks) if ticks is not None else scale.ticks(max(2, int((frame.x1 - frame.x0) / 62)))
    pieces = [tag("line", x1=frame.x0, y1=frame.y0, x2=frame.x1, y2=frame.y0, class_="axis")]
    reach = float("-inf")
    for value in values:
        x = scale(value)
        label = write(value)
        half = width_of(label, TICK_SIZE) / 2
        if grid:
            pieces.append(tag("line", x1=x, y1=frame.y1, x2=x, y2=frame.y0, class_="grid"))
        pieces.append(tag("line", x1=x, y1=frame.y0, x2=x, y2=frame.y0 + 4, class_="axis"))
        if x - half > reach + 5:
            pieces.append(text(label, x, frame.y0 + 17, "tick", "middle"))
            reach = x + half
    pieces.append(text(title, frame.x1, frame.y0 + 35, "axis-title", "end"))
    return tag("g", *pieces)


def y_axis(frame: Frame, scale: Scale, title: str, *, suffix: str = "") -> str:
    """Ticks left of the plot, title above it, flush with the picture's left edge."""
    pieces = []
    for value in scale.ticks(max(2, int((frame.y0 - frame.y1) / 44))):
        y = scale(value)
        pieces.append(tag("line", x1=frame.x0, y1=y, x2=frame.x1, y2=y, class_="grid"))
        pieces.append(text(tick_text(value) + suffix, frame.x0 - 7, y + 4, "tick", "end"))
    pieces.append(text(title, 2, 13, "axis-title"))
    return tag("g", *pieces)


def y_label_room(scale: Scale, height: float, suffix: str = "") -> float:
    """Left margin, px, that the tick labels of a y scale need."""
    labels = [tick_text(value) + suffix for value in scale.ticks(max(2, int(height / 44)))]
    return max((width_of(label, TICK_SIZE) for label in labels), default=0.0) + 12
