"""Messages in English and Japanese, by key: one table per room and language, ``ROOM.en.toml`` and ``ROOM.ja.toml``.

Keys and placeholders are the same in both; a test holds them together. Only words are translated, never values.
What stands in the code in English, such as errors and the help of options, is told by ``sentences``.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

from setsuden.errors import InputError

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Messages:
    """The messages of one room in one language; ``say("key", name=value)`` fills the placeholders."""

    def __init__(self, room: str, language: Language) -> None:
        self.language = language
        self._table = table(room, language)

    def say(self, key: str, **values: object) -> str:
        """The message of ``key``; KeyError for a key that does not exist, which is a programming error."""
        return self._table[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self._table


@lru_cache(maxsize=32)
def table(room: str, language: Language) -> dict[str, str]:
    """All messages of a room, flattened to dotted keys."""
    if language not in LANGUAGES:
        raise InputError("unknown language", value=language, remedy=f"Use one of: {', '.join(LANGUAGES)}.")
    text = (files(__name__) / f"{room}.{language}.toml").read_text(encoding="utf-8")
    return dict(_flatten("", tomllib.loads(text)))


def rooms() -> list[str]:
    """Rooms that have messages by key; those of ``sentences`` have English templates instead, and no English table."""
    end = ".en.toml"
    return sorted(entry.name.removesuffix(end) for entry in files(__name__).iterdir() if entry.name.endswith(end))


def _flatten(prefix: str, node: dict[str, object]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in node.items():
        if isinstance(value, dict):
            rows += _flatten(f"{prefix}{key}.", value)
        else:
            rows.append((prefix + key, str(value)))
    return rows
