"""``setsuden explain``: what a code means, and what to do about it."""

from __future__ import annotations

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.errors import InputError
from setsuden.language import Language, Messages, table
from setsuden.language.codes import ANYWHERE, advice

_START = "SET-"


@click.command()
@click.argument("code", nargs=-1)
@json_option
@lang_option
def explain(code: tuple[str, ...], as_json: bool, language: Language) -> None:
    """Say what a code such as SET-TOO-SHORT means and what to do about it; all of them without one."""
    known = table("codes", language)
    wanted = [_known(item, known) for item in code] or sorted(known)
    if as_json:
        print_json({"codes": [_document(item, known[item], language) for item in wanted]})
        return
    say = Messages("explain", language).say
    for item in wanted:
        tell(say("meaning", code=item, text=known[item]))
        for origin, text in advice(item, language).items():
            tell(say("anywhere", text=text) if origin == ANYWHERE else say("in_command", command=origin, text=text))


def _known(written: str, known: dict[str, str]) -> str:
    """The code that was written, in any case and with or without SET-; raises InputError with the nearest ones."""
    upper = _START + written.upper().replace("_", "-").removeprefix(_START)
    if upper in known:
        return upper
    from difflib import get_close_matches

    names = [item.removeprefix(_START) for item in known]
    close = [_START + name for name in get_close_matches(upper.removeprefix(_START), names, n=2)]
    remedy = f"Did you mean {' or '.join(close)}?" if close else "setsuden explain lists them all."
    raise InputError("unknown code", value=written, remedy=remedy)


def _document(code: str, meaning: str, language: Language) -> dict[str, object]:
    found = [{"command": origin, "text": text} for origin, text in advice(code, language).items()]
    return {"code": code, "meaning": meaning, "advice": found}
