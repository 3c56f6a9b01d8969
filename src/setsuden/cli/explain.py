"""``setsuden explain``: what a code means."""

from __future__ import annotations

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.errors import InputError
from setsuden.language import Language, table


@click.command()
@click.argument("code", nargs=-1)
@json_option
@lang_option
def explain(code: tuple[str, ...], as_json: bool, language: Language) -> None:
    """Say what a code such as SET-TOO-SHORT means; all of them without one."""
    known = table("codes", language)
    wanted = [item.upper() for item in code] or sorted(known)
    for item in wanted:
        if item not in known:
            from difflib import get_close_matches

            near = get_close_matches(item, known, n=1, cutoff=0.5)
            remedy = f"Did you mean {near[0]}?" if near else "setsuden explain lists them all."
            raise InputError("unknown code", value=item, remedy=remedy)
    if as_json:
        print_json({"codes": [{"code": item, "meaning": known[item]} for item in wanted]})
        return
    for item in wanted:
        tell(f"{item}: {known[item]}")
