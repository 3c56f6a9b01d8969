"""Stacked horizontal bars: what each thing is made of, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.report.svg.axes import x_axis
from setsuden.report.svg.element import Frame, escape, picture, shorten, tag, text, width_of
from setsuden.report.svg.marks import series_class
from setsuden.report.svg.scale import Linear

_SIZE = 12.0
_ROW = 40.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar; ``index`` picks its colour, ``tip`` says it in words."""

    index: int
    value: float
    tip: str


@dataclass(frozen=True, slots=True)
class StackedBar:
    """A named bar from zero, its interval, and what stands at its end."""

    name: str
    pieces: Sequence[Piece]
    note: str
    low: float
    high: float


def stacked_bars(
    bars: Sequence[StackedBar],
    identity: str,
    *,
    title: str,
    description: str,
    x_title: str,
    width: float = 520,
    top: float | None = None,
) -> str:
    """The picture; names stand above their bars. ``top`` fixes the end of the scale, so that two pictures compare."""
    height = _ROW * len(bars) + 62
    notes = max((width_of(bar.note, _SIZE) for bar in bars), default=0.0)
    frame = Frame(width, height, 6, notes + 16, 8, 46)
    most = top if top is not None else scale_end(bars)
    x = Linear(0.0, most or 1.0, frame.x0, frame.x1)
    pieces = [x_axis(frame, x, x_title)]
    for row, bar in enumerate(bars):
        y = frame.y1 + _ROW * row + 17
        pieces.append(text(shorten(bar.name, frame.x1, _SIZE), frame.x0, y - 5, "label strong"))
        start = 0.0
        for piece in bar.pieces:
            left, right = x(min(start, most)), x(min(start + piece.value, most))
            tip = tag("title", escape(piece.tip))
            pieces.append(
                tag(
                    "rect",
                    tip,
                    x=left,
                    y=y,
                    width=max(right - left, 0),
                    height=14,
                    class_=f"pt {series_class(piece.index)}",
                )
            )
            start += piece.value
        ends = [x(min(max(end, 0.0), most)) for end in (bar.low, bar.high)]
        if bar.low < bar.high:
            pieces.append(tag("line", x1=ends[0], y1=y + 7, x2=ends[1], y2=y + 7, class_="reach-line"))
        pieces.append(text(bar.note, x(min(max(start, bar.high), most)) + 7, y + 12, "label"))
    return picture(frame, identity, title, description, *pieces)


def scale_end(bars: Sequence[StackedBar]) -> float:
    """End of a scale that holds all bars and their intervals."""
    return max((max(bar.high, sum(piece.value for piece in bar.pieces)) for bar in bars), default=1.0) * 1.02
