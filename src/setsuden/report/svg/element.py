"""SVG text from plain data: one function for an element, one for the whole picture; everything is escaped."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

# Rough advance widths in em: enough to keep labels apart without shipping a font.
_NARROW = frozenset("iljtfrI.,:;'|!()[] ·")
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LATIN_EM, _NARROW_EM, _WIDE_EM = 0.63, 0.36, 1.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture and the plot inside it, px; ``left``, ``right``, ``top``, ``bottom`` are margins."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float

    @property
    def x0(self) -> float:
        """Left edge of the plot."""
        return self.left

    @property
    def x1(self) -> float:
        """Right edge of the plot."""
        return self.width - self.right

    @property
    def y0(self) -> float:
        """Lower edge of the plot (the larger y)."""
        return self.height - self.bottom

    @property
    def y1(self) -> float:
        """Upper edge of the plot."""
        return self.top


def escape(text: str) -> str:
    """Text safe in markup and attributes; control characters, which XML forbids, are dropped."""
    return html.escape(_FORBIDDEN.sub("", text), quote=True)


def tag(name: str, *children: str, **attributes: str | float | None) -> str:
    """An element. Children are markup; attribute values are escaped, ``class_`` is ``class``, None leaves one out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{number(value) if not isinstance(value, str) else escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def text(content: str, x: float, y: float, class_: str | None = None, anchor: str | None = None) -> str:
    """A line of text with its baseline at (x, y)."""
    return tag("text", escape(content), x=x, y=y, class_=class_, text_anchor=anchor)


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    return (
        f"{value:.1f}".removesuffix(".0").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")
    )


def width_of(content: str, size: float) -> float:
    """Estimated width of ``content`` in px at a font size of ``size`` px."""
    total = 0.0
    for mark in content:
        if unicodedata.east_asian_width(mark) in "WF":
            total += _WIDE_EM
        else:
            total += _NARROW_EM if mark in _NARROW else _LATIN_EM
    return total * size


def shorten(content: str, room: float, size: float) -> str:
    """``content``, cut with an ellipsis where its estimated width exceeds ``room`` px."""
    if width_of(content, size) <= room:
        return content
    while content and width_of(content + "…", size) > room:
        content = content[:-1]
    return content.rstrip() + "…"


def picture(frame: Frame, identity: str, title: str, description: str, *children: str) -> str:
    """A whole ``<svg>``, with title and description for those who cannot see it."""
    return tag(
        "svg",
        tag("title", escape(title), id=f"{identity}-title"),
        tag("desc", escape(description), id=f"{identity}-desc"),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(frame.width)} {number(frame.height)}",
        width=frame.width,
        height=frame.height,
        role="img",
        class_="chart",
        aria_labelledby=f"{identity}-title",
        aria_describedby=f"{identity}-desc",
    )
