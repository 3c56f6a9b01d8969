"""``setsuden replay``: a published table next to our recomputation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.language import Language, Messages
from setsuden.language.columns import pad, width

if TYPE_CHECKING:
    from setsuden.papers import Cell, Replay, Table


@click.command()
@click.argument("name", required=False)
@json_option
@lang_option
def replay(name: str | None, as_json: bool, language: Language) -> None:
    """Recompute a published table from its own inputs; without NAME, list the papers."""
    from setsuden import papers

    if name is None:
        if as_json:
            print_json({"replays": papers.names()})
        else:
            tell("\n".join(papers.names()))
        return
    result = papers.replay(name)
    if as_json:
        print_json(result.to_json(language))
    else:
        tell("\n".join(_text(result, Messages("replay", language))))


def _text(result: Replay, messages: Messages) -> Iterator[str]:
    say = messages.say
    yield result.paper
    yield f"{say('formula')}: {result.formula}"
    for table in result.tables:
        yield ""
        yield table.title
        yield from _table(table, messages)
    if result.claims:
        yield ""
        yield say("claims")
        for claim in result.claims:
            yield f"  {claim.number}. {say(f'claim.{claim.number}')}: {say(f'holds.{claim.verdict}')}"
            yield f"      {say(f'evidence.{claim.number}', **claim.values)}"
    if result.factors:
        yield ""
        yield say("factors")
        for factor in result.factors:
            about = ", ".join(str(item) for item in (factor.source, factor.year) if item)
            unit = "" if factor.unit == "1" else f" {factor.unit}"
            yield f"  {factor.name}: {factor.value:.7g}{unit} ({about})"
    yield ""
    counts = {verdict: result.count(verdict) for verdict in ("within", "outside", "input", "derived", "unknown")}
    yield say("summary", **counts)


def _table(table: Table, messages: Messages) -> Iterator[str]:
    """Rows of the paper, under each its figures in columns; a remark stands once, under the first figure it is on."""
    lines = [_figures(cell, messages) for cell in table.cells]
    widths = [max(width(line[column]) for line in lines) for column in range(4)]
    row, noted = None, set[str]()
    for cell, line in zip(table.cells, lines, strict=True):
        if cell.row != row:
            row = cell.row
            yield f"  {row}"
        padded = [pad(text, cells) for text, cells in zip(line, widths, strict=False) if cells]
        yield "    " + "  ".join([*padded, line[4]])
        if cell.note and cell.note not in noted:
            noted.add(cell.note)
            yield f"      {messages.say(f'note.{cell.note}')}"


def _figures(cell: Cell, messages: Messages) -> tuple[str, str, str, str, str]:
    """Quantity, printed, computed, deviation, verdict; blank where there is none."""
    from setsuden.quantity import significant

    unit = "" if cell.unit == "1" else f", {cell.unit}"
    printed = computed = deviation = ""
    if cell.printed is not None:
        printed = messages.say("printed", value=f"{cell.printed:,.10g}")
    if cell.computed is not None:
        computed = messages.say("computed", value=significant(cell.computed, max(4, len(f"{cell.computed:.0f}"))))
    if cell.deviation is not None:
        deviation = f"{cell.deviation:+.2%}"
    return f"{cell.quantity}{unit}", printed, computed, deviation, messages.say(f"verdict.{cell.verdict}")
