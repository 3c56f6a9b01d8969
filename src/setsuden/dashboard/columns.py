"""Upright columns over time: what each day, week or month took, stacked by what it was spent on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.report.svg.axes import TICK_SIZE, y_axis, y_label_room
from setsuden.report.svg.element import Frame, escape, picture, tag, text, width_of
from setsuden.report.svg.marks import series_class
from setsuden.report.svg.scale import Linear

_BOTTOM, _TOP = 30.0, 30.0


@dataclass(frozen=True, slots=True)
class Upright:
    """One column: its label below, its parts from the bottom (colour index, value), its interval, its words."""

    label: str
    parts: Sequence[tuple[int, float]]
    low: float
    high: float
    tip: str


def columns(
    uprights: Sequence[Upright],
    identity: str,
    *,
    title: str,
    description: str,
    y_title: str,
    width: float = 660,
    height: float = 250,
) -> str:
    """The picture; an interval is drawn as a thin line, labels that would touch their neighbour are left out."""
    most = max((max(bar.high, sum(value for _, value in bar.parts)) for bar in uprights), default=0.0) or 1.0
    y = Linear(0.0, most * 1.05, height - _BOTTOM, _TOP)
    frame = Frame(width, height, y_label_room(y, height - _BOTTOM - _TOP), 8, _TOP, _BOTTOM)
    room = (frame.x1 - frame.x0) / max(1, len(uprights))
    thick = min(64.0, room * 0.72)
    pieces = [y_axis(frame, y, y_title)]
    reach = float("-inf")
    for place, bar in enumerate(uprights):
        middle = frame.x0 + room * (place + 0.5)
        pieces.append(_column(bar, middle, thick, y))
        half = width_of(bar.label, TICK_SIZE) / 2
        at = min(max(middle, half), width - half)
        if at - half > reach + 8:
            pieces.append(text(bar.label, at, frame.y0 + 18, "tick", "middle"))
            reach = at + half
    pieces.append(tag("line", x1=frame.x0, y1=frame.y0, x2=frame.x1, y2=frame.y0, class_="axis"))
    return picture(frame, identity, title, description, *pieces)


def _column(bar: Upright, middle: float, thick: float, y: Linear) -> str:
    pieces, at = [tag("title", escape(bar.tip))], 0.0
    for index, value in bar.parts:
        top, foot = y(at + value), y(at)
        pieces.append(
            tag(
                "rect",
                x=middle - thick / 2,
                y=top,
                width=thick,
                height=max(foot - top, 0.0),
                class_=f"pt {series_class(index)}",
            )
        )
        at += value
    if bar.low < bar.high:
        pieces.append(tag("line", x1=middle, y1=y(bar.low), x2=middle, y2=y(bar.high), class_="reach-line"))
    return tag("g", *pieces)
