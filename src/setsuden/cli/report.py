"""``setsuden report``: a pilot as HTML, JSON or text."""

from __future__ import annotations

import webbrowser
from collections.abc import Mapping
from pathlib import Path

import click

from setsuden.cli.common import json_option, print_json, reader_language, tell, terminal_width
from setsuden.cli.ledger_option import ledger_option, open_ledger
from setsuden.errors import InputError
from setsuden.language import LANGUAGES, Language

_BOTH = "both"


@click.command()
@click.argument("source", required=False, metavar="[RESULT.json | RUN]")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to; default: beside the file."
)
@click.option(
    "--lang", "language", type=click.Choice([*LANGUAGES, _BOTH]), default=_BOTH, show_default=True,
    help="Language of the pages; with both, text and --open take the one that --lang has elsewhere.",
)  # fmt: skip
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "json", "text"]),
    default="html",
    show_default=True,
    help="What to write.",
)
@click.option("--open", "show", is_flag=True, help="Open the page in the browser.")
@ledger_option
@json_option
def report(
    source: str | None, out: Path | None, language: str, form: str, show: bool, ledger_path: Path | None, as_json: bool
) -> None:
    """Write the report of a pilot: one offline HTML file per language, or JSON or text on stdout.

    Reads out/pilot/result.json unless told a file, a folder or a run of the ledger.
    """
    from setsuden.report import read, text_summary, write

    document, place, folder = _document(source, ledger_path)
    languages: tuple[Language, ...] = tuple(known for known in LANGUAGES if language in (known, _BOTH))
    first = languages.index(reader_language()) if language == _BOTH else 0
    read(document, place)
    if as_json or form == "json":
        print_json(document)
    elif form == "text":
        tell(text_summary(document, languages[first], source, terminal_width()))
    else:
        paths = write(document, out or folder, languages)
        for path in paths:
            click.echo(path)
        if show and not webbrowser.open(paths[first].resolve().as_uri()):
            click.echo(f"No browser could be started; open {paths[first]} yourself.", err=True)


def _document(source: str | None, ledger_path: Path | None) -> tuple[Mapping[str, object], str, Path]:
    """The document, where it was found, and the folder its pages belong in."""
    from setsuden.report.source import DEFAULT, load, locate

    path = locate(source)
    if path is not None:
        return load(path), str(path), path.parent
    assert source is not None
    from setsuden.study.store import KIND

    with open_ledger(ledger_path) as ledger:
        record = ledger.run(source)
        document = record.document(KIND)
    if not isinstance(document, dict):
        raise InputError(
            "this run holds no pilot",
            place=record.id,
            remedy="Name a run of `setsuden pilot` that finished; `setsuden show` shows other runs.",
        )
    return document, f"run {record.id}", DEFAULT.parent
