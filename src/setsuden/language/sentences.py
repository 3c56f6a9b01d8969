"""Sentences that were put together in English, told again in the reader's language with their figures.

Ledgers, documents and errors keep the English sentence. A room whose English messages are the templates of such
sentences finds it again: ``flag_details`` for what flags say, ``errors`` for refusals.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from setsuden.language import Language, Messages, table

Room = Literal["flag_details", "errors"]
_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")


def said(sentence: str, language: Language, room: Room) -> str | None:
    """``sentence`` in ``language``, and so with what fills its template; None for one that has no words there."""
    if language == "en":
        return sentence
    for key, pattern in patterns(room):
        if match := pattern.fullmatch(sentence):
            values = {name: said(value.strip(), language, room) or value for name, value in match.groupdict().items()}
            return Messages(room, language).say(key, **values)
    return None


def told(sentence: str, language: Language, room: Room) -> str:
    """The same; a sentence that has no words there stays as it is."""
    return said(sentence, language, room) or sentence


@cache
def patterns(room: Room) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Key and English sentence of each message, open where its figures stand; those that say most come first."""
    escaped = {key: re.escape(text) for key, text in table(room, "en").items()}
    own = {key: len(_PLACEHOLDER.sub("", text)) for key, text in escaped.items()}
    return tuple(
        (key, re.compile(_PLACEHOLDER.sub(_open, escaped[key]), re.DOTALL))
        for key in sorted(escaped, key=lambda key: -own[key])
    )


def _open(placeholder: re.Match[str]) -> str:
    """What may fill a placeholder: anything; where it is called number all digits there are, whatever stands before."""
    name = placeholder[1]
    return f"(?P<{name}>" + (r"(?<!\d)\d+)" if name == "number" else ".*)")
