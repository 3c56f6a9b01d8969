"""Names and sources of looked-up figures in the reader's language.

Facts carry their English names through ledgers and documents; only what is shown is put into words here. What has no
words, such as the title of a paper or the name of a product, stays as it is.
"""

from __future__ import annotations

import re
from functools import cache

from setsuden.language import Language, Messages, table

_NAMES = {
    "unnamed": re.compile(r"unnamed (?P<name>.+)"),
    "servers": re.compile(r"servers since (?P<year>\d+)"),
    "editions": re.compile(r"(?P<count>\d+) editions of (?P<name>.+)"),
    "hour": re.compile(r"(?P<hour>\d\d) h"),
    "month": re.compile(r"month (?P<month>\d+)"),
    "peak": re.compile(r"peak (?P<precision>\w+) rate"),
    "published": re.compile(r"network as charged by (?P<name>.+)"),
}
_CHANNELS = {
    "corrected": re.compile(r"(?P<label>.+), corrected"),
    "modelled": re.compile(r"(?P<part>.+), modelled \((?P<name>.+)\)"),
}
_SOURCES = {
    "default": re.compile(r"setsuden defaults for uncertainty, each with its basis: (?P<basis>.+)"),
    "error": re.compile(r"(?P<source>.+); error: (?P<error>.+)"),
    "cores": re.compile(r"(?P<count>\d+) cores"),
    "cores_of": re.compile(r"(?P<count>\d+) cores of (?P<all>\d+)"),
    "by_core": re.compile(r"median and 5-95 % of the cores of (?P<count>\d+) catalogue rows \((?P<name>.+)\)"),
    "by_name": re.compile(r"median and 5-95 % of (?P<count>\d+) catalogue rows named '(?P<name>.+)'"),
}


def name(text: str, language: Language) -> str:
    """The name of a looked-up figure, such as ``grid carbon intensity, France``; its pieces are said one by one."""
    return _messages(language).say("separator").join(_piece(piece, language) for piece in text.split(", "))


def place(text: str, language: Language) -> str:
    """A place by its code (``FR``) or English name; other text as it is."""
    messages = _messages(language)
    key = f"place.{_codes().get(text, text)}"
    return messages.say(key) if key in messages else text


def source(text: str, language: Language) -> str:
    """Who says so: our own phrases in words, titles as published."""
    messages = _messages(language)
    key = f"source.{text}"
    return messages.say(key) if key in messages else _matched(text, _SOURCES, messages)


def channel(label: str, language: Language) -> str:
    """Where joules come from: what is modelled or corrected is said, names of parts stay."""
    return _matched(label, _CHANNELS, _messages(language))


def basis(text: str | None, language: Language) -> str:
    """The convention behind a figure; empty where there is none or it is only the id of a row."""
    if text is None:
        return ""
    messages, key = _messages(language), f"basis.{text}"
    if key in messages:
        return messages.say(key)
    return text if " " in text else ""


def _piece(text: str, language: Language) -> str:
    messages, key = _messages(language), f"name.{text}"
    if key in messages:
        return messages.say(key)
    code = _codes().get(text)
    return messages.say(f"place.{code}") if code is not None else _matched(text, _NAMES, messages)


def _matched(text: str, patterns: dict[str, re.Pattern[str]], messages: Messages) -> str:
    for key, pattern in patterns.items():
        if match := pattern.fullmatch(text):
            return messages.say(f"pattern.{key}", **match.groupdict())
    return text


@cache
def _messages(language: Language) -> Messages:
    return Messages("looked_up", language)


@cache
def _codes() -> dict[str, str]:
    """English name of a place -> its code."""
    prefix = "place."
    return {text: key.removeprefix(prefix) for key, text in table("looked_up", "en").items() if key.startswith(prefix)}
