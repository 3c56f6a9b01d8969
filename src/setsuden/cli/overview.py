"""What ``setsuden --help`` says, in the reader's language; no command is loaded for it."""

from __future__ import annotations

from collections.abc import Iterable

import click

from setsuden.cli.help_page import listed
from setsuden.language import Language, Messages
from setsuden.language.columns import wrap


def overview(context: click.Context, commands: Iterable[str], cells: int, language: Language) -> str:
    """What it is for, its exit codes and options, and every one of ``commands`` in a line, ``cells`` wide."""
    say, command = Messages("help", language).say, context.command
    words = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [say("usage", usage=words), ""]
    for key in ("about", "codes", "each"):
        lines += [*(f"  {line}" for line in wrap(say(key), cells - 2)), ""]
    records = ((option, option.get_help_record(context)) for option in command.get_params(context))
    options = [(shown[0], say(f"option.{max(option.opts, key=len).lstrip('-')}")) for option, shown in records if shown]
    lines += [say("options"), *listed(options, cells), ""]
    lines += [say("commands"), *listed([(name, say(f"command.{name}")) for name in commands], cells)]
    return "\n".join(lines) + "\n"
