"""What a flag says with its figures, in the reader's language; ledgers and documents keep the English sentence."""

from __future__ import annotations

import re
from functools import cache

from setsuden.language import Language, Messages, table

_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")
_PREFIX = "flag_detail."


def said(detail: str, language: Language) -> str | None:
    """``detail`` in ``language``; None for a sentence that has no words there."""
    if language == "en":
        return detail
    for key, pattern in _patterns().items():
        if match := pattern.fullmatch(detail):
            return Messages("report", language).say(f"flag_detail.{key}", **match.groupdict())
    return None


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """The English sentence of each key, open where its figures stand."""
    return {
        key.removeprefix(_PREFIX): re.compile(_PLACEHOLDER.sub(r"(?P<\1>.+)", re.escape(text)))
        for key, text in table("report", "en").items()
        if key.startswith(_PREFIX)
    }
