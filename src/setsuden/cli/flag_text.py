"""A flag in the reader's language."""

from __future__ import annotations

from setsuden.language import Language, Messages
from setsuden.ledger import Flag


def told(flag: Flag, language: Language) -> str:
    """What a flag says: its own detail in English, which is how the ledger keeps it; elsewhere the meaning of its code.

    A code that has no translation keeps its detail.
    """
    if language == "en":
        return flag.detail
    messages, key = Messages("report", language), f"flag.{flag.code}"
    return messages.say(key) if key in messages else flag.detail
