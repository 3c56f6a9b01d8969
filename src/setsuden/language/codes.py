"""What a code such as ``SET-TOO-SHORT`` means: one table for flags, remarks and events of the whole product."""

from __future__ import annotations

from setsuden.language import Language, table


def meaning(code: str, language: Language) -> str | None:
    """One sentence; None for a code that this version does not know."""
    return table("codes", language).get(code)
