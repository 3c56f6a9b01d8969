"""``setsuden import``: what other tools measured, into the ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import json_option, lang_option, print_json
from setsuden.cli.ledger_option import ledger_option, open_ledger
from setsuden.errors import InputError
from setsuden.imports import KINDS
from setsuden.language import Language, Messages

if TYPE_CHECKING:
    from setsuden.imports.imported import Imported

_COMPONENTS = ("board", "cpu", "gpu", "dram", "accelerator", "other")


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the run; default: the project's or the file's.")
@click.option("--tag", "tags", multiple=True, help="Tag to find the runs again; may be given more than once.")
@click.option("--timezone", "zone", metavar="AREA/CITY", help="Zone of times that carry none.  [default: UTC, flagged]")
@click.option("--start", metavar="TIME", help="When a file with relative times began, as 2026-06-01T12:00+09:00.")
@click.option("--component", type=click.Choice(_COMPONENTS), help="What a plain power series is of.  [default: board]")
@click.option("--measured/--estimated", default=None, help="Whether a sensor gave the watts, where you know better.")
@click.option("--relative-error", type=float, metavar="SHARE", help="5-95 half-width of the energy, such as 0.01.")
@click.option(
    "--align-with", metavar="RUN", help="Cut the series to this run; the clock offset is found by correlation."
)
@click.option("--most-offset", type=float, default=600.0, metavar="S", help="Largest offset tried, s.  [default: 600]")
@click.option("--time-column", metavar="NAME", help="csv: column of times.")
@click.option("--power-column", metavar="NAME[=UNIT]", help="csv: column of power, and its unit.")
@click.option("--energy-column", metavar="NAME[=UNIT]", help="csv: column of a meter's running energy, and its unit.")
@ledger_option
@json_option
@lang_option
def import_(
    kind: str, file: Path, tags: tuple[str, ...], zone: str | None, start: str | None, relative_error: float | None,
    align_with: str | None, most_offset: float, ledger_path: Path | None, as_json: bool, language: Language,
    **options: Any,
) -> None:  # fmt: skip
    """Runs from FILE into the ledger: codecarbon (emissions.csv), mlflow, wandb, prometheus (power), csv, redfish,
    mqtt.

    Each becomes a run like one measured here; what is missing or zero in the file is flagged, never filled in.
    """
    from setsuden.imports import read
    from setsuden.imports.imported import Settings, write
    from setsuden.ledger import Ledger, measurement_to_json

    settings = Settings(zone=_zone(zone), start=_start(start), relative_error=_error(relative_error), **options)
    runs = read(kind, file, settings)
    if align_with is not None:
        runs = _aligned(runs, align_with, most_offset, ledger_path)
    with Ledger.open(ledger_path) as ledger, ledger.transaction():
        ids = [write(ledger, run, tags=tags) for run in runs]
    if as_json:
        pairs = zip(ids, runs, strict=True)
        found = [{"id": run_id, "measurement": measurement_to_json(run.measurement())} for run_id, run in pairs]
        print_json({"kind": kind, "runs": found})
        return
    from setsuden.cli.ledger_option import figure
    from setsuden.language.flag_text import told

    messages = Messages("formats", language)
    for run_id, run in zip(ids, runs, strict=True):
        energy = run.energy
        shown = figure(energy, messages.say("import.no_energy"))
        provenance = messages.say(f"provenance.{energy.provenance.value}") if energy else "-"
        click.echo(messages.say("import.run", id=run_id, name=run.name, energy=shown, provenance=provenance))
        for flag in run.flags:
            click.echo(messages.say("import.flag", code=flag.code, detail=told(flag, language)))
    click.echo(messages.say("import.done", count=len(runs)))
    click.echo(messages.say("import.next", id=ids[-1]))


def _aligned(runs: list[Imported], run: str, most_offset_s: float, ledger_path: Path | None) -> list[Imported]:
    from setsuden.imports.beside import beside

    if not 0 < most_offset_s <= 86400:
        raise InputError("must lie between 0 and 86400 seconds", place="--most-offset", value=most_offset_s)
    with open_ledger(ledger_path) as ledger:
        record = ledger.run(run)
        return [beside(record, each, most_s=most_offset_s) for each in runs]


def _zone(name: str | None) -> Any:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError("unknown zone", place="--timezone", value=name, remedy="Such as Asia/Tokyo or UTC.") from None


def _start(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(
            "is not a time with its zone", place="--start", value=text, remedy="Such as 2026-06-01T12:00Z."
        )
    return moment


def _error(share: float | None) -> float | None:
    if share is not None and not 0 <= share < 10:
        raise InputError("must be a share of at least 0", place="--relative-error", value=share, remedy="0.01 is 1 %.")
    return share
