"""``setsuden pilot``: a short measured study of training and inference, its forecast and its decision."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell, terminal_width
from setsuden.cli.ledger_option import ledger_option
from setsuden.cli.studied import conducted, resume_option, study_argument
from setsuden.language import Language, Messages

DEFAULT_OUT = Path("out/pilot")


@click.command()
@study_argument
@click.option("--data", help="Data set; see `setsuden data list`. Default: fashion-mnist if at hand, else digits.")
@click.option("--models", help="Models of the zoo or module:factory, separated by commas. Default: five small ones.")
@click.option("--batch-sizes", help="Whole numbers from 1, separated by commas. Default: 16,64,256.")
@click.option("--minutes", type=float, help="Minutes of measuring, all included; above 0. Default: 5.")
@click.option("--budget-kwh", type=float, help="Energy the pilot itself may take; above 0. Default: no limit.")
@click.option("--epochs", type=int, help="Epochs of the full training that is forecast; from 1. Default: 20.")
@click.option("--requests", type=int, help="Requests over the life of the model; from 0. Default: 1000000.")
@click.option("--trainings", type=int, help="How often the full training will be done; from 1. Default: 1.")
@click.option(
    "--accuracy-floor", type=float, help="Least accuracy, between 0 and 1. Default: the best one seen, less 0.01."
)
@click.option("--latency-ms", type=float, help="Longest p90 latency of a served batch, ms, above 0. Default: no limit.")
@click.option(
    "--price", metavar="PRICE", help="Of a kWh, such as '30 JPY'. Default: that of the site where an open one is known."
)
@click.option("--site", help="Where it runs, for carbon and cost, such as JP; see `setsuden catalogue`.")
@click.option("--seed", type=int, help="Of weights, samples and order; from 0. Default: 1.")
@click.option("--protocol", help="default, or mlperf-like: minute-long windows, five repeats (not an MLPerf result).")
@click.option(
    "--out",
    type=click.Path(file_okay=True, path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    help="Folder for result.json and the reports.",
)
@resume_option("pilot")
@click.option("--example", is_flag=True, help="Print a commented study and exit.")
@ledger_option
@json_option
@lang_option
def pilot(
    study: Path | None, out: Path, resume: str | None, example: bool, ledger_path: Path | None, as_json: bool,
    language: Language, **options: Any,
) -> None:  # fmt: skip
    """Measure training and inference of real models here, forecast full runs, and say what to choose.

    STUDY is a YAML file (see --example); without one, five models of the zoo run at three batch sizes on Fashion-MNIST
    if it is at hand, else on the digits of scikit-learn. Options go before the file's values. Writes result.json and
    the reports into --out; progress goes to stderr. An interrupted pilot continues with --resume.
    """
    from setsuden.study.example import example_text

    if example:
        click.echo(example_text(), nl=False)
        return
    from setsuden.places import Declared
    from setsuden.study.output import check_folder
    from setsuden.study.pilot import run_pilot
    from setsuden.study.store import KIND

    check_folder(out)
    document = conducted(KIND, run_pilot, Declared, study, resume, options, ledger_path, language)
    paths = _write(document, out)
    if as_json:
        print_json(document)
    else:
        _say(document, out, paths, language)


def _write(document: Mapping[str, Any], out: Path) -> list[Path]:
    from setsuden import report
    from setsuden.study.output import write_result

    return [write_result(document, out), *report.write(document, out)]


def _say(document: Mapping[str, Any], out: Path, paths: list[Path], language: Language) -> None:
    from setsuden import report

    messages = Messages("study", language)
    tell(report.text_summary(document, language, None if out == DEFAULT_OUT else str(out), terminal_width()))
    planned = len(document["configurations"])
    tell(
        messages.say(
            "done.run",
            run=document["reproduce"]["run_id"],
            measured=planned,
            minutes=f"{document['pilot_cost']['duration_s'] / 60:.1f}",
        )
    )
    tell(messages.say("done.written", paths=", ".join(map(str, paths))))
