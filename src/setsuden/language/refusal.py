"""What an error says in the reader's language; in English it is what the error itself says."""

from __future__ import annotations

from setsuden.errors import SetsudenError
from setsuden.language import Language, table
from setsuden.language.sentences import joined, said, told

_ENDS = ".。"
_SEEN = "{text} (got {value})"


def refusal(error: SetsudenError, language: Language) -> str:
    """One sentence: where, what, the value seen, what to do; in English where what is wrong has no words."""
    if language == "en":
        return str(error)
    text = said(error.message, language, "errors")
    if text is None:
        return str(error)
    if error.place:
        text = f"{told(error.place, language, 'places')}: {text}"
    if error.value is not None:
        text = table("errors", language)[_SEEN].format(text=text.rstrip(_ENDS), value=repr(error.value))
    if error.remedy:
        text = joined(f"{text.rstrip(_ENDS)}。", told(error.remedy, language, "errors"))
    return text
