"""What every command shares: ``--json``, ``--lang``, one way to print a document, one way to fail."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
from collections.abc import Callable
from errno import EPIPE
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from setsuden.errors import SetsudenError
from setsuden.language import LANGUAGES, Language
from setsuden.language.columns import width, wrap

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of the signal, as shells have it."""

_LANGUAGE_VARIABLES = ("SETSUDEN_LANG", "LC_ALL", "LC_MESSAGES", "LANG")

F = TypeVar("F", bound=Callable[..., Any])


def reader_language() -> Language:
    """The language of SETSUDEN_LANG, else of the locale by POSIX's order of its variables, else English."""
    locale = next((value for name in _LANGUAGE_VARIABLES if (value := os.environ.get(name))), "")
    spoken = locale.partition(".")[0].partition("_")[0]
    return next((language for language in LANGUAGES if language == spoken), "en")


def _steady_in_json(context: click.Context, parameter: click.Parameter, language: Language) -> Language:
    """Sentences within JSON are English unless ``--lang`` is given: the locale must not change a document."""
    given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    return language if given or not context.params.get("as_json") else "en"


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout, nothing else.")
lang_option = click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    envvar=_LANGUAGE_VARIABLES[0],
    show_envvar=True,
    default=reader_language,
    callback=_steady_in_json,
    show_default="the locale's, else en",
    help="Language of prose.",
)


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


def failing_clearly(function: F) -> F:
    """A failure becomes one sentence on stderr and its documented exit code, Ctrl-C becomes INTERRUPTED."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except SetsudenError as error:
            click.echo(f"setsuden: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == EPIPE:  # whoever read has enough: click ends quietly
                raise
            click.echo(f"setsuden: cannot read or write: {error}", err=True)
            sys.exit(1)

    return wrapper  # type: ignore[return-value]
