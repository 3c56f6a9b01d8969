"""``setsuden place``: edge, cloud or split, and where and when to train."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from setsuden.cli.answered import Answered, out_option
from setsuden.cli.common import json_option, lang_option
from setsuden.cli.ledger_option import ledger_option, open_ledger
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.places import Declared


@click.command()
@click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--example", is_flag=False, flag_value="inference", type=click.Choice(["inference", "training"]),
    help="Print a commented question and exit.",
)  # fmt: skip
@out_option
@click.option("--payload-run", metavar="RUN", help="Take the payload from the bytes that a run of the ledger moved.")
@click.option("--payload-requests", type=float, metavar="N", help="Requests that run answered.  [x>0]")
@ledger_option
@json_option
@lang_option
def place(
    study: Path | None,
    example: str | None,
    out: Path | None,
    payload_run: str | None,
    payload_requests: float | None,
    ledger_path: Path | None,
    as_json: bool,
    language: Language,
) -> None:
    """Say where to run a model, per request, or where and when to train one.

    STUDY is a YAML file (see --example and --example training); without one, the example of inference is answered: on
    the device, on a server nearby, in the cloud, or split. Both ways to count the network are always shown: its
    average, and what one more transfer really draws.
    """
    from setsuden.placement.inference import reading as inference
    from setsuden.placement.training import reading as training
    from setsuden.places import parse_yaml, read_yaml
    from setsuden.study.output import check_folder

    if example:
        click.echo((training if example == "training" else inference).example_text(), nl=False)
        return
    if out is not None:
        check_folder(out)
    declared = read_yaml(study, "place") if study else parse_yaml(inference.example_text(), "example.yaml", "place")
    if (payload_run is None) != (payload_requests is None):
        raise InputError("--payload-run and --payload-requests go together", place="--payload-run")
    if "training" in declared.data:
        if payload_run is not None:
            raise InputError("a training has no payload per request", place="--payload-run", value=payload_run)
        answered = _training(declared, language)
    else:
        measured = None if payload_run is None else (payload_run, payload_requests or 0.0, ledger_path)
        answered = _inference(declared, language, measured)
    answered.tell("placement", language, out=out, as_json=as_json, of_example=study is None)


def _inference(declared: Declared, language: Language, measured: tuple[str, float, Path | None] | None) -> Answered:
    from setsuden.placement.inference import answer
    from setsuden.placement.inference.document import document
    from setsuden.placement.inference.reading import read
    from setsuden.placement.inference.text import text

    question = read(declared)
    if measured is not None:
        from setsuden.placement.inference.measured_payload import with_measured_payload

        with open_ledger(measured[2]) as kept:
            question = with_measured_payload(question, kept.run(measured[0]), measured[1])
    found = answer(question)

    def write(folder: Path) -> list[Path]:
        from setsuden.report import place

        return place.write(found, folder)

    return Answered(document(found), text(found, language), write)


def _training(declared: Declared, language: Language) -> Answered:
    from setsuden.placement.training import answer
    from setsuden.placement.training.document import document
    from setsuden.placement.training.reading import read
    from setsuden.placement.training.text import text

    found = answer(read(declared))

    def write(folder: Path) -> list[Path]:
        from setsuden.report import train

        return train.write(found, folder)

    return Answered(document(found), text(found, language), write)
