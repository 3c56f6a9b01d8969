"""``setsuden export``: runs as JSON, CSV or in a standard format, without host and user unless asked for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from setsuden import __version__
from setsuden.cli.common import json_option, lang_option
from setsuden.cli.export_formats import NAMES, refuse_options, rendered
from setsuden.cli.ledger_option import ledger_option, open_ledger
from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.ledger import RunRecord
from setsuden.ledger.document import run_document

_PLAIN = ("json", "csv")
_COLUMNS = (
    "run_id", "run_name", "status", "window_id", "parent_id", "window", "started_at", "start_s", "duration_s",
    "energy_j", "energy_low_j", "energy_high_j", "provenance", "boundary", "dynamic_j", "dynamic_low_j",
    "dynamic_high_j", "average_power_w", "flags", "attributes",
)  # fmt: skip


@click.command()
@click.argument("run", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice([*_PLAIN, *NAMES]), default="json", show_default=True)
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
        return _csv(records) if form == "csv" else _json(records, bool(options["with_host"]))
    finished = rendered(form, records, language, options)
    messages = Messages("formats", language)
    for record in records:
        if record.status != "finished":
            status = Messages("meter", language).say(f"status.{record.status}")
            click.echo(f"setsuden: {messages.say('note.not_finished', id=record.id, status=status)}", err=True)
    for note in finished.notes:
        click.echo(f"setsuden: {messages.say(f'note.{note.key}', **dict(note.values))}", err=True)
    return finished.text


def _json(records: Sequence[RunRecord], with_host: bool) -> str:
    document = {
        "setsuden": __version__,
        "redacted": not with_host,
        "runs": [_shareable(record, with_host) for record in records],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _shareable(record: RunRecord, with_host: bool) -> dict[str, Any]:
    document = run_document(record, with_host=with_host)
    if not with_host:
        document["config"].pop("command", None)  # arguments may hold paths, names and keys
    return document


def _csv(records: Sequence[RunRecord]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for record in records:
        for window in record.windows:
            energy, dynamic, power = window.energy, window.dynamic, window.average_power
            writer.writerow(
                [
                    record.id, record.name, record.status, window.window_id, window.parent_id, window.name,
                    window.started_at, window.start_s, window.duration_s,
                    *((energy.value, energy.low, energy.high, energy.provenance.value, energy.boundary) if energy
                      else (None,) * 5),
                    *((dynamic.value, dynamic.low, dynamic.high) if dynamic else (None,) * 3),
                    power.value if power else None,
                    " ".join(flag.code for flag in window.flags),
                    json.dumps(dict(window.attributes), ensure_ascii=False, allow_nan=False),
                ]
            )  # fmt: skip
    return out.getvalue()


def _write(path: Path, text: str) -> None:
    from setsuden.study.output import write_whole

    try:
        write_whole({path: text})
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", place="--output", value=str(path)) from error
