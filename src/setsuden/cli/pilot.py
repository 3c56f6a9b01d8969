"""``setsuden pilot``: a short measured study of training and inference, its forecast and its decision."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import failing_clearly, json_option, lang_option, print_json
from setsuden.cli.ledger_option import ledger_option
from setsuden.errors import InputError
from setsuden.language import Language, Messages

if TYPE_CHECKING:
    from setsuden.ledger import Ledger, RunRecord
    from setsuden.study.places import Declared, FieldPath

NEWEST = ""
DEFAULT_OUT = Path("out/pilot")

# option -> where its value belongs in the declaration
_OVERRIDES: dict[str, FieldPath] = {
    "data": ("data", "name"),
    "models": ("models",),
    "batch_sizes": ("batch_sizes",),
    "minutes": ("measure", "minutes"),
    "budget_kwh": ("measure", "energy_budget_j"),
    "epochs": ("question", "epochs"),
    "requests": ("question", "requests"),
    "trainings": ("question", "trainings"),
    "accuracy_floor": ("constraints", "accuracy_floor"),
    "latency_ms": ("constraints", "latency_ms"),
    "site": ("site",),
    "protocol": ("protocol",),
    "seed": ("seed",),
}


@click.command()
@click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path))
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
@click.option("--resume", is_flag=False, flag_value=NEWEST, metavar="[RUN]", help="Continue an interrupted pilot.")
@click.option("--example", is_flag=True, help="Print a commented study and exit.")
@ledger_option
@json_option
@lang_option
@failing_clearly
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
    from setsuden.ledger import Ledger
    from setsuden.study.output import check_folder

    check_folder(out)
    with Ledger.open(ledger_path) as ledger:
        record = _interrupted(ledger, resume)
        declared = _declared(study, options, record)
        document = _run(ledger, declared, record, language)
    paths = _write(document, out)
    if as_json:
        print_json(document)
    else:
        _say(document, out, paths, language)


def _declared(study: Path | None, options: Mapping[str, Any], record: RunRecord | None) -> Declared:
    """What the file says, with the options on top; resuming without either repeats what was declared."""
    from setsuden.study.places import Declared, read_yaml
    from setsuden.study.store import declared_in

    given = {name: value for name, value in options.items() if value is not None}
    if study is not None:
        declared = read_yaml(study)
    elif record is not None and not given:
        declared = Declared(declared_in(record)[0], {})
    else:
        declared = Declared()
    override(declared, given)
    return declared


def override(declared: Declared, given: Mapping[str, Any]) -> None:
    """Put the options that were given on top of what was declared."""
    for name, value in given.items():
        option = "--" + name.replace("_", "-")
        declared.override(option, _OVERRIDES[name], _parsed(name, option, value))


def _parsed(name: str, option: str, value: Any) -> Any:
    if name == "models":
        return [part.strip() for part in value.split(",") if part.strip()]
    if name == "budget_kwh":
        return value * 3.6e6
    if name != "batch_sizes":
        return value
    try:
        return [int(part) for part in value.split(",") if part.strip()]
    except ValueError:
        raise InputError(
            "must be whole numbers separated by commas", place=option, value=value, remedy="Example: 16,64,256."
        ) from None


def _interrupted(ledger: Ledger, resume: str | None) -> RunRecord | None:
    from setsuden.study.store import unfinished

    return None if resume is None else unfinished(ledger, None if resume == NEWEST else resume)


def _run(ledger: Ledger, declared: Declared, record: RunRecord | None, language: Language) -> dict[str, Any]:
    from setsuden.study.pilot import Surroundings, run_pilot
    from setsuden.study.progress import Line
    from setsuden.study.reading import checked

    around = Surroundings()
    try:
        return run_pilot(
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


def _write(document: Mapping[str, Any], out: Path) -> list[Path]:
    from setsuden import report
    from setsuden.study.output import write_result

    return [write_result(document, out), *report.write(document, out)]


def _say(document: Mapping[str, Any], out: Path, paths: list[Path], language: Language) -> None:
    from setsuden import report

    messages = Messages("study", language)
    click.echo(report.text_summary(document, language, None if out == DEFAULT_OUT else str(out)))
    planned = len(document["configurations"])
    click.echo(
        messages.say(
            "done.run",
            run=document["reproduce"]["run_id"],
            measured=planned,
            minutes=f"{document['pilot_cost']['duration_s'] / 60:.1f}",
        )
    )
    click.echo(messages.say("done.written", paths=", ".join(map(str, paths))))
