"""What ``setsuden --help`` says, in the reader's language; no command is loaded for it."""

from __future__ import annotations

from collections.abc import Iterable

import click

from setsuden.cli.help_page import listed, options, usage
from setsuden.language import Language, Messages
from setsuden.language.columns import wrap


def overview(context: click.Context, commands: Iterable[str], cells: int, language: Language) -> str:
    """What it is for, its exit codes and options, and every one of ``commands`` in a line, ``cells`` wide."""
    say = Messages("help", language).say
    lines = [say("usage", usage=usage(context, language)), ""]
    for key in ("about", "codes", "each"):
        lines += [*(f"  {line}" for line in wrap(say(key), cells - 2)), ""]
    lines += [say("options"), *listed([item.row(language) for item in options(context)], cells), ""]
    lines += [say("commands"), *listed([(name, say(f"command.{name}")) for name in commands], cells)]
    return "\n".join(lines) + "\n"
