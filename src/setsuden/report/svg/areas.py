"""Power over time: components stacked, gaps left open, moments marked above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from setsuden.report.svg.axes import x_axis, y_axis, y_label_room
from setsuden.report.svg.element import Frame, escape, picture, shorten, tag, text, width_of
from setsuden.report.svg.marks import line, polygon, series_class, whisker
from setsuden.report.svg.scale import Linear

_SIZE = 11.0


def areas(
    t_s: Sequence[float],
    layers: Mapping[str, Sequence[float | None]],
    marks: Sequence[tuple[float, str]],
    identity: str,
    *,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    width: float = 720,
    height: float = 300,
) -> str:
    """The picture: ``layers`` in W from bottom to top; where any layer is None, all are left open there."""
    step = max(1, len(t_s) * 2 // int(width))
    kept = range(0, len(t_s), step)
    known = [index for index in kept if all(values[index] is not None for values in layers.values())]
    stacks = _stacked(known, layers)
    top = max((value for stack in stacks for value in stack.values()), default=1.0) or 1.0
    y = Linear(0.0, top * 1.06, height - 46, 46)
    frame = Frame(width, height, y_label_room(y, height - 92), 12, 46, 46)
    x = Linear(min(t_s), max(t_s) if max(t_s) > min(t_s) else min(t_s) + 1, frame.x0, frame.x1)
    pieces = [y_axis(frame, y, y_title), x_axis(frame, x, x_title, grid=False), _marks(marks, frame, x)]
    for number, (lower, upper) in enumerate(zip([dict.fromkeys(known, 0.0), *stacks], stacks, strict=False)):
        for run in _runs(known, step):
            over = [(x(t_s[index]), y(upper[index])) for index in run]
            under = [(x(t_s[index]), y(lower[index])) for index in reversed(run)]
            pieces.append(tag("path", d=polygon(over + under), class_=f"area {series_class(number)}"))
            pieces.append(tag("path", d=line(over), class_=f"line thin {series_class(number)}"))
    return picture(frame, identity, title, description, *pieces)


def _stacked(known: Sequence[int], layers: Mapping[str, Sequence[float | None]]) -> list[dict[int, float]]:
    """Upper edge of each layer by index."""
    edge = dict.fromkeys(known, 0.0)
    stacks = []
    for values in layers.values():
        edge = {index: edge[index] + (values[index] or 0.0) for index in known}
        stacks.append(edge)
    return stacks


def _runs(known: Sequence[int], step: int) -> list[list[int]]:
    """Stretches without a gap."""
    grouped = groupby(enumerate(known), key=lambda pair: pair[1] - pair[0] * step)
    return [[index for _, index in run] for _, run in grouped]


def _marks(marks: Sequence[tuple[float, str]], frame: Frame, x: Linear) -> str:
    """A line at every mark, its name above where it fits before the next name."""
    pieces = []
    reach = float("-inf")
    for moment, name in sorted(marks):
        if not x.low <= moment <= x.high:
            continue
        at = x(moment)
        pieces.append(tag("g", tag("title", escape(name)), whisker(at, frame.y1 - 8, at, frame.y0, "mark")))
        label = shorten(name, 110, _SIZE)
        if at + 3 >= reach and at + 3 + width_of(label, _SIZE) <= frame.x1 + 4:
            pieces.append(text(label, at + 3, frame.y1 - 3, "mark-label"))
            reach = at + 3 + width_of(label, _SIZE) + 8
    return tag("g", *pieces)
