"""Names and sources of looked-up figures in the reader's language.

Facts carry their English names through ledgers and documents; only what is shown is put into words here. What has no
words, such as the title of a paper or the name of a product, stays as it is.
"""

from __future__ import annotations

from functools import cache

from setsuden.language import Language, Messages, table
from setsuden.language.sentences import told

_BETWEEN = ", "
_OWN = "setsuden defaults for uncertainty, each with its basis: "


def name(text: str, language: Language) -> str:
    """The name of a looked-up figure, such as ``grid carbon intensity, France``; its pieces are said one by one."""
    if language == "en":
        return text
    return told(_BETWEEN, language, "names").join(_piece(piece, language) for piece in text.split(_BETWEEN))


def place(text: str, language: Language) -> str:
    """A place by its code (``FR``) or English name; other text as it is."""
    messages = _messages(language)
    key = f"place.{_codes().get(text, text)}"
    return messages.say(key) if key in messages else text


def source(text: str, language: Language) -> str:
    """Who says so: our own phrases in words, titles as published."""
    if text.startswith(_OWN):
        return _messages(language).say("own", basis=text.removeprefix(_OWN))
    return told(text, language, "names")


def channel(label: str, language: Language) -> str:
    """Where joules come from: what is modelled or corrected is said, names of parts stay."""
    return told(label, language, "names")


def basis(text: str | None, language: Language) -> str:
    """The convention behind a figure; empty where there is none or it is only the id of a row."""
    if text is None:
        return ""
    messages, key = _messages(language), f"basis.{text}"
    if key in messages:
        return messages.say(key)
    return text if " " in text else ""


def _piece(text: str, language: Language) -> str:
    return place(text, language) if text in _codes() else told(text, language, "names")


@cache
def _messages(language: Language) -> Messages:
    return Messages("looked_up", language)


@cache
def _codes() -> dict[str, str]:
    """English name of a place -> its code."""
    prefix = "place."
    return {text: key.removeprefix(prefix) for key, text in table("looked_up", "en").items() if key.startswith(prefix)}
