"""``setsuden export``: runs as JSON, CSV or in a standard format, without host and user unless asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from setsuden.cli.common import json_option, lang_option
from setsuden.cli.export_formats import NAMES, refuse_options, rendered
from setsuden.cli.ledger_option import ledger_option, open_ledger
from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.ledger import RunRecord
from setsuden.ledger.plain import as_csv, as_json

_PLAIN = ("json", "csv")


@click.command()
@click.argument("run", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice([*_PLAIN, *NAMES]),
    default="json",
    show_default=True,
    help="What to write.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; default: stdout.")
@click.option("--with-host", is_flag=True, help="Keep host, user and folder names.")
@click.option("--site", metavar="CODE", help="Where it ran, for carbon: JP, US-CA, aws:eu-north-1 ...")
@click.option("--intensity", type=float, metavar="G_PER_KWH", help="Carbon intensity in place of a site.")
@click.option("--live", metavar="SOURCE[:ZONE]", help="Intensity of the hours it ran in, such as gb or japan:JP-TK.")
@click.option("--year", type=int, metavar="YEAR", help="Year of the annual intensity.  [default: latest]")
@click.option("--pue", type=float, metavar="P", help="Facility energy over IT energy.")
@click.option("--embodied-kg", type=float, metavar="M", help="kgCO2e of making the hardware, the share of this use.")
@click.option("--per", metavar="UNIT=COUNT", help="Functional unit of an SCI score, such as request=10000.")
@click.option(
    "--stage",
    type=click.Choice(["training", "pre-training", "fine-tuning", "inference"]),
    help="What the run was.  [default: what it says itself]",
)
@click.option(
    "--facts",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.yaml",
    help="Model, task, publisher and other facts no meter knows.",
)
@click.option(
    "--model-card",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="README.md",
    help="With --format hf: merge into this card's front matter.",
)
@ledger_option
@json_option
@lang_option
def export(
    run: tuple[str, ...], form: str, output: Path | None, ledger_path: Path | None, as_json: bool,
    language: Language, **options: Any,
) -> None:  # fmt: skip
    """Runs as JSON (everything but the samples), CSV (one line per window) or in a standard format.

    --json is the same as --format json. Carbon is written only where --site or --intensity says where it ran.
    """
    form = "json" if as_json else form
    with open_ledger(ledger_path) as ledger:
        records = [ledger.run(name) for name in run]
        text = _text(form, records, language, options)
    if output is None:
        click.echo(text, nl=False)
        return
    _write(output, text)
    click.echo(Messages("meter", language).say("export.written", count=len(records), path=output), err=True)


def _text(form: str, records: Sequence[RunRecord], language: Language, options: dict[str, Any]) -> str:
    if form in _PLAIN:
        refuse_options(form, options)
        return as_csv(records) if form == "csv" else as_json(records, bool(options["with_host"]))
    finished = rendered(form, records, language, options)
    messages = Messages("formats", language)
    for record in records:
        if record.status != "finished":
            status = Messages("meter", language).say(f"status.{record.status}")
            click.echo(f"setsuden: {messages.say('note.not_finished', id=record.id, status=status)}", err=True)
    for note in finished.notes:
        click.echo(f"setsuden: {messages.say(f'note.{note.key}', **dict(note.values))}", err=True)
    return finished.text


def _write(path: Path, text: str) -> None:
    from setsuden.study.output import write_whole

    try:
        write_whole({path: text})
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", place="--output", value=str(path)) from error
