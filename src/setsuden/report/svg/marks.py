"""Marks: points told apart by shape as well as colour, whiskers, lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from setsuden.report.svg.element import escape, number, tag

SHAPES = ("circle", "square", "triangle", "diamond", "down", "plus", "cross")
COLOURS = 8


def series_class(index: int) -> str:
    """Class of the ``index``-th series: eight colours, and a dash pattern from the ninth on."""
    return f"s{index % COLOURS}" + (" dashed" if index >= COLOURS else "")


def series_shape(index: int) -> str:
    """Shape of the ``index``-th series; seven shapes against eight colours give 56 distinct pairs."""
    return SHAPES[index % len(SHAPES)]


def marker(shape: str, x: float, y: float, radius: float, class_: str, tip: str = "") -> str:
    """A point mark; ``tip`` is read out and shown on hover."""
    inner = tag("title", escape(tip)) if tip else ""
    if shape == "circle":
        return tag("circle", inner, cx=x, cy=y, r=radius, class_=class_)
    return tag("path", inner, d=_outline(shape, x, y, radius), class_=class_)


def _outline(shape: str, x: float, y: float, r: float) -> str:
    if shape == "square":
        k = r * 0.89
        return polygon(((x - k, y - k), (x + k, y - k), (x + k, y + k), (x - k, y + k)))
    if shape == "triangle":
        return polygon(((x, y - r * 1.2), (x + r * 1.1, y + r * 0.8), (x - r * 1.1, y + r * 0.8)))
    if shape == "down":
        return polygon(((x, y + r * 1.2), (x + r * 1.1, y - r * 0.8), (x - r * 1.1, y - r * 0.8)))
    if shape == "diamond":
        return polygon(((x, y - r * 1.3), (x + r * 1.3, y), (x, y + r * 1.3), (x - r * 1.3, y)))
    if shape == "star":
        points = [
            (
                x + math.sin(k * math.pi / 5) * r * (1.6 if k % 2 == 0 else 0.72),
                y - math.cos(k * math.pi / 5) * r * (1.6 if k % 2 == 0 else 0.72),
            )
            for k in range(10)
        ]
        return polygon(points)
    a, b = r * 1.2, r * 0.42
    plus = ((-b, -a), (b, -a), (b, -b), (a, -b), (a, b), (b, b), (b, a), (-b, a), (-b, b), (-a, b), (-a, -b), (-b, -b))
    turn = math.pi / 4 if shape == "cross" else 0.0
    cos, sin = math.cos(turn), math.sin(turn)
    return polygon([(x + dx * cos - dy * sin, y + dx * sin + dy * cos) for dx, dy in plus])


def polygon(points: Sequence[tuple[float, float]]) -> str:
    """Path data of a closed polygon."""
    return line(points) + "Z"


def line(points: Sequence[tuple[float, float]]) -> str:
    """Path data of a polyline."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def whisker(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """An interval: a thin line from end to end."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def swatch(shape: str, class_: str) -> str:
    """A legend's little mark; decoration, hidden from screen readers because the words stand beside it."""
    return tag(
        "svg",
        marker(shape, 8, 8, 5, class_),
        width=16,
        height=16,
        viewBox="0 0 16 16",
        aria_hidden="true",
        focusable="false",
        class_="swatch",
    )
