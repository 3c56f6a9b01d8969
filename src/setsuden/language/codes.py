"""What a code such as ``SET-TOO-SHORT`` means and what to do about it: one table for flags, remarks and events."""

from __future__ import annotations

from setsuden.language import Language, table

ANYWHERE = "any"


def meaning(code: str, language: Language, origin: str | None = None) -> str | None:
    """One sentence, with what to do where the command ``origin`` printed it; None for a code not known here."""
    found = table("codes", language).get(code)
    if found is None or origin is None:
        return found
    known = advice(code, language)
    return ("" if language == "ja" else " ").join([found, *(known[at] for at in (ANYWHERE, origin) if at in known)])


def advice(code: str, language: Language) -> dict[str, str]:
    """What to do about it by the command that printed it, ANYWHERE for what holds in each; empty for nothing."""
    start = f"advice.{code}."
    return {key.removeprefix(start): text for key, text in table("advice", language).items() if key.startswith(start)}
