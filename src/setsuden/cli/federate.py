"""``setsuden federate``: train across devices for real, count it, price it anywhere, compare with one place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import WholeHelp, json_option, lang_option, print_json, tell
from setsuden.cli.federate_price import price
from setsuden.cli.federate_scenario import plan, simulate
from setsuden.cli.federate_table import table
from setsuden.cli.ledger_option import ledger_option
from setsuden.errors import require
from setsuden.language import Language, Messages

if TYPE_CHECKING:
    from setsuden.federated.study.declaration import FederationDeclaration
    from setsuden.federated.study.run import Outcome

DEFAULT_OUT = Path("out/federate")
_TRAIN = "train"


class _WithDefault(WholeHelp):
    """A group whose first word may be left out: what names no sub-command is a study to train."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [_TRAIN, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_WithDefault)
def federate() -> None:
    """Train across devices without moving their data; count, price and compare it.

    `setsuden federate [STUDY.yaml]` is short for `setsuden federate train [STUDY.yaml]`.
    """


federate.add_command(price)
federate.add_command(simulate)
federate.add_command(plan)
federate.add_command(table)


@federate.command()
@click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--engine", type=click.Choice(["embedded", "flower"]), help="What trains; goes before the file's value.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes of the embedded engine; from 1.")
@click.option("--fleet", "fleet_path", type=click.Path(dir_okay=False, path_type=Path), help="Fleet file to price on.")
@click.option(
    "--out",
    type=click.Path(file_okay=True, path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    help="Folder for traces, result.json and the pages; an interrupted study goes on from it.",
)
@click.option(
    "--example", is_flag=False, flag_value="study", type=click.Choice(["study", "fleet"]),
    help="Print a commented study (or fleet) and exit.",
)  # fmt: skip
@ledger_option
@json_option
@lang_option
def train(
    study: Path | None,
    engine: str | None,
    workers: int | None,
    fleet_path: Path | None,
    out: Path,
    example: str | None,
    ledger_path: Path | None,
    as_json: bool,
    language: Language,
) -> None:
    """Train every topology of a study for real, and the same model in one place; price and compare.

    STUDY is a YAML file (see --example); without one, the example itself is trained: the digits of scikit-learn on
    twenty devices. Progress goes to stderr. Run again with the same --out, an interrupted study goes on.
    """
    from setsuden.federated.study import reading
    from setsuden.federated.study.document import document
    from setsuden.federated.study.run import run
    from setsuden.federated.study.text import text
    from setsuden.ledger import Ledger
    from setsuden.places import parse_yaml, read_yaml
    from setsuden.study.output import check_folder, write_result

    if example:
        from setsuden.federated.fleet import example_text as fleet_example

        click.echo(fleet_example() if example == "fleet" else reading.example_text(), nl=False)
        return
    check_folder(out)
    declared = read_yaml(study, "federate") if study else parse_yaml(reading.example_text(), "example.yaml", "federate")
    for option, value in (("engine", engine), ("workers", workers), ("fleet", fleet_path and str(fleet_path))):
        if value is not None:
            declared.override(f"--{option}", (option,), value)
    _require_packages(reading.declaration(declared))
    federation = reading.read(declared)
    fleet = reading.read_fleet(declared, federation, study.parent if study and fleet_path is None else Path())
    progress, messages = _Progress(language), Messages("federated", language)
    with Ledger.open(ledger_path) as ledger:
        try:
            found = run(federation, fleet, out=out, ledger=ledger, watcher=progress)
        except KeyboardInterrupt:
            click.echo(messages.say("text.interrupted"), err=True)
            raise
    if found.unrecorded is not None:
        progress.unrecorded(found.unrecorded)
    plain = document(found)
    paths = [write_result(plain, out), *_pages(found, out)]
    if as_json:
        print_json(plain)
        return
    tell(text(found, language))
    tell(messages.say("text.written", paths=", ".join(map(str, paths))))


def _require_packages(said: FederationDeclaration) -> None:
    """Everything that is missing at once, before data are loaded."""
    engine = {"embedded": "federated", "flower": "flower"}[said.engine]
    modules = ["torch"]
    if said.engine == "flower":
        modules.append("flwr")
    if said.data.name == "digits":
        modules.append("sklearn")
    require("Federated training", f"{engine},data", *modules)


def _pages(found: Outcome, out: Path) -> list[Path]:
    from setsuden.report.federated import write

    return write(found, out)


class _Progress:
    """Lines on stderr while it trains."""

    def __init__(self, language: Language) -> None:
        from setsuden.federated.study.bill_words import BillWords

        words = BillWords(language)
        self._say, self._topology = words.say, words.topology

    def training(self, task: Any, number: int, of: int) -> None:
        """A training begins."""
        self._tell(
            "progress.training", number=number, of=of, topology=self._topology(task.topology.name), seed=task.seed
        )

    def round(self, task: Any, done: Any) -> None:
        """A round has ended: accuracy, joules and grams of the declared fleet so far."""
        from setsuden.quantity import Estimate, Provenance, render

        spent = ""
        if done.spent.energy_j is not None and done.spent.carbon_g is not None:
            energy = Estimate.exact(float(done.spent.energy_j), "J", Provenance.ASSUMED)
            carbon = Estimate.exact(float(done.spent.carbon_g), "gCO2e", Provenance.ASSUMED)
            spent = self._say("progress.spent", energy=render(energy), carbon=render(carbon))
        accuracy = self._say("progress.unknown") if done.accuracy is None else f"{done.accuracy:.1%}"
        self._tell(
            "progress.round", round=done.round, replied=done.replied, asked=done.asked, accuracy=accuracy, spent=spent
        )

    def central(self, look: Any) -> None:
        """Training in one place was looked at."""
        self._tell("progress.central", samples=f"{look.samples:,}", accuracy=f"{look.accuracy:.1%}")

    def unrecorded(self, fault: str) -> None:
        """The ledger failed meanwhile."""
        self._tell("progress.unrecorded", fault=fault)

    def _tell(self, key: str, **values: object) -> None:
        click.echo(self._say(key, **values), file=sys.stderr)
