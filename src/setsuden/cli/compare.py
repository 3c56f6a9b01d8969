"""``setsuden compare``: two or more runs side by side, or groups of repeated runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.cli.ledger_option import duration, figure, ledger_option, open_ledger, table
from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.ledger.comparison import CLOSE, LESS, UNKNOWN, Comparison, Difference, compare_runs
from setsuden.quantity import render


@click.command()
@click.argument("run", nargs=-1)
@click.option(
    "--group",
    "groups",
    metavar="GROUP",
    multiple=True,
    help="Repeated runs: tag:TAG, name:NAME, or ids with commas between; twice or more, the first is the baseline.",
)
@ledger_option
@json_option
@lang_option
def compare(
    run: tuple[str, ...], groups: tuple[str, ...], ledger_path: Path | None, as_json: bool, language: Language
) -> None:
    """Two or more runs side by side; the first is what the others are compared with.

    Runs of one machine and the same channels share the error of their sensors, which cancels in what they have in
    common. Otherwise the interval of a difference encloses every combination of the two.

    With --group, runs that repeat the same work make one group, and means are compared: is the second cheaper than the
    first, by how much, and how many further repeats would tell.
    """
    if bool(run) == bool(groups):
        raise InputError(
            "either runs or groups are compared" if run else "nothing to compare",
            remedy="Name two runs, or give --group twice. See `setsuden runs` for the ids.",
        )
    if groups:
        from setsuden.cli.compare_groups import compare_groups

        compare_groups(groups, ledger_path, as_json=as_json, language=language)
        return
    with open_ledger(ledger_path) as ledger:
        comparison = compare_runs([ledger.run(name) for name in run])
        if as_json:
            print_json(comparison.to_json())
            return
        for line in _lines(comparison, Messages("meter", language)):
            tell(line)


def _lines(comparison: Comparison, messages: Messages) -> Iterator[str]:
    unknown = messages.say("runs.unknown")
    rows = [
        [
            run.id,
            run.name,
            duration(run.summary.duration_s, unknown),
            figure(run.summary.energy, unknown),
            figure(run.root.average_power if run.root is not None else None, unknown),
        ]
        for run in comparison.runs
    ]
    yield from table(messages.say("compare.header"), rows)
    if not comparison.same_coverage:
        counted = " / ".join("+".join(sorted(components)) or "-" for components in comparison.components)
        yield messages.say("compare.coverage", components=counted)
    yield messages.say("compare.baseline", id=comparison.baseline.id, name=comparison.baseline.name)
    for difference in comparison.differences:
        yield _verdict(difference, messages)
    if any(difference.shared for difference in comparison.differences):
        yield messages.say("compare.shared")
    yield messages.say("compare.repeat")


def _verdict(difference: Difference, messages: Messages) -> str:
    if difference.energy is None or difference.verdict == UNKNOWN:
        return messages.say("compare.unknown", id=difference.run.id)
    if difference.verdict == CLOSE:
        return messages.say("compare.close", id=difference.run.id, difference=render(difference.energy))
    less = difference.verdict == LESS
    shown = difference.energy * -1.0 if less else difference.energy
    text = messages.say("compare.less" if less else "compare.more", id=difference.run.id, difference=render(shown))
    if difference.ratio is None:
        return text
    return f"{text} ({messages.say('compare.ratio', ratio=render(difference.ratio))})"
