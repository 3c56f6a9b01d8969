"""Accuracy against energy: options with intervals, the front, and the region that meets the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from setsuden.report.svg.axes import x_axis, y_axis, y_label_room
from setsuden.report.svg.element import Frame, picture, tag, text
from setsuden.report.svg.labels import Anchor, Box, place
from setsuden.report.svg.marks import line, marker, whisker
from setsuden.report.svg.scale import Scale, Stretched, around, clipped, shares

Kind = Literal["recommended", "front", "feasible", "missed"]
SHAPE: dict[Kind, str] = {"recommended": "star", "front": "circle", "feasible": "square", "missed": "cross"}
_RADIUS: dict[Kind, float] = {"recommended": 8, "front": 5.5, "feasible": 5, "missed": 4.5}
_LABEL_CLASS: dict[Kind, str] = {
    "recommended": "label strong",
    "front": "label",
    "feasible": "label",
    "missed": "label faint",
}
_LABEL_SIZE = 12.0


@dataclass(frozen=True, slots=True)
class Point:
    """One option: energy along x, accuracy in per cent along y, each with its interval."""

    label: str
    x: float
    x_low: float
    x_high: float
    y: float
    y_low: float
    y_high: float
    kind: Kind
    on_front: bool
    tip: str


@dataclass(frozen=True, slots=True)
class Texts:
    """Words on the picture."""

    title: str
    description: str
    x_title: str
    y_title: str
    y_title_stretched: str


def pareto(
    points: Sequence[Point],
    texts: Texts,
    identity: str,
    *,
    width: float = 720,
    height: float = 400,
    floor: float | None = None,
    budget: float | None = None,
    label_all: bool = True,
) -> str:
    """The picture. ``floor`` (per cent) and ``budget`` (unit of x) bound the region that meets the
    limits; without ``label_all`` only options that meet them or are on the front are named.
    """
    marks = [(point.y_low, point.y, point.y_high) for point in points]
    y = shares(marks + ([(floor, floor, floor)] if floor is not None else []), height - 46, 30)
    frame = Frame(width, height, y_label_room(y, height - 76, " %"), 14, 30, 46)
    spans = [(point.x_low, point.x, point.x_high) for point in points]
    x = around(spans + ([(budget, budget, budget)] if budget is not None else []), frame.x0, frame.x1)
    region = _region(frame, x(budget) if budget is not None else None, y, floor)
    front = sorted(((point.x, point.y) for point in points if point.on_front), key=lambda xy: xy[0])
    anchors = [
        Anchor(x(point.x), y(point.y), point.label, _LABEL_CLASS[point.kind], required=point.kind == "recommended")
        for point in sorted(points, key=lambda p: (p.kind != "recommended", not p.on_front, p.kind == "missed", -p.y))
        if label_all or point.on_front or point.kind != "missed"
    ]
    chosen = [point for point in points if point.kind == "recommended"]
    own = [Box(clipped(x, p.x_low), y(p.y) - 1, clipped(x, p.x_high), y(p.y) + 1) for p in chosen]
    labels = place(anchors, frame, _LABEL_SIZE, [*own, *_lines(frame, x, y, floor, front)])
    return picture(
        frame,
        identity,
        texts.title,
        texts.description,
        region,
        x_axis(frame, x, texts.x_title),
        y_axis(frame, y, texts.y_title_stretched if isinstance(y, Stretched) else texts.y_title, suffix=" %"),
        _staircase(front, frame, x, y),
        *(_whiskers(point, x, y) for point in points),
        *(
            marker(SHAPE[p.kind], x(p.x), y(p.y), _RADIUS[p.kind], f"pt {p.kind}", p.tip)
            for p in sorted(points, key=lambda p: (p.kind == "recommended", p.on_front))
        ),
        *(text(label.anchor.text, label.x, label.y, label.anchor.class_, label.align) for label in labels),
    )


def _region(frame: Frame, budget_x: float | None, y: Scale, floor: float | None) -> str:
    """Where the limits on accuracy and energy hold, and the lines that bound it."""
    if floor is None and budget_x is None:
        return ""
    bottom = y(floor) if floor is not None else frame.y0
    right = min(budget_x, frame.x1) if budget_x is not None else frame.x1
    pieces = [tag("rect", x=frame.x0, y=frame.y1, width=right - frame.x0, height=bottom - frame.y1, class_="region")]
    if floor is not None:
        pieces.append(whisker(frame.x0, bottom, frame.x1, bottom, "limit"))
    if budget_x is not None:
        pieces.append(whisker(right, frame.y1, right, frame.y0, "limit"))
    return tag("g", *pieces)


def _lines(frame: Frame, x: Scale, y: Scale, floor: float | None, front: Sequence[tuple[float, float]]) -> list[Box]:
    """What labels should keep clear of: the floor, and the steps of the front."""
    boxes = []
    if floor is not None:
        level = y(floor)
        boxes.append(Box(frame.x0, level - 1, frame.x1, level + 1))
    for (left, bottom), (right, top) in pairwise(front):
        boxes.append(Box(x(left), y(bottom) - 1, x(right), y(bottom) + 1))
        boxes.append(Box(x(right) - 1, y(top), x(right) + 1, y(bottom)))
    if front:
        (first, low), (last, high) = front[0], front[-1]
        boxes.append(Box(x(first) - 1, y(low), x(first) + 1, frame.y0))
        boxes.append(Box(x(last), y(high) - 1, frame.x1, y(high) + 1))
    return boxes


def _staircase(front: Sequence[tuple[float, float]], frame: Frame, x: Scale, y: Scale) -> str:
    """From each front option, what it costs to do better: right, then up."""
    if not front:
        return ""
    steps = [(x(front[0][0]), frame.y0)]
    for index, (energy, accuracy) in enumerate(front):
        if index:
            steps.append((x(energy), steps[-1][1]))
        steps.append((x(energy), y(accuracy)))
    steps.append((frame.x1, steps[-1][1]))
    return tag("path", d=line(steps), class_="front-line")


def _whiskers(point: Point, x: Scale, y: Scale) -> str:
    class_ = f"whisker {point.kind}"
    return whisker(clipped(x, point.x_low), y(point.y), clipped(x, point.x_high), y(point.y), class_) + whisker(
        x(point.x), clipped(y, point.y_low), x(point.x), clipped(y, point.y_high), class_
    )
