"""``setsuden calibrate --sensor``: compare a channel with one that is trusted more, and keep what was found."""

from __future__ import annotations

from pathlib import Path

import click

from setsuden.cli.common import print_json
from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.quantity import render

EVENT = "SET-SENSOR-COMPARED"


def calibrate_sensor(
    channel: str | None, against: str | None, run: str, against_run: str | None, ledger_path: Path | None,
    as_json: bool, language: Language,
) -> None:  # fmt: skip
    """Print the correction and keep it as the run's document ``correction/CHANNEL``; no joule of the run changes."""
    from setsuden.imports.calibration import compare
    from setsuden.ledger import Ledger

    if channel is None or against is None:
        raise InputError(
            "--sensor and --against go together", place="--against" if against is None else "--sensor",
            remedy="setsuden calibrate --sensor CHANNEL --against CHANNEL; setsuden show lists channels.",
        )  # fmt: skip
    with Ledger.open(ledger_path, create=False) as ledger:
        record = ledger.run(run)
        reference = record if against_run is None else ledger.run(against_run)
        found = compare(record, channel, reference, against)
        document = found.to_json()
    with Ledger.open(ledger_path) as ledger, ledger.transaction():
        writer = ledger.amend(record.id)
        writer.put_document(f"correction/{channel}", document)
        writer.event(EVENT, f"{channel} was compared with {against} of run {reference.id}; nothing was changed.")
    if as_json:
        print_json(document)
        return
    words = Messages("formats", language)
    click.echo(words.say("sensor.title", channel=channel, reference=against, bins=found.bins))
    for name in ("gain", "offset", "delay", "update_interval"):
        click.echo(words.say(f"sensor.{name}", value=render(getattr(found, name))))
    click.echo(words.say("sensor.range", low=f"{found.from_w:.1f}", high=f"{found.to_w:.1f}"))
    click.echo(words.say("sensor.reference_error", share=f"{found.reference_error:.1%}"))
    if found.ambiguous:
        click.echo(words.say("sensor.ambiguous"))
    click.echo(words.say("sensor.kept", id=record.id, name=f"correction/{channel}"))
