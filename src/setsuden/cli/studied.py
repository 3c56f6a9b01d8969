"""What ``pilot`` and ``tune`` share: what is declared, which run goes on, how progress is shown and a stop is told."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.errors import InputError
from setsuden.language import Language, Messages

if TYPE_CHECKING:
    from setsuden.ledger import RunRecord
    from setsuden.places import Declared, FieldPath

_NEWEST = ""

study_argument = click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path))

# option -> where its value belongs in the declaration
_OVERRIDES: dict[str, FieldPath] = {
    "data": ("data", "name"),
    "models": ("models",),
    "batch_sizes": ("batch_sizes",),
    "device": ("device",),
    "power_limits": ("power_limits_w",),
    "minutes": ("measure", "minutes"),
    "budget_kwh": ("measure", "energy_budget_j"),
    "epochs": ("question", "epochs"),
    "requests": ("question", "requests"),
    "trainings": ("question", "trainings"),
    "accuracy_floor": ("constraints", "accuracy_floor"),
    "latency_ms": ("constraints", "latency_ms"),
    "site": ("site",),
    "price": ("price",),
    "protocol": ("protocol",),
    "seed": ("seed",),
}

# option -> how one of its values is read, what they are called, an example
_NUMBERS: dict[str, tuple[Callable[[str], float], str, str]] = {
    "batch_sizes": (int, "whole numbers", "16,64,256"),
    "power_limits": (float, "watts", "150,200,250"),
}


def resume_option(what: str) -> Callable[[Any], Any]:
    """``--resume``, alone or with a run."""
    return click.option(
        "--resume", is_flag=False, flag_value=_NEWEST, metavar="[RUN]", help=f"Continue an interrupted {what}."
    )


def conducted(
    kind: str,
    run: Callable[..., dict[str, Any]],
    otherwise: Callable[[], Declared],
    study: Path | None,
    resume: str | None,
    options: Mapping[str, Any],
    ledger_path: Path | None,
    language: Language,
) -> dict[str, Any]:
    """The document of a study of ``kind``, which is also the command's name.

    run         ``run_pilot`` or one that takes the same
    otherwise   what is declared where there is no file
    options     by name; None where one was not given
    """
    from setsuden.ledger import Ledger
    from setsuden.study.progress import Line
    from setsuden.study.reading import checked
    from setsuden.study.store import unfinished
    from setsuden.study.surroundings import Surroundings

    given = {name: value for name, value in options.items() if value is not None}
    around = Surroundings()
    with Ledger.open(ledger_path) as ledger:
        record = None if resume is None else unfinished(ledger, None if resume == _NEWEST else resume, kind)
        declared = _declared(kind, otherwise, study, record, given)
        try:
            return run(
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


def _declared(
    kind: str,
    otherwise: Callable[[], Declared],
    study: Path | None,
    record: RunRecord | None,
    given: Mapping[str, Any],
) -> Declared:
    """What the file says, with the options on top; resuming without either repeats what was declared."""
    from setsuden.places import Declared, read_yaml
    from setsuden.study.store import declared_in

    if study is not None:
        declared = read_yaml(study, kind)
    elif record is not None and not given:
        declared = Declared(declared_in(record)[0], {})
    else:
        declared = otherwise()
    for name, value in given.items():
        option = "--" + name.replace("_", "-")
        declared.override(option, _OVERRIDES[name], _parsed(name, option, value))
    return declared


def _parsed(name: str, option: str, value: Any) -> Any:
    if name == "models":
        return [part.strip() for part in value.split(",") if part.strip()]
    if name == "budget_kwh":
        return value * 3.6e6
    if name not in _NUMBERS:
        return value
    number, kind, example = _NUMBERS[name]
    try:
        return [number(part) for part in value.split(",") if part.strip()]
    except ValueError:
        raise InputError(
            f"must be {kind} separated by commas", place=option, value=value, remedy=f"Example: {example}."
        ) from None
