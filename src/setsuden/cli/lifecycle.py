"""``setsuden lifecycle``: the balance sheet of a model's whole life, what dominates it and what would change it."""

from __future__ import annotations

from pathlib import Path

import click

from setsuden.cli.answered import Answered, out_option
from setsuden.cli.common import json_option, lang_option
from setsuden.language import Language


@click.command()
@click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--example", is_flag=True, help="Print a commented life and exit.")
@out_option
@json_option
@lang_option
def lifecycle(study: Path | None, example: bool, out: Path | None, as_json: bool, language: Language) -> None:
    """Add up develop, train, adapt, serve, move data and make the hardware; say what dominates and what turns it.

    STUDY is a YAML file (see --example); without one, the example is answered.
    """
    from setsuden.lifecycle.reading import example_text, read_example, read_file

    if example:
        click.echo(example_text(), nl=False)
        return
    from setsuden.lifecycle import answer
    from setsuden.lifecycle.document import document
    from setsuden.lifecycle.text import text
    from setsuden.study.output import check_folder

    if out is not None:
        check_folder(out)
    found = answer(*(read_file(study) if study is not None else read_example()))

    def write(folder: Path) -> list[Path]:
        from setsuden.report import life

        return life.write(found, folder)

    Answered(document(found), text(found, language), write).tell(
        "lifecycle", language, out=out, as_json=as_json, of_example=study is None
    )
