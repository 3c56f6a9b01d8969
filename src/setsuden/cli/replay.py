"""``setsuden replay``: a published table next to our recomputation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from setsuden.cli.common import failing_clearly, json_option, lang_option, print_json
from setsuden.language import Language, Messages

if TYPE_CHECKING:
    from setsuden.papers import Cell, Replay


@click.command()
@click.argument("name", required=False)
@json_option
@lang_option
@failing_clearly
def replay(name: str | None, as_json: bool, language: Language) -> None:
    """Recompute a published table from its own inputs; without NAME, list the papers."""
    from setsuden import papers

    if name is None:
        if as_json:
            print_json({"replays": papers.names()})
        else:
            click.echo("\n".join(papers.names()))
        return
    result = papers.replay(name)
    if as_json:
        print_json(result.to_json(language))
    else:
        _print(result, Messages("replay", language))


def _print(result: Replay, messages: Messages) -> None:
    say = messages.say
    click.echo(result.paper)
    click.echo(f"{say('formula')}: {result.formula}")
    for table in result.tables:
        click.echo("")
        click.echo(table.title)
        for cell in table.cells:
            unit = "" if cell.unit == "1" else f", {cell.unit}"
            click.echo(f"  {cell.row} | {cell.quantity}{unit}: {_figures(cell, messages)}")
            if cell.note:
                click.echo(f"      {say(f'note.{cell.note}')}")
    if result.claims:
        click.echo("")
        click.echo(say("claims"))
        for claim in result.claims:
            click.echo(f"  {claim.number}. {say(f'claim.{claim.number}')}: {say(f'holds.{claim.verdict}')}")
            click.echo(f"      {say(f'evidence.{claim.number}', **claim.values)}")
    if result.factors:
        click.echo("")
        click.echo(say("factors"))
        for factor in result.factors:
            about = ", ".join(str(item) for item in (factor.source, factor.year) if item)
            unit = "" if factor.unit == "1" else f" {factor.unit}"
            click.echo(f"  {factor.name}: {factor.value:.7g}{unit} ({about})")
    click.echo("")
    counts = {verdict: result.count(verdict) for verdict in ("within", "outside", "input", "derived", "unknown")}
    click.echo(say("summary", **counts))


def _figures(cell: Cell, messages: Messages) -> str:
    from setsuden.quantity import significant

    parts = []
    if cell.printed is not None:
        parts.append(messages.say("printed", value=f"{cell.printed:,.10g}"))
    if cell.computed is not None:
        parts.append(messages.say("computed", value=significant(cell.computed, max(4, len(f"{cell.computed:.0f}")))))
    if cell.deviation is not None:
        parts.append(f"{cell.deviation:+.2%}")
    parts.append(messages.say(f"verdict.{cell.verdict}"))
    return ", ".join(parts)
