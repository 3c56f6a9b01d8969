"""``setsuden compare --group``: repeated runs, group against group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from setsuden.cli.common import print_json, tell
from setsuden.cli.ledger_option import duration, open_ledger, table
from setsuden.language import Language, Messages
from setsuden.quantity import render, significant
from setsuden.study.repeats import Comparison, compare
from setsuden.study.repeats.saying import lines


def compare_groups(groups: Sequence[str], ledger_path: Path | None, *, as_json: bool, language: Language) -> None:
    """Print the table of the groups and the verdicts, or the document."""
    with open_ledger(ledger_path) as ledger:
        found = compare(*groups, ledger=ledger)
    if as_json:
        print_json(found.to_json(language))
        return
    for line in (*_table(found, Messages("compare", language)), *lines(found, language)):
        tell(line)


def _table(found: Comparison, messages: Messages) -> Iterator[str]:
    none = messages.say("none")
    rows = [
        [
            group.label,
            str(len(group.runs)),
            render(group.mean),
            none if group.sd_share is None else f"{significant(group.sd_share * 100, 2)} %",
            render(group.meter),
            duration(group.duration_s, none),
        ]
        for group in found.groups
    ]
    yield from table(messages.say("header"), rows)
