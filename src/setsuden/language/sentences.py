"""Sentences that stand in the code in English, told in the reader's language with their figures.

English is written once, where a sentence is made: at the raise site of an error, in the help of an option, in a flag
that a ledger keeps. A room of such sentences has one table per other language, ``ROOM.ja.toml``: the English template,
with a placeholder where something is put in, and what to say instead. A sentence is found again by its template.

Placeholders are named freely, but for some: ``number``, ``count``, ``hour``, ``month`` and ``year`` take digits,
``flag`` takes an option, and ``words`` only what has words itself, where a sentence says too little without.
"""

from __future__ import annotations

import re
from functools import cache, reduce
from typing import Literal, NamedTuple

from setsuden.language import Language, table

Room = Literal["commands", "errors", "flag_details", "names", "places"]
PLACEHOLDER = re.compile(r"\{(\w+)\}")
_WORDS, _FLAG = "words", "flag"
_NUMBERS = ("count", "hour", "month", "number", "year")
SENTENCE_END = re.compile(r"(?<=[.?]) ")


class Template(NamedTuple):
    """An English sentence with placeholders, and the same in another language."""

    english: str
    translation: str
    pieces: tuple[str, ...]

    @property
    def has_words(self) -> bool:
        """False for one that only holds others together, such as ``{what} ({why})``: that alone says nothing."""
        return any(letter.isalpha() for piece in self.pieces for letter in piece)

    def values(self, sentence: str) -> dict[str, str] | None:
        """What fills the placeholders in ``sentence``; None where it is another one."""
        if not all(piece in sentence for piece in self.pieces):  # much cheaper than a pattern, and mostly the end of it
            return None
        match = _pattern(self.english).fullmatch(sentence)
        return match.groupdict() if match else None


def said(sentence: str, language: Language, room: Room) -> str | None:
    """``sentence`` in ``language``, and so with what fills its template; None for one that has no words there.

    Several sentences are told one by one, where each of them has words.
    """
    if language == "en":
        return sentence
    if (whole := table(room, language).get(sentence)) is not None:
        return whole
    parts = SENTENCE_END.split(sentence)
    told_parts = [_filled(part, language, room) for part in parts] if len(parts) > 1 else [None]
    if None not in told_parts:
        return reduce(joined, filter(None, told_parts))
    return _filled(sentence, language, room)


def _filled(sentence: str, language: Language, room: Room) -> str | None:
    if (whole := table(room, language).get(sentence)) is not None:
        return whole
    for template in templates(room, language):
        if (values := template.values(sentence)) is not None:
            said_values = {name: said(value.strip(), language, room) for name, value in values.items()}
            enough = said_values[_WORDS] if _WORDS in values else template.has_words or any(said_values.values())
            if enough:
                return template.translation.format(**{name: said_values[name] or values[name] for name in values})
    return None


def told(sentence: str, language: Language, room: Room) -> str:
    """The same; a sentence that has no words there stays as it is."""
    return said(sentence, language, room) or sentence


def joined(first: str, rest: str) -> str:
    """Two Japanese sentences one after the other: a full stop between them, unless what follows is in brackets."""
    return first + rest if first.endswith("。") or rest.startswith("（") else f"{first.rstrip('.')}。{rest}"


@cache
def templates(room: Room, language: Language) -> tuple[Template, ...]:
    """Every sentence of a room that has placeholders; first those that begin with words and say most."""
    found = (
        Template(english, translation, tuple(filter(None, PLACEHOLDER.split(english)[::2])))
        for english, translation in table(room, language).items()
        if PLACEHOLDER.search(english)
    )
    return tuple(sorted(found, key=_generality))


def _generality(template: Template) -> tuple[bool, int]:
    return template.english.startswith("{"), -sum(map(len, template.pieces))


@cache
def _pattern(english: str) -> re.Pattern[str]:
    """A placeholder takes as little as it can, so that a colon in a reason stays in it; a number takes digits."""
    pieces = PLACEHOLDER.split(english)
    opened = (_open(piece) if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
    return re.compile("".join(opened), re.DOTALL)


def _open(name: str) -> str:
    taken = r"(?<!\d)\d+" if name in _NUMBERS else r"--\S+" if name == _FLAG else ".*?"
    return f"(?P<{name}>{taken})"
