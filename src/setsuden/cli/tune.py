"""``setsuden tune``: search here for the cheapest training that meets an accuracy floor; the search is charged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from setsuden.cli.common import json_option, lang_option, print_json
from setsuden.cli.ledger_option import ledger_option
from setsuden.cli.studied import conducted, resume_option, study_argument
from setsuden.language import Language


@click.command()
@study_argument
@click.option("--data", help="Data set; see `setsuden data list`.")
@click.option("--models", help="Models of the zoo or module:factory, separated by commas.")
@click.option("--batch-sizes", help="Whole numbers from 1, separated by commas.")
@click.option("--device", help="Where to train: cpu (default), cuda, cuda:1.")
@click.option("--power-limits", help="Power limits of that GPU to try, W, separated by commas; put back at the end.")
@click.option("--accuracy-floor", type=float, help="Least accuracy of a training, between 0 and 1.")
@click.option("--trainings", type=int, help="How often you will train with what is found; from 1.")
@click.option("--minutes", type=float, help="Minutes of searching at most; above 0.")
@click.option("--seed", type=int, help="Of weights and samples; from 0.")
@resume_option("search")
@click.option("--example", is_flag=True, help="Print a commented study and exit.")
@ledger_option
@json_option
@lang_option
def tune(
    study: Path | None, resume: str | None, example: bool, ledger_path: Path | None, as_json: bool,
    language: Language, **options: Any,
) -> None:  # fmt: skip
    """Find the configuration that reaches an accuracy floor with the least energy, spending little to find it.

    STUDY is a YAML file (see --example, which is also what runs without one). Batch size, optimiser, precision and
    model are tried by training, threads and a GPU's power limits by short windows; each trial is metered, given up when
    it cannot win, and made only while what it may save in the trainings to come is above what it takes. The whole
    search is charged and kept in the ledger. Power limits need the right to set them, mostly root's, and are put back.
    """
    from setsuden.study.example import tune_example_text

    if example:
        click.echo(tune_example_text(), nl=False)
        return
    from setsuden.places import parse_yaml
    from setsuden.study.tuning.run import run_tune
    from setsuden.study.tuning.store import KIND

    document = conducted(
        KIND,
        run_tune,
        lambda: parse_yaml(tune_example_text(), "example", KIND),
        study,
        resume,
        options,
        ledger_path,
        language,
    )
    if as_json:
        print_json(document)
        return
    from setsuden.study.tuning.text import tune_text

    click.echo(tune_text(document, language))
