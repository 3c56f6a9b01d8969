"""``setsuden indicators``: which figure known beforehand tells energy and time on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.cli.ledger_option import ledger_option, open_ledger
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.report.across import Said


@click.command()
@click.argument("run", nargs=-1)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write a page per language here.")
@ledger_option
@json_option
@lang_option
def indicators(
    run: tuple[str, ...], out: Path | None, ledger_path: Path | None, as_json: bool, language: Language
) -> None:
    """Which figure known beforehand tells energy and time here, from everything measured on this machine.

    MACs, parameters, MACs per parameter, activations and measured inference time against energy and time, training and
    inference apart: rank correlation, error on a model left out, and in words which may be trusted. Reads the pilots of
    the ledger and every window that says model, phase and samples; RUN: only these.
    """
    from setsuden.report.across import Said, write
    from setsuden.study.analysis.across import across
    from setsuden.study.measured import sources_in

    with open_ledger(ledger_path) as ledger:
        document = across(sources_in(ledger, run))
    paths = write(document, out) if out is not None else []
    if as_json:
        print_json(document)
        return
    for line in _lines(Said(document, language)):
        tell(line)
    for path in paths:
        click.echo(path)


def _lines(said: Said) -> Iterator[str]:
    from setsuden.study.analysis.across import TARGETS
    from setsuden.study.analysis.points import PHASES

    yield said.headline
    if not said.document["points"]:
        yield said.say("said.next")
        return
    yield said.because
    yield said.sure
    for phase in PHASES:
        for target in TARGETS:
            yield ""
            yield said.say(f"section.{target}_lead", phase=said.words(f"phase.{phase}"))
            yield from (f"  {sentence}" for sentence in said.sentences(target, phase))
    yield ""
    yield from said.warnings
    yield said.say("said.next")
