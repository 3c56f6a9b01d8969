"""``setsuden place``: edge, cloud or split, with both views of what the network costs."""

from __future__ import annotations

from pathlib import Path

import click

from setsuden.cli.common import failing_clearly, json_option, lang_option, print_json
from setsuden.language import Language, Messages


@click.command()
@click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--example", is_flag=True, help="Print a commented question and exit.")
@click.option(
    "--out",
    type=click.Path(file_okay=True, path_type=Path),
    help="Folder for result.json and the pages; default: none.",
)
@json_option
@lang_option
@failing_clearly
def place(study: Path | None, example: bool, out: Path | None, as_json: bool, language: Language) -> None:
    """Say where to run a model, per request: on the device, on a server nearby, in the cloud, or split.

    STUDY is a YAML file (see --example); without one, the example is answered. Both ways to count the network are
    always shown: its average, and what one more transfer really draws.
    """
    from setsuden.placement.inference.reading import example_text, read_example, read_file

    if example:
        click.echo(example_text(), nl=False)
        return
    from setsuden.placement.inference import answer
    from setsuden.placement.inference.document import document
    from setsuden.placement.inference.text import text
    from setsuden.study.output import check_folder, write_result

    if out is not None:
        check_folder(out)
    found = answer(read_file(study) if study is not None else read_example())
    plain = document(found)
    paths: list[Path] = []
    if out is not None:
        from setsuden.report.place import write

        paths = [write_result(plain, out), *write(found, out)]
    if as_json:
        print_json(plain)
        return
    click.echo(text(found, language))
    if paths:
        click.echo(Messages("placement", language).say("text.written", paths=", ".join(map(str, paths))))
