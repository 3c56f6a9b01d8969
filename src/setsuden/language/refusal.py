"""What an error says in the reader's language; in English it is what the error itself says."""

from __future__ import annotations

from setsuden.errors import SetsudenError
from setsuden.language import Language, Messages
from setsuden.language.sentences import said

_ENDS = ".。"


def refusal(error: SetsudenError, language: Language) -> str:
    """One sentence: where, what, the value seen, what to do. Parts that have no words in ``language`` stay English."""
    if language == "en":
        return str(error)
    text = said(error.message, language, "errors") or error.message
    if error.place:
        text = f"{said(error.place, language, 'errors') or error.place}: {text}"
    if error.value is not None:
        text = Messages("errors", language).say("seen", text=text.rstrip(_ENDS), value=repr(error.value))
    if error.remedy:
        text = f"{text.rstrip(_ENDS)}。{said(error.remedy, language, 'errors') or error.remedy}"
    return text
