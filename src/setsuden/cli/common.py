"""What every command shares: ``--json``, ``--lang``, one way to print a document, one way to fail."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EPIPE
from io import StringIO
from itertools import takewhile
from types import TracebackType
from typing import Any

import click
from click.core import ParameterSource

from setsuden.errors import SetsudenError
from setsuden.language import LANGUAGES, Language
from setsuden.language.columns import width, wrap
from setsuden.language.refusal import refusal
from setsuden.language.sentences import told

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of the signal, as shells have it."""

_LANGUAGE = "setsuden.language"
_NOTED = "setsuden.noted_language"
_LANGUAGE_VARIABLES = ("SETSUDEN_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def reader_language() -> Language:
    """The language of SETSUDEN_LANG, else of the locale by POSIX's order of its variables, else English."""
    locale = next((value for name in _LANGUAGE_VARIABLES if (value := os.environ.get(name))), "")
    spoken = locale.partition(".")[0].partition("_")[0]
    return next((language for language in LANGUAGES if language == spoken), "en")


def _steady_in_json(context: click.Context, parameter: click.Parameter, language: Language | None) -> Language | None:
    """Sentences within JSON are English unless ``--lang`` is given: the locale must not change a document."""
    if context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE:
        context.meta[_LANGUAGE] = language
    chosen: Language | None = context.meta.get(_LANGUAGE, language)
    return chosen


def _in_english(context: click.Context, parameter: click.Parameter, as_json: bool) -> bool:
    """Refusals beside JSON are English, too, also of a command whose ``--lang`` is that of its pages."""
    if as_json:
        context.meta.setdefault(_LANGUAGE, "en")
    return as_json


json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,  # as the language is: errors of later options are told in it
    callback=_in_english,
    help="Print one JSON document on stdout, nothing else.",
)
lang_option = click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    envvar=_LANGUAGE_VARIABLES[0],
    show_envvar=True,
    default=reader_language,
    is_eager=True,
    callback=_steady_in_json,
    show_default="the locale's, else en",
    help="Language of prose.",
)
lang_of_all_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    is_eager=True,
    expose_value=False,
    callback=_steady_in_json,
    help="Language of prose; each command takes it, too.",
)


class SpokenContext(click.Context):
    """The context of a command: its help is told in the reader's language, an error names the option that was given."""

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> bool | None:
        """An error in what an option gave to the library says ``--rate``, not ``rate_hz`` as the library calls it."""
        if isinstance(exc_value, SetsudenError):
            exc_value.place = self._as_given().get(exc_value.place or "", exc_value.place)
        return super().__exit__(exc_type, exc_value, tb)

    def _as_given(self) -> dict[str, str]:
        return {
            it.name: max(it.opts, key=len)
            for it in self.command.params
            if it.name
            and isinstance(it, click.Option)
            and self.get_parameter_source(it.name) is ParameterSource.COMMANDLINE
        }

    def get_help(self) -> str:
        """As click writes it in English, as ``help_page`` does in another language."""
        language = spoken(self)
        if language == "en":
            return super().get_help()
        from setsuden.cli.help_page import help_page

        return help_page(self, self.make_formatter().width, language)


class WholeHelp(click.Group):
    """A group whose help says the whole sentence of each command; click would cut it short."""

    context_class = SpokenContext

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        lang_of_all_option(self)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command of the group, whose help is told, too."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            command.context_class = SpokenContext
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One command after the other."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, it.get_short_help_str(limit=1000)) for name, it in commands.items() if it])


def terminal_width(most: int = 100) -> int:
    """Columns of the terminal, ``most`` where it is wider or stdout is none."""
    return min(most, max(40, shutil.get_terminal_size((most, 24)).columns)) if sys.stdout.isatty() else most


def tell(text: str) -> None:
    """Print text; on a terminal, lines that are longer than it is wide break at words and go on further in."""
    if not sys.stdout.isatty():
        click.echo(text)
        return
    cells = shutil.get_terminal_size().columns
    for line in text.split("\n"):
        if width(line) <= cells:
            click.echo(line)
            continue
        start = " " * (len(line) - len(line.lstrip()))
        for part in wrap(line.lstrip(), max(20, cells - len(start)), indent="  "):
            click.echo(start + part)


def print_json(document: Any) -> None:
    """One JSON document on stdout; a NaN or infinity in it is a bug and raises ValueError."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


@contextmanager
def failing_clearly(context: click.Context) -> Iterator[None]:
    """A failure becomes one sentence on stderr and its documented exit code, Ctrl-C becomes INTERRUPTED.

    context   of the whole command line; what it ran has left its language there
    """
    try:
        yield
    except SetsudenError as error:
        click.echo(f"setsuden: {refusal(error, spoken(context))}", err=True)
        sys.exit(error.exit_code)
    except click.UsageError as error:
        shown, language = StringIO(), spoken(context)
        error.show(shown)
        click.echo("\n".join(told(line, language, "errors") for line in shown.getvalue().splitlines()), err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno == EPIPE:  # whoever read has enough: click ends quietly
            raise
        fault = told(f"cannot read or write: {error}", spoken(context), "errors")
        click.echo(f"setsuden: {fault}", err=True)
        sys.exit(1)


def note_language(context: click.Context, words: Sequence[str]) -> None:
    """Remember a ``--lang`` among the words before ``--``: help and wrong use are answered before options are read."""
    own = list(takewhile(lambda word: word != "--", words))
    for word, following in zip(own, [*own[1:], ""], strict=True):
        option, _, value = word.partition("=")
        if option == "--lang" and (value or following) in LANGUAGES:
            context.meta[_NOTED] = value or following


def spoken(context: click.Context) -> Language:
    """The language that a command line is answered in: as given, else that of the reader."""
    chosen: Language | None = context.meta.get(_LANGUAGE, context.meta.get(_NOTED))
    return chosen or reader_language()
