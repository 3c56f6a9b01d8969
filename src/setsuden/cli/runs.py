"""``setsuden runs``: list the runs in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.cli.ledger_option import duration, figure, ledger_option, open_ledger, table
from setsuden.language import Language, Messages
from setsuden.language.flag_text import told
from setsuden.ledger import RunSummary, Total, default_path
from setsuden.ledger.document import summary_document


@click.command()
@click.option("--kind", help="Only runs of this kind: meter, command, pilot.")
@click.option("--name", help="Only runs of this name.")
@click.option("--tag", help="Only runs with this tag.")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many.")
@ledger_option
@json_option
@lang_option
def runs(
    kind: str | None, name: str | None, tag: str | None, limit: int, ledger_path: Path | None, as_json: bool,
    language: Language,
) -> None:  # fmt: skip
    """List the runs in the ledger, newest first; with --kind, --name or --tag also what all of these took together.

    Time in which several of them watched one machine is counted once.
    """
    path = ledger_path or default_path()
    wanted = {"kind": kind, "name": name, "tag": tag}
    found: list[RunSummary] = []
    unreadable: list[str] = []
    whole: Total | None = None
    if path.exists():
        with open_ledger(path) as ledger:
            found = ledger.runs(**wanted, limit=limit, unreadable=unreadable)
            whole = ledger.total(**wanted) if any(wanted.values()) and found and not unreadable else None
    if as_json:
        document: dict[str, Any] = {"runs": [summary_document(summary) for summary in found]}
        if whole is not None:
            document["total"] = whole.to_json(language)
        if unreadable:
            document["unreadable"] = unreadable
        print_json(document)
        return
    messages = Messages("meter", language)
    if not found and not unreadable:
        asked = any(wanted.values()) and path.exists()
        tell(messages.say("runs.none_match" if asked else "runs.none", ledger=path))
        return
    for line in table(messages.say("runs.header"), [_row(summary, messages) for summary in found]):
        tell(line)
    if whole is not None:
        energy = figure(whole.energy, messages.say("runs.unknown"))
        tell(messages.say("runs.total", runs=len(whole.runs), energy=energy))
        for flag in whole.flags:
            tell(messages.say("summary.flag", code=flag.code, detail=told(flag, language)))
    for damaged in unreadable:
        tell(messages.say("runs.unreadable", id=damaged))
    tell(messages.say("runs.next"))


def _row(summary: RunSummary, messages: Messages) -> list[str]:
    unknown = messages.say("runs.unknown")
    return [
        summary.id,
        summary.name,
        messages.say(f"status.{summary.status}"),
        summary.started_at[:19].replace("T", " "),
        duration(summary.duration_s, unknown),
        figure(summary.energy, unknown),
        " ".join(summary.tags),
    ]
