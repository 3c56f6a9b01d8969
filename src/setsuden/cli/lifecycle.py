"""``setsuden lifecycle``: the balance sheet of a model's whole life, what dominates it and what would change it."""

from __future__ import annotations

from pathlib import Path

import click

from setsuden.cli.common import failing_clearly, json_option, lang_option, print_json
from setsuden.language import Language, Messages


@click.command()
@click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--example", is_flag=True, help="Print a commented life and exit.")
@click.option(
    "--out",
    type=click.Path(file_okay=True, path_type=Path),
    help="Folder for result.json and the pages; default: none.",
)
@json_option
@lang_option
@failing_clearly
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
    from setsuden.study.output import check_folder, write_result

    if out is not None:
        check_folder(out)
    found = answer(*(read_file(study) if study is not None else read_example()))
    plain = document(found)
    paths: list[Path] = []
    if out is not None:
        from setsuden.report.life import write

        paths = [write_result(plain, out), *write(found, out)]
    if as_json:
        print_json(plain)
        return
    click.echo(text(found, language))
    if study is None:
        click.echo("\n" + Messages("lifecycle", language).say("text.example"))
    if paths:
        click.echo(Messages("lifecycle", language).say("text.written", paths=", ".join(map(str, paths))))
