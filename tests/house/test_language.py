"""Every message exists in both languages with the same placeholders."""

from __future__ import annotations

import string

import pytest

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
