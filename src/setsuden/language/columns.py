"""Plain text in columns for terminals, where a Japanese character is two cells wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """Terminal cells that ``text`` takes: wide and full-width characters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(mark) else 2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text
    )


def pad(text: str, cells: int, *, right: bool = False) -> str:
    """``text`` filled with blanks to ``cells``; on the left when ``right``-aligned."""
    fill = " " * max(0, cells - width(text))
    return fill + text if right else text + fill


def cut(text: str, cells: int) -> str:
    """``text`` cut to ``cells`` with an ellipsis where it is longer."""
    if width(text) <= cells:
        return text
    kept = ""
    for mark in text:
        if width(kept + mark) > cells - 1:
            break
        kept += mark
    return kept + "…"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, gap: int = 2) -> list[str]:
    """Aligned lines, the first ``left`` columns flush left and the others flush right; no line ends in blanks."""
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(width, column)) for column in columns]
    return [
        (" " * gap)
        .join(
            pad(cell, cells, right=index >= left) for index, (cell, cells) in enumerate(zip(row, widths, strict=True))
        )
        .rstrip()
        for row in (head, *rows)
    ]


def stacked(head: Sequence[str], rows: Sequence[Sequence[str]], *, gap: int = 2) -> list[str]:
    """The same without columns, for terminals too narrow for them: the first cell, below it the others by name."""
    lines: list[str] = []
    for first, *others in rows:
        lines.append(first)
        lines += [f"{' ' * gap}{name}: {cell}" for name, cell in zip(head[1:], others, strict=True) if cell]
    return lines


def wrap(text: str, cells: int, *, indent: str = "") -> list[str]:
    """``text`` in lines of at most ``cells``; breaks at blanks, and between wide characters where there is none.

    A line never begins with a closing mark such as ``。`` or ``）``, nor ends with an opening one.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        start = indent if lines else ""
        if line and width(start + line + piece.rstrip()) > cells:
            lines.append(start + line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    if line.strip():
        lines.append((indent if lines else "") + line.rstrip())
    return lines


_CLOSING = "。、）」』】：；！？,.:;!?)]%"
_OPENING = "（「『【(["


def _pieces(text: str) -> list[str]:
    """Unbreakable pieces: words with the blanks after them, or single wide characters with the marks about them."""
    pieces: list[str] = []
    for mark in text:
        wide = unicodedata.east_asian_width(mark) in "WF"
        glue = pieces and (
            mark in _CLOSING
            or mark == " "
            or pieces[-1][-1] in _OPENING
            or (not wide and not pieces[-1].endswith(" ") and unicodedata.east_asian_width(pieces[-1][-1]) not in "WF")
        )
        if glue:
            pieces[-1] += mark
        else:
            pieces.append(mark)
    return pieces
