"""What ``setsuden COMMAND --help`` says in another language than English, in lines of whole characters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence

import click

from setsuden.language import Language
from setsuden.language.columns import pad, width, wrap
from setsuden.language.sentences import told

_TERM_CELLS = 30  # as click has it: a longer term has its text on the next line
_VALUE = re.compile(r"(?<=[\w-]) (?=[^-\s])")  # between the names of an option and what it takes


def help_page(context: click.Context, cells: int, language: Language) -> str:
    """The command of ``context`` with its options and sub-commands, each in words of ``language``, ``cells`` wide."""
    command = context.command
    pieces = (told(piece, language, "commands") for piece in command.collect_usage_pieces(context))
    lines = [told(f"Usage: {' '.join([context.command_path, *pieces])}", language, "commands")]
    for paragraph in paragraphs(command):
        lines += ["", *(f"  {line}" for line in wrap(told(paragraph, language, "commands"), cells - 2))]
    options = [_row(option, context, language) for option in command.get_params(context)]
    lines += ["", told("Options:", language, "commands"), *listed([row for row in options if row], cells)]
    if isinstance(command, click.Group):
        parts = ((name, command.get_command(context, name)) for name in command.list_commands(context))
        rows = [(name, _in_short(part, language)) for name, part in parts if part]
        lines += ["", told("Commands:", language, "commands"), *listed(rows, cells)]
    return "\n".join(lines)


def paragraphs(command: click.Command) -> list[str]:
    """What a command says about itself, each paragraph in one line."""
    return [" ".join(part.split()) for part in inspect.cleandoc(command.help or "").split("\n\n")]


def listed(rows: Sequence[tuple[str, str]], cells: int) -> Iterator[str]:
    """Terms and what they mean in two columns; a long term stands in a line of its own."""
    start = min(_TERM_CELLS, max(width(term) for term, _ in rows)) + 4
    for term, text in rows:
        lines = wrap(text, cells - start)
        fits = width(term) + 4 <= start
        yield (pad(f"  {term}", start) + lines.pop(0)) if fits and lines else f"  {term}"
        yield from (" " * start + line for line in lines)


def _row(option: click.Parameter, context: click.Context, language: Language) -> tuple[str, str] | None:
    record = option.get_help_record(context)
    if record is None or not isinstance(option, click.Option):
        return None
    term, text = record
    plain = option.help or ""
    names, *value = _VALUE.split(term, maxsplit=1)
    extras = text.removeprefix(plain).strip().removeprefix("[").removesuffix("]")
    said = told(" ".join(plain.split()), language, "commands")
    if extras:
        said += f"（{'、'.join(told(extra, language, 'commands') for extra in extras.split('; '))}）"
    return " ".join([names, *(told(item, language, "commands") for item in value)]), said


def _in_short(command: click.Command, language: Language) -> str:
    return told(paragraphs(command)[0], language, "commands")
