"""What ``setsuden --help`` says, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

from setsuden.language import Language, Messages
from setsuden.language.columns import pad, width, wrap


def overview(context: click.Context, commands: Iterable[str], cells: int, language: Language) -> str:
    """What it is for, its exit codes and options, and every one of ``commands`` in a line, ``cells`` wide."""
    say, command = Messages("help", language).say, context.command
    words = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [say("usage", usage=words), ""]
    for key in ("about", "codes", "each"):
        lines += [*(f"  {line}" for line in wrap(say(key), cells - 2)), ""]
    records = ((option, option.get_help_record(context)) for option in command.get_params(context))
    options = [(shown[0], say(f"option.{max(option.opts, key=len).lstrip('-')}")) for option, shown in records if shown]
    lines += [say("options"), *_listed(options, cells), ""]
    lines += [say("commands"), *_listed([(name, say(f"command.{name}")) for name in commands], cells)]
    return "\n".join(lines) + "\n"


def _listed(rows: Sequence[tuple[str, str]], cells: int) -> Iterator[str]:
    start = max(width(name) for name, _ in rows) + 4
    for name, text in rows:
        first, *others = wrap(text, cells - start)
        yield pad(f"  {name}", start) + first
        yield from (" " * start + line for line in others)
