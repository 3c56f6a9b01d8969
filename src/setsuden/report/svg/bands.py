"""Lines with bands over a running quantity, both axes logarithmic: where two costs cross."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from setsuden.report.svg.axes import name_room, x_axis, y_axis, y_label_room
from setsuden.report.svg.element import Frame, escape, picture, shorten, tag, text
from setsuden.report.svg.labels import spread
from setsuden.report.svg.marks import line, polygon, series_class
from setsuden.report.svg.scale import Scale, clipped, log, tick_text

_SIZE = 12.0


@dataclass(frozen=True, slots=True)
class Band:
    """A named line with its interval; ``index`` picks its colour, all sequences have one figure per x."""

    name: str
    index: int
    values: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where two lines meet, with what it is called."""

    x: float
    y: float
    text: str


def bands(
    xs: Sequence[float],
    series: Sequence[Band],
    identity: str,
    *,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    here: float | None = None,
    here_text: str = "",
    crossings: Sequence[Crossing] = (),
    width: float = 520,
    height: float = 330,
    tick: Callable[[float], str] = tick_text,
) -> str:
    """The picture; ``here`` marks the reader's own case by an upright line, ``tick`` writes the labels of x."""
    values = [value for band in series for value in band.values if value > 0]
    y = log(values, height - 46, 30)
    room = name_room((band.name for band in series), width, _SIZE)
    frame = Frame(width, height, y_label_room(y, height - 76), room, 30, 46)
    x = log(xs, frame.x0, frame.x1, margin=0.0)
    pieces = [x_axis(frame, x, x_title, write=tick), y_axis(frame, y, y_title)]
    if here is not None and xs[0] <= here <= xs[-1]:
        pieces.append(tag("line", x1=x(here), y1=frame.y1, x2=x(here), y2=frame.y0, class_="limit"))
        pieces.append(text(here_text, x(here) + 4, frame.y1 + 11, "mark-label"))
    pieces += [_band(band, xs, x, y) for band in series]
    ends = [clipped(y, band.values[-1]) for band in series]
    for band, place, end in zip(series, spread(ends, _SIZE + 3, frame.y1 + 4, frame.y0 - 2), ends, strict=True):
        pieces.append(tag("path", d=line([(frame.x1 - 1, end), (frame.x1 + 6, place)]), class_="leader"))
        name = shorten(band.name, room - 12, _SIZE)
        pieces.append(text(name, frame.x1 + 9, place + 4, f"label {series_class(band.index)}-text"))
    for point in crossings:
        if xs[0] <= point.x <= xs[-1] and y.low <= point.y <= y.high:
            tip = tag("title", escape(point.text))
            pieces.append(tag("circle", tip, cx=x(point.x), cy=y(point.y), r=5, class_="pt front"))
            anchor = "end" if x(point.x) > (frame.x0 + frame.x1) / 2 else "start"
            shift = -9 if anchor == "end" else 9
            pieces.append(text(point.text, x(point.x) + shift, y(point.y) - 8, "label strong", anchor))
    return picture(frame, identity, title, description, *pieces)


def _band(band: Band, xs: Sequence[float], x: Scale, y: Scale) -> str:
    colour = series_class(band.index)
    over = [(x(at), clipped(y, value)) for at, value in zip(xs, band.highs, strict=True)]
    under = [(x(at), clipped(y, value)) for at, value in zip(xs, band.lows, strict=True)]
    middle = [(x(at), clipped(y, value)) for at, value in zip(xs, band.values, strict=True)]
    return tag(
        "g",
        tag("path", d=polygon([*over, *reversed(under)]), class_=f"area band {colour}"),
        tag("path", d=line(middle), class_=f"line {colour}"),
    )
