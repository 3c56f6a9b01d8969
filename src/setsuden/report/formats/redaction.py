"""Host, user and folder names taken out of free text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SHORTEST_NAME = 3
"""Shorter host or user names would hit ordinary words."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """Pattern and mark, in the order they are applied."""

    marks: tuple[tuple[str, str], ...] = ()

    def clean(self, text: str) -> str:
        """The text with every name replaced by its mark."""
        for pattern, mark in self.marks:
            text = re.sub(pattern, mark, text)
        return text


def redaction_of(identity: Mapping[str, Any], *, keep: bool = False) -> Redaction:
    """What to take out of a run's texts; ``keep`` takes out nothing.

    identity   host, user and folder of the run
    """
    if keep:
        return Redaction()
    marks: list[tuple[str, str]] = []
    folders = [str(folder) for folder in (identity.get("folder"), Path.home()) if folder]
    marks += [(re.escape(folder), "~") for folder in folders if len(folder) > 1]
    names = [(str(identity.get(key) or ""), mark) for key, mark in (("host", "HOST"), ("user", "USER"))]
    marks += [(rf"(?<!\w){re.escape(name)}(?!\w)", mark) for name, mark in names if len(name) >= _SHORTEST_NAME]
    # What is left of any absolute path: its last part.
    marks.append((r"(?<![\w:/])(?:~|[A-Za-z]:)?(?:[/\\][\w.@+-]+)+[/\\]([\w.@+-]+)", r"\1"))
    return Redaction(tuple(marks))
