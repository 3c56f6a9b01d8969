"""``setsuden tune``: search here for the cheapest training that meets an accuracy floor; the search is charged."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import failing_clearly, json_option, lang_option, print_json
from setsuden.cli.ledger_option import ledger_option
from setsuden.cli.pilot import NEWEST, override
from setsuden.language import Language, Messages

if TYPE_CHECKING:
    from setsuden.ledger import RunRecord
    from setsuden.study.places import Declared


@click.command()
@click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--data", help="Data set; see `setsuden data list`.")
@click.option("--models", help="Models of the zoo or module:factory, separated by commas.")
@click.option("--batch-sizes", help="Whole numbers from 1, separated by commas.")
@click.option("--accuracy-floor", type=float, help="Least accuracy of a training, between 0 and 1.")
@click.option("--trainings", type=int, help="How often you will train with what is found; from 1.")
@click.option("--minutes", type=float, help="Minutes of searching at most; above 0.")
@click.option("--seed", type=int, help="Of weights and samples; from 0.")
@click.option("--resume", is_flag=False, flag_value=NEWEST, metavar="[RUN]", help="Continue an interrupted search.")
@click.option("--example", is_flag=True, help="Print a commented study and exit.")
@ledger_option
@json_option
@lang_option
@failing_clearly
def tune(
    study: Path | None, resume: str | None, example: bool, ledger_path: Path | None, as_json: bool,
    language: Language, **options: Any,
) -> None:  # fmt: skip
    """Find the configuration that reaches an accuracy floor with the least energy, spending little to find it.

    STUDY is a YAML file (see --example, which is also what runs without one). Batch size, optimiser, precision and
    model are tried by training, threads by short windows; each trial is metered, given up when it cannot win, and made
    only while what it may save in the trainings to come is above what it takes. The whole search is charged and kept in
    the ledger. Power limits are not set by this command.
    """
    from setsuden.study.example import tune_example_text

    if example:
        click.echo(tune_example_text(), nl=False)
        return
    from setsuden.ledger import Ledger
    from setsuden.study.pilot import Surroundings
    from setsuden.study.progress import Line
    from setsuden.study.reading import checked
    from setsuden.study.store import unfinished
    from setsuden.study.tuning.run import run_tune
    from setsuden.study.tuning.store import KIND

    around = Surroundings()
    with Ledger.open(ledger_path) as ledger:
        record = None if resume is None else unfinished(ledger, None if resume == NEWEST else resume, KIND)
        declared = _declared(study, options, record)
        try:
            document = run_tune(
                checked(declared),
                declared,
                ledger,
                resume=record,
                progress=Line(sys.stderr, around.clock.elapsed, language),
                command=shlex.join(["setsuden", *sys.argv[1:]]),
                surroundings=around,
            )
        except KeyboardInterrupt:
            click.echo(Messages("study", language).say("done.interrupted"), err=True)
            raise
    if as_json:
        print_json(document)
        return
    from setsuden.study.tuning.text import tune_text

    click.echo(tune_text(document, language))


def _declared(study: Path | None, options: Mapping[str, Any], record: RunRecord | None) -> Declared:
    from setsuden.study.example import tune_example_text
    from setsuden.study.places import Declared, parse_yaml, read_yaml
    from setsuden.study.store import declared_in

    given = {name: value for name, value in options.items() if value is not None}
    if study is not None:
        declared = read_yaml(study, "tune")
    elif record is not None and not given:
        declared = Declared(declared_in(record)[0], {})
    else:
        declared = parse_yaml(tune_example_text(), "example", "tune")
    override(declared, given)
    return declared
