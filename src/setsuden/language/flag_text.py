"""A flag in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setsuden.language import Language
from setsuden.language.codes import meaning
from setsuden.language.sentences import said

if TYPE_CHECKING:
    from setsuden.ledger import Flag


def told(flag: Flag, language: Language) -> str:
    """What a flag says, with its figures; where that has no words the meaning of its code, else its own detail."""
    if detail := said(flag.detail, language, "flag_details"):
        return detail
    return meaning(flag.code, language) or flag.detail
