"""Sentences that stand in the code in English are told in Japanese, and no translation outlives its sentence."""

from __future__ import annotations

import errno
import json
import os
import re
from functools import cache
from inspect import getfile
from pathlib import Path
from typing import get_args

import click
import pytest
import yaml

from setsuden.language import table
from setsuden.language.sentences import PLACEHOLDER, SENTENCE_END, Room, said, templates
from tests.house.sentences_support import FILLED, SOURCES, opened, raised, written

ROOMS: tuple[Room, ...] = get_args(Room)
THEIRS = [Path(getfile(module)).parent for module in (click, yaml, json)]


@cache
def of_the_code() -> frozenset[str]:
    return written(SOURCES.rglob("*.py"))


@cache
def of_others() -> frozenset[str]:
    """What the parsers of the command line and of YAML and the system say."""
    theirs = written(path for folder in THEIRS for path in folder.rglob("*.py"))
    return theirs | {os.strerror(number) for number in errno.errorcode}


_LEFT_OUT = {"plural", "errno", "char"}  # an English ending; numbers that the words beside them say better


@pytest.mark.parametrize("room", ROOMS)
def test_a_translation_puts_in_what_its_sentence_has(room: Room) -> None:
    different = {
        english
        for english, japanese in table(room, "ja").items()
        if set(PLACEHOLDER.findall(english)) - _LEFT_OUT != set(PLACEHOLDER.findall(japanese)) - _LEFT_OUT
    }
    assert different == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_translation_is_not_left_in_english(room: Room) -> None:
    assert {english for english, japanese in table(room, "ja").items() if english == japanese} == set()


_MADE_OF_PARTS = {
    "Missing argument {name}.",
    "Missing option {name}.",
    "Usage: {command} [OPTIONS]",
    "Usage: {command} [OPTIONS] {rest}",
    "Choose from:",
    "{names} and {number} more",
    "Invalid value for {name} (env var: {variable}): {message}",
    "File",
    "Directory",
    "Path",
    "x>={low}",
    "x>{low}",
    "{low}<=x<={high}",
    "{low}<x<={high}",
    "'<stream end>'",
    "[Errno {errno}] {reason}",
    "[Errno {errno}] {reason}: {path}",
    "No module named {name}",
    "at least {least} and below {most}",
    "above {least} and below {most}",
    "at least {least} and above {more}",
    "{problem}: line {line} column {column} (char {char})",
}
"""Put together by click, by the parsers of YAML and JSON and by Python; tried in tests/cli/test_refusal.py."""


@pytest.mark.parametrize("room", ["errors", "flag_details", "places"])
def test_every_template_is_a_sentence_of_the_code(room: Room) -> None:
    """Otherwise a sentence was changed, and its translation is lost until its template follows."""
    known = of_the_code() | (of_others() if room == "errors" else set())
    unmet = [english for english in table(room, "ja") if opened(english) not in known and english not in _MADE_OF_PARTS]
    general = [template for template in templates(room, "ja") if template.english in unmet]
    tried = [text.replace(FILLED, "a or b or c") for text in known]
    met = {template.english for template in general if any(template.values(text) is not None for text in tried)}
    assert {*unmet} - met == set()


_FOR_PROGRAMMERS = ("testing/",)


def is_told(text: str) -> bool:
    """Whether each sentence of ``text`` has words, with a number or words put in; what is put before it has its own."""
    return any(
        _has_words(shown.replace(FILLED, filling))
        for shown in (text.strip(), text.removeprefix(FILLED).strip())
        for filling in ("7", "a finite number", "--x")
    )


def _has_words(text: str) -> bool:
    parts = [part for part in SENTENCE_END.split(text) if part.strip("7. :()")]
    return all(said(part, "ja", "errors") for part in parts) or said(text, "ja", "errors") is not None


def test_what_an_error_says_is_told_at_every_raise_site() -> None:
    """Add the English sentence and its translation to language/errors.ja.toml."""
    sites = [(place, text) for place, text in raised() if not place.startswith(_FOR_PROGRAMMERS)]
    assert len(sites) > 1000
    assert [f"{place}: {text}" for place, text in sites if not is_told(text)] == []


def test_what_is_told_leaves_no_part_of_its_sentence_in_english() -> None:
    """A template such as ``Use {values}.`` takes a whole clause for a list; such a clause needs words of its own."""
    texts = {text.replace(FILLED, "7") for place, text in raised() if not place.startswith(_FOR_PROGRAMMERS)}
    told_texts = {text: said(text.strip(), "ja", "errors") or "" for text in texts}
    english = re.compile(r"\b(or|the|of|is|it|that|which)\b")
    assert {text: told for text, told in told_texts.items() if english.search(re.sub(r"`[^`]*`", "", told))} == {}


def test_a_sentence_without_words_would_be_noticed() -> None:
    assert not is_told("must rhyme with {}")
    assert not is_told("must be a list. It must rhyme.")
