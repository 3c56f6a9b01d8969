"""``setsuden federate simulate`` and ``federate plan``: federations of any size, without training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.places import Declared

T = TypeVar("T")

_SCENARIO = click.argument("scenario", required=False, type=click.Path(dir_okay=False, path_type=Path))
_EXAMPLE = click.option("--example", is_flag=True, help="Print a commented scenario and exit.")


@click.command()
@_SCENARIO
@_EXAMPLE
@json_option
@lang_option
def simulate(scenario: Path | None, example: bool, as_json: bool, language: Language) -> None:
    """Count a federation of any size without training it: joules, grams, hours.

    SCENARIO is a YAML file (see --example): devices, links, hours, drop-outs and a schedule of rounds. It may take a
    turn's work from the trace of a real training, and fit carbon = k x rounds x concurrency to several.
    """
    from setsuden.federated.scenario.simulate import document, run
    from setsuden.federated.scenario.text import simulation_text

    _answer("simulate", scenario, example, as_json, run, document, lambda found: simulation_text(found, language))


@click.command()
@_SCENARIO
@_EXAMPLE
@json_option
@lang_option
def plan(scenario: Path | None, example: bool, as_json: bool, language: Language) -> None:
    """Find how to reach a target with least carbon: which settings, or training in one place, or neither.

    SCENARIO is a YAML file (see --example). Every combination of local epochs, concurrency, compression, selection,
    synchrony and start is simulated to the target; limits on carbon, time and quality are kept.
    """
    from setsuden.federated.scenario.plan import document, run
    from setsuden.federated.scenario.text import plan_text

    _answer("plan", scenario, example, as_json, run, document, lambda planned: plan_text(planned, language))


def _answer(
    name: str,
    scenario: Path | None,
    example: bool,
    as_json: bool,
    run: Callable[[Declared, Path], T],
    document: Callable[[T], dict[str, Any]],
    text: Callable[[T], str],
) -> None:
    """Print the example, or what ``run`` finds in the scenario."""
    if example:
        click.echo(_example(name), nl=False)
        return
    found = run(_declared(scenario, name), _folder(scenario))
    if as_json:
        print_json(document(found))
    else:
        tell(text(found))


def _example(name: str) -> str:
    from setsuden.federated.scenario.reading import example_text

    return example_text(name)


def _declared(scenario: Path | None, name: str) -> Declared:
    from setsuden.places import read_yaml

    if scenario is None:
        raise InputError(
            "name a scenario",
            place="SCENARIO",
            remedy=f"setsuden federate {name} --example > scenario.yaml writes one.",
        )
    return read_yaml(scenario, f"federate {name}", "scenario file")


def _folder(scenario: Path | None) -> Path:
    return Path() if scenario is None else scenario.parent
