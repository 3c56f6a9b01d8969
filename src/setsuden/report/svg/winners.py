"""A map of who wins over two quantities, pale where it is too close to call."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.report.svg.axes import x_axis, y_axis, y_label_room
from setsuden.report.svg.element import Frame, escape, picture, tag
from setsuden.report.svg.marks import series_class, whisker
from setsuden.report.svg.scale import log


def winners(
    xs: Sequence[float],
    ys: Sequence[float],
    winner: Sequence[Sequence[int]],
    close: Sequence[Sequence[bool]],
    names: Sequence[str],
    identity: str,
    *,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    here: tuple[float, float] | None = None,
    width: float = 520,
    height: float = 330,
) -> str:
    """The picture; ``winner[j][i]`` indexes ``names`` at ys[j] and xs[i], -1 leaves the cell empty."""
    y = log(ys, height - 46, 30, margin=0.5 / (len(ys) - 1))
    frame = Frame(width, height, y_label_room(y, height - 76), 10, 30, 46)
    x = log(xs, frame.x0, frame.x1, margin=0.5 / (len(xs) - 1))
    wide = (frame.x1 - frame.x0) / len(xs)
    tall = (frame.y0 - frame.y1) / len(ys)
    cells = []
    for j, row in enumerate(winner):
        i = 0
        while i < len(row):
            end = i  # neighbours that look alike are one rectangle
            while end + 1 < len(row) and (row[end + 1], close[j][end + 1]) == (row[i], close[j][i]):
                end += 1
            if row[i] >= 0:
                tip = tag("title", escape(names[row[i]]))
                left, top = frame.x0 + i * wide, frame.y0 - (j + 1) * tall
                paleness = "cell pale" if close[j][i] else "cell"
                cells.append(
                    tag("rect", tip, x=left, y=top, width=wide * (end - i + 1) + 0.4, height=tall + 0.4,
                        class_=f"{paleness} {series_class(row[i])}")
                )  # fmt: skip
            i = end + 1
    pieces = [tag("g", *cells), x_axis(frame, x, x_title, grid=False), y_axis(frame, y, y_title)]
    if here is not None and x.low <= here[0] <= x.high and y.low <= here[1] <= y.high:
        px, py = x(here[0]), y(here[1])
        pieces += [
            whisker(px - 8, py, px + 8, py, layer) + whisker(px, py - 8, px, py + 8, layer)
            for layer in ("cross-under", "cross")
        ]
    return picture(frame, identity, title, description, *pieces)
