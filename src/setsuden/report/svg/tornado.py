"""A tornado: how far one result moves when one input at a time goes to the ends of its interval, widest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.report.svg.axes import x_axis
from setsuden.report.svg.element import Frame, escape, picture, shorten, tag, text
from setsuden.report.svg.scale import linear

_SIZE = 12.0
_ROW = 38.0
_VISIBLE = 1.5


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
        for end, colour in ((swing.at_low, "s0"), (swing.at_high, "s1")):
            left, right = sorted((x(best), x(end)))
            tip = tag("title", escape(swing.tip))
            pieces.append(tag("rect", tip, x=left, y=y, width=max(right - left, 0.5), height=12, class_=f"pt {colour}"))
        if max(abs(x(end) - x(best)) for end in (swing.at_low, swing.at_high)) < _VISIBLE:
            names.append(text("≈ 0", x(best) + 6, y + 10, "label"))
        # Uprights stand beside the bars only: through a name they would read as struck out.
        if zero and x.low <= 0 <= x.high:
            pieces.append(_upright(x(0), y, "limit"))
        pieces.append(_upright(x(best), y, "axis"))
    return picture(frame, identity, title, description, *pieces, *names)


def _upright(at: float, y: float, kind: str) -> str:
    return tag("line", x1=at, y1=y - 1, x2=at, y2=y + 15, class_=kind)
