"""What ``setsuden COMMAND --help`` says in another language than English, in lines of whole characters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

from setsuden.language import Language
from setsuden.language.columns import pad, width, wrap
from setsuden.language.sentences import told

_TERM_CELLS = 30  # as click has it: a longer term has its text on the next line
_PIECES = ("[OPTIONS]", "COMMAND [ARGS]...")
_VALUE = re.compile(r"(?<=[\w-]) (?=[^-/\s])")  # between the names of an option and what it takes


def help_page(context: click.Context, cells: int, language: Language) -> str:
    """The command of ``context`` with its options and sub-commands, each in words of ``language``, ``cells`` wide."""
    command = context.command
    lines = wrap(told(f"Usage: {usage(context, language)}", language, "commands"), cells, indent=" " * 4)
    for paragraph in paragraphs(command):
        lines += ["", *(f"  {line}" for line in wrap(told(paragraph, language, "commands"), cells - 2))]
    lines += [
        "",
        told("Options:", language, "commands"),
        *listed([item.row(language) for item in options(context)], cells),
    ]
    if isinstance(command, click.Group):
        parts = ((name, command.get_command(context, name)) for name in command.list_commands(context))
        rows = [(name, _in_short(part, language)) for name, part in parts if part]
        lines += ["", told("Commands:", language, "commands"), *listed(rows, cells)]
    return "\n".join(lines)


def usage(context: click.Context, language: Language) -> str:
    """How the command is called; its arguments keep the names that the text speaks of."""
    pieces = context.command.collect_usage_pieces(context)
    return " ".join(
        [context.command_path, *(told(piece, language, "commands") if piece in _PIECES else piece for piece in pieces)]
    )


def paragraphs(command: click.Command) -> list[str]:
    """What a command says about itself, each paragraph in one line."""
    return [" ".join(part.split()) for part in inspect.cleandoc(command.help or "").split("\n\n")]


class Option(NamedTuple):
    """An option as click would print it, in English: its names, what it takes, what it is for, default and range."""

    names: str
    value: str
    help: str
    extras: tuple[str, ...]

    def row(self, language: Language) -> tuple[str, str]:
        """Its term and its meaning in words of ``language``."""
        text = told(self.help, language, "commands")
        if self.extras:
            text += f"（{'、'.join(told(extra, language, 'commands') for extra in self.extras)}）"
        return f"{self.names} {told(self.value, language, 'commands')}".rstrip(), text


def options(context: click.Context) -> list[Option]:
    """Every option of the command that its help shows."""
    found: list[Option] = []
    for item in context.command.get_params(context):
        record = item.get_help_record(context)
        if record is None or not isinstance(item, click.Option):
            continue
        plain = item.help or ""
        names, value = (*_VALUE.split(record[0], maxsplit=1), "")[:2]
        extras = record[1].removeprefix(plain).strip().removeprefix("[").removesuffix("]")
        found.append(Option(names, value, " ".join(plain.split()), tuple(filter(None, extras.split("; ")))))
    return found


def listed(rows: Sequence[tuple[str, str]], cells: int) -> Iterator[str]:
    """Terms and what they mean in two columns; a long term stands in lines of its own."""
    start = min(_TERM_CELLS, max(width(term) for term, _ in rows)) + 4
    for term, text in rows:
        lines = wrap(text, cells - start)
        if width(term) + 4 <= start and lines:
            yield pad(f"  {term}", start) + lines.pop(0)
        else:
            yield from _term(term, cells)
        yield from (" " * start + line for line in lines)


def _term(term: str, cells: int) -> Iterator[str]:
    """A term, broken between the choices that it offers where they are too many for a line."""
    for line in wrap(term.replace("|", "| "), cells - 2, indent=" " * 4):
        yield "  " + line.replace("| ", "|")


def _in_short(command: click.Command, language: Language) -> str:
    return told(paragraphs(command)[0], language, "commands")
