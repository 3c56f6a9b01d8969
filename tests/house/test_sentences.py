"""Sentences that stand in the code in English are told in Japanese, and no translation outlives its sentence."""

from __future__ import annotations

import errno
import os
from functools import cache
from pathlib import Path
from typing import get_args

import click
import pytest

from setsuden.language import table
from setsuden.language.sentences import PLACEHOLDER, SENTENCE_END, Room, said, templates
from tests.house.sentences_support import FILLED, SOURCES, opened, raised, written

ROOMS: tuple[Room, ...] = get_args(Room)
CLICK = Path(click.__file__).parent


@cache
def of_the_code() -> frozenset[str]:
    return written(SOURCES.rglob("*.py"))


@cache
def of_others() -> frozenset[str]:
    """What the parser of the command line and the system say."""
    return written(CLICK.rglob("*.py")) | {os.strerror(number) for number in errno.errorcode}


@pytest.mark.parametrize("room", ROOMS)
def test_a_translation_puts_in_what_its_sentence_has(room: Room) -> None:
    different = {
        english
        for english, japanese in table(room, "ja").items()
        if set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(japanese))
    }
    assert different == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_translation_is_not_left_in_english(room: Room) -> None:
    assert {english for english, japanese in table(room, "ja").items() if english == japanese} == set()


_MADE_OF_PARTS = {"Missing argument {name}.", "Missing option {name}.", "File", "Directory", "Path"}
"""Put together by click; tried with real mistakes in tests/cli/test_refusal.py."""


@pytest.mark.parametrize("room", ["errors", "flag_details"])
def test_every_template_is_a_sentence_of_the_code(room: Room) -> None:
    """Otherwise a sentence was changed, and its translation is lost until its template follows."""
    known = of_the_code() | (of_others() if room == "errors" else set())
    unmet = [english for english in table(room, "ja") if opened(english) not in known and english not in _MADE_OF_PARTS]
    general = [template for template in templates(room, "ja") if template.english in unmet]
    tried = [text.replace(FILLED, "a or b or c") for text in known]
    met = {template.english for template in general if any(template.values(text) is not None for text in tried)}
    assert {*unmet} - met == set()


_FOR_PROGRAMMERS = ("testing/", "dashboard/", "team/")


def is_told(text: str) -> bool:
    """Whether each sentence of ``text`` has words; what is put in as a whole is told where it is made."""
    parts = (part.replace(FILLED, "7") for part in SENTENCE_END.split(text))
    whole = text.replace(FILLED, "7")
    return all(said(part, "ja", "errors") for part in parts if part.strip("7. :()")) or bool(
        said(whole, "ja", "errors")
    )


def test_what_an_error_says_is_told_at_every_raise_site() -> None:
    """Add the English sentence and its translation to language/errors.ja.toml."""
    sites = [(place, text) for place, text in raised() if not place.startswith(_FOR_PROGRAMMERS)]
    assert len(sites) > 1000
    assert [f"{place}: {text}" for place, text in sites if not is_told(text)] == []


def test_a_sentence_without_words_would_be_noticed() -> None:
    assert not is_told("must rhyme with {}")
    assert not is_told("must be a list. It must rhyme.")
