"""Curves over a setting that takes few values, such as the batch size: one line per model, named at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.report.svg.axes import name_room, x_axis, y_axis, y_label_room
from setsuden.report.svg.element import Frame, picture, shorten, tag, text
from setsuden.report.svg.labels import spread
from setsuden.report.svg.marks import line, marker, series_class, series_shape, whisker
from setsuden.report.svg.scale import Scale, around, clipped, log

_LABEL_SIZE = 12.0
_DODGE = 2.5


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A value with its interval at one setting; ``ring`` marks it as special (the least energy)."""

    x: float
    y: float
    low: float
    high: float
    tip: str
    ring: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """A named line; ``index`` picks its colour, shape and dash."""

    name: str
    index: int
    points: Sequence[CurvePoint]


def curves(
    series: Sequence[Curve],
    identity: str,
    *,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    width: float = 520,
    height: float = 330,
) -> str:
    """The picture; x is logarithmic with a tick at each value that occurs."""
    xs = sorted({point.x for curve in series for point in curve.points})
    y = around([(p.low, p.y, p.high) for curve in series for p in curve.points], height - 46, 30)
    room = name_room((curve.name for curve in series), width, _LABEL_SIZE)
    frame = Frame(width, height, y_label_room(y, height - 76), room, 30, 46)
    x = log(xs, frame.x0 + 6, frame.x1 - 6, margin=0.0) if len(xs) > 1 else log(xs, frame.x0, frame.x1)
    ends = [y(curve.points[-1].y) for curve in series]
    named = zip(series, spread(ends, _LABEL_SIZE + 3, frame.y1 + 4, frame.y0 - 2), ends, strict=True)
    return picture(
        frame,
        identity,
        title,
        description,
        x_axis(frame, x, x_title, xs),
        y_axis(frame, y, y_title),
        *(_curve(curve, x, y, (place - (len(series) - 1) / 2) * _DODGE) for place, curve in enumerate(series)),
        *(
            tag("path", d=line([(frame.x1 - 1, end), (frame.x1 + 6, place)]), class_="leader")
            + text(
                shorten(curve.name, room - 12, _LABEL_SIZE),
                frame.x1 + 9,
                place + 4,
                f"label {series_class(curve.index)}-text",
            )
            for curve, place, end in named
        ),
    )


def _curve(curve: Curve, x: Scale, y: Scale, aside: float) -> str:
    """The line, moved ``aside`` px so that the intervals of neighbours do not hide each other."""
    colour = series_class(curve.index)
    pieces = [tag("path", d=line([(x(p.x) + aside, y(p.y)) for p in curve.points]), class_=f"line {colour}")]
    for point in curve.points:
        pieces.append(
            whisker(
                x(point.x) + aside,
                clipped(y, point.low),
                x(point.x) + aside,
                clipped(y, point.high),
                f"whisker {colour}",
            )
        )
        if point.ring:
            pieces.append(tag("circle", cx=x(point.x) + aside, cy=y(point.y), r=9, class_=f"ring {colour}"))
        pieces.append(marker(series_shape(curve.index), x(point.x) + aside, y(point.y), 4.5, f"pt {colour}", point.tip))
    return tag("g", *pieces)
