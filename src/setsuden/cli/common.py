"""What every command shares: ``--json``, ``--lang``, one way to print a document, one way to fail."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from setsuden.errors import SetsudenError
from setsuden.language import LANGUAGES

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of the signal, as shells have it."""

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout, nothing else.")
lang_option = click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="Language of prose.",
)


def print_json(document: Any) -> None:
    """One JSON document on stdout; a NaN or infinity in it is a bug and raises ValueError."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))


def failing_clearly(function: F) -> F:
    """Turn a SetsudenError into one sentence on stderr and its documented exit code; Ctrl-C into INTERRUPTED."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except SetsudenError as error:
            click.echo(f"setsuden: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)

    return wrapper  # type: ignore[return-value]
