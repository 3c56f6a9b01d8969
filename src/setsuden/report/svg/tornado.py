"""A tornado: how far one result moves when one input at a time goes to the ends of its interval, widest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.report.svg.axes import x_axis
from setsuden.report.svg.element import Frame, escape, picture, shorten, tag, text
from setsuden.report.svg.scale import linear

_SIZE = 12.0
_ROW = 38.0


@dataclass(frozen=True, slots=True)
class Swing:
    """One input: the result with it at its low and at its high end."""

    name: str
    at_low: float
    at_high: float
    tip: str


def tornado_chart(
    swings: Sequence[Swing],
    best: float,
    identity: str,
    *,
    title: str,
    description: str,
    x_title: str,
    width: float = 520,
    zero: bool = True,
) -> str:
    """The picture; the upright line stands at the best figure, and ``zero`` keeps zero in sight."""
    height = _ROW * len(swings) + 56
    frame = Frame(width, height, 8, 10, 8, 46)
    ends = [best, *(end for swing in swings for end in (swing.at_low, swing.at_high)), *([0.0] if zero else [])]
    x = linear(ends, frame.x0, frame.x1, margin=0.04)
    pieces, names = [x_axis(frame, x, x_title)], []
    for row, swing in enumerate(swings):
        y = frame.y1 + _ROW * row + 16
        names.append(text(shorten(swing.name, frame.x1 - frame.x0, _SIZE), frame.x0, y - 4, "label"))
        for end, colour in ((swing.at_low, "s5"), (swing.at_high, "s1")):
            left, right = sorted((x(best), x(end)))
            tip = tag("title", escape(swing.tip))
            pieces.append(tag("rect", tip, x=left, y=y, width=max(right - left, 0.5), height=12, class_=f"pt {colour}"))
    if zero and x.low <= 0 <= x.high:
        pieces.append(tag("line", x1=x(0), y1=frame.y1, x2=x(0), y2=frame.y0, class_="limit"))
    pieces.append(tag("line", x1=x(best), y1=frame.y1, x2=x(best), y2=frame.y0, class_="axis"))
    return picture(frame, identity, title, description, *pieces, *names)
