"""A flag in the reader's language."""

from __future__ import annotations

from setsuden.language import Language, Messages
from setsuden.language.flag_details import said
from setsuden.ledger import Flag


def told(flag: Flag, language: Language) -> str:
    """What a flag says, with its figures; where that has no words the meaning of its code, else its own detail."""
    if detail := said(flag.detail, language):
        return detail
    messages, key = Messages("report", language), f"flag.{flag.code}"
    return messages.say(key) if key in messages else flag.detail
