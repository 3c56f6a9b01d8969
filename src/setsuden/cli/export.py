"""``setsuden export``: runs as JSON or CSV, without host and user unless asked for."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path

import click

from setsuden import __version__
from setsuden.cli.common import failing_clearly, json_option, lang_option
from setsuden.cli.ledger_option import ledger_option, open_ledger
from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.ledger import RunRecord
from setsuden.ledger.document import run_document

_COLUMNS = (
    "run_id", "run_name", "status", "window_id", "parent_id", "window", "started_at", "start_s", "duration_s",
    "energy_j", "energy_low_j", "energy_high_j", "provenance", "boundary", "dynamic_j", "dynamic_low_j",
    "dynamic_high_j", "average_power_w", "flags", "attributes",
)  # fmt: skip


@click.command()
@click.argument("run", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; default: stdout.")
@click.option("--with-host", is_flag=True, help="Keep host, user and folder names.")
@ledger_option
@json_option
@lang_option
@failing_clearly
def export(
    run: tuple[str, ...], form: str, output: Path | None, with_host: bool, ledger_path: Path | None, as_json: bool,
    language: Language,
) -> None:  # fmt: skip
    """Runs as JSON (everything but the samples) or CSV (one line per window).

    --json is the same as --format json.
    """
    with open_ledger(ledger_path) as ledger:
        records = [ledger.run(name) for name in run]
        text = _csv(records) if form == "csv" and not as_json else _json(records, with_host)
    if output is None:
        click.echo(text, nl=False)
        return
    _write_whole(output, text)
    click.echo(Messages("meter", language).say("export.written", count=len(records), path=output), err=True)


def _json(records: Sequence[RunRecord], with_host: bool) -> str:
    document = {
        "setsuden": __version__,
        "redacted": not with_host,
        "runs": [run_document(record, with_host=with_host) for record in records],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


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


def _write_whole(path: Path, text: str) -> None:
    """All of it or nothing: written beside and moved into place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError(f"cannot be written ({error.strerror})", place="--output", value=str(path)) from error
