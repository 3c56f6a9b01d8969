"""Every message exists in both languages with the same placeholders."""

from __future__ import annotations

import ast
import re
import string
from functools import lru_cache
from pathlib import Path

import pytest

import setsuden
from setsuden.errors import InputError
from setsuden.language import LANGUAGES, Messages, rooms, table


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("room", rooms())
def test_both_languages_have_the_same_keys_and_placeholders(room: str) -> None:
    english, japanese = (table(room, language) for language in LANGUAGES)
    assert set(english) == set(japanese)
    different = {key for key in english if placeholders(english[key]) != placeholders(japanese[key])}
    assert different == set()


@pytest.mark.parametrize("room", rooms())
def test_japanese_messages_are_not_left_in_english(room: str) -> None:
    english, japanese = (table(room, language) for language in LANGUAGES)
    left = {key for key in english if len(english[key].split()) > 3 and english[key] == japanese[key]}
    assert left == set()


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="Use one of: en, ja"):
        Messages(rooms()[0], "fr")  # type: ignore[arg-type]


SOURCES = Path(setsuden.__file__).parent
BY_GROUP = ("known", "explained", "_called")  # functions that take a group of messages and a code in it


def shape(node: ast.AST) -> str | None:
    """A text that is put together, as a pattern; None for one whose beginning is not written out."""
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in node.values]
    elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
        parts = [re.escape(str(node.left.value)), ".+"]
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in BY_GROUP:
        parts = [f"{node.args[0].value}[.].+"] if isinstance(node.args[0], ast.Constant) else [".+"]
    else:
        return None
    return "".join(parts) if re.match(r"\w{3,}", parts[0]) else None


@lru_cache(maxsize=1)
def written_keys() -> tuple[frozenset[str], re.Pattern[str]]:
    """Texts that stand in the code and its page templates, and the shapes of those that are put together there."""
    whole: set[str] = set()
    shapes: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif found := shape(node):
                shapes.add(found)
    for path in SOURCES.rglob("*.jinja"):
        whole |= set(re.findall(r"\bt\(['\"]([\w.]+)['\"]", path.read_text(encoding="utf-8")))
    return frozenset(whole), re.compile("|".join(sorted(shapes)))


@pytest.mark.parametrize("room", rooms())
def test_every_message_is_asked_for_somewhere_in_full_or_by_its_beginning(room: str) -> None:
    whole, shapes = written_keys()
    assert {key for key in table(room, "en") if key not in whole and not shapes.fullmatch(key)} == set()


@pytest.mark.parametrize("key", ["zzz", "zzz.unused", "verdicts"])
def test_a_message_that_nobody_asks_for_would_be_noticed(key: str) -> None:
    whole, shapes = written_keys()
    assert key not in whole
    assert not shapes.fullmatch(key)
