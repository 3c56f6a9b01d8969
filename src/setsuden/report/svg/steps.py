"""Lines over what counts up, such as rounds or joules: one line each, named at its end, with a level to reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.report.svg.axes import name_room, x_axis, y_axis, y_label_room
from setsuden.report.svg.element import Frame, picture, shorten, tag, text
from setsuden.report.svg.labels import spread
from setsuden.report.svg.marks import line, marker, series_class, series_shape
from setsuden.report.svg.scale import fitting, linear

_SIZE = 12.0


@dataclass(frozen=True, slots=True)
class Track:
    """A named line; ``index`` picks its colour. points: (x, y, what a hover says)."""

    name: str
    index: int
    points: Sequence[tuple[float, float, str]]


def steps(
    tracks: Sequence[Track],
    identity: str,
    *,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    level: float | None = None,
    level_text: str = "",
    decades: bool = False,
    width: float = 520,
    height: float = 330,
) -> str:
    """The picture; the y axis is logarithmic where the values span decades. Tracks have a point or more each.

    decades   the x axis, too, is logarithmic where it spans decades, and need not start at nothing
    """
    values = [y for track in tracks for _, y, _ in track.points] + ([] if level is None else [level])
    last = max(x for track in tracks for x, _, _ in track.points)
    y = fitting(values, height - 46, 30)
    room = name_room((track.name for track in tracks), width, _SIZE)
    frame = Frame(width, height, y_label_room(y, height - 76), room, 30, 46)
    if decades:
        x = fitting([at for track in tracks for at, _, _ in track.points], frame.x0, frame.x1)
    else:
        x = linear([0.0, last], frame.x0, frame.x1, margin=0.0)
    pieces = [x_axis(frame, x, x_title), y_axis(frame, y, y_title)]
    if level is not None:
        pieces.append(tag("line", x1=frame.x0, y1=y(level), x2=frame.x1, y2=y(level), class_="limit"))
        pieces.append(text(level_text, frame.x0 + 6, y(level) - 5, "mark-label"))
    ends = [y(track.points[-1][1]) for track in tracks]
    for track, place, end in zip(tracks, spread(ends, _SIZE + 3, frame.y1 + 4, frame.y0 - 2), ends, strict=True):
        colour, at = series_class(track.index), [(x(step), y(value)) for step, value, _ in track.points]
        tip = track.points[-1][2]
        pieces.append(tag("path", d=line(at), class_=f"line {colour}"))
        pieces.append(marker(series_shape(track.index), *at[-1], 4, f"pt {colour}", tip))
        pieces.append(tag("path", d=line([(at[-1][0] + 4, end), (frame.x1 + 6, place)]), class_="leader"))
        name = shorten(track.name, room - 12, _SIZE)
        pieces.append(text(name, frame.x1 + 9, place + 4, f"label {colour}-text"))
    return picture(frame, identity, title, description, *pieces)
