"""``setsuden data make``: a stand-in for a data set that cannot be had offline."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from setsuden import __version__
from setsuden.cli.common import json_option, lang_option, print_json
from setsuden.language import Language, Messages


@click.command("make")
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to make it in; without it, the user's cache.")
@click.option("--per-class", type=int, help="Training images of each class; a fifth as many are held out.")
@click.option("--side", type=int, help="Pixels along one side, class folders only.")
@click.option("--photographs", type=click.Path(path_type=Path), help="Folder of own photographs, one class each.")
@click.option("--speakers", type=int, help="Made-up speakers; a fifth of them is held out.")
@click.option("--takes", type=int, help="Times each speaker says each word.")
@click.option("--seed", type=int, default=0, show_default=True, help="What the making draws from.")
@json_option
@lang_option
def make_data(
    name: str,
    out: Path | None,
    per_class: int | None,
    side: int | None,
    photographs: Path | None,
    speakers: int | None,
    takes: int | None,
    seed: int,
    as_json: bool,
    language: Language,
) -> None:
    """Make a stand-in: photo-10, sample-10, texture-10, photo-folders, texture-folders, espeak-keywords or
    formant-keywords.

    It shows that the machinery works and what a pass costs, never the accuracy on the data whose place it takes.
    """
    from setsuden.workload.data.make import Settings, make

    settings = Settings(per_class=per_class, side=side, photographs=photographs, speakers=speakers, takes=takes)
    made = make(name, out, settings, seed)
    if as_json:
        document = {**asdict(made), "folder": str(made.folder), "classes": list(made.classes)}
        print_json({"schema": "setsuden:data-made", "version": 1, "setsuden_version": __version__, **document})
        return
    messages = Messages("data", language)
    values = {**asdict(made), "root": f" --root {made.folder}" if out and not made.spec.startswith("images:") else ""}
    for line in ("made.what", "made.how", "made.use", "made.worth"):
        click.echo(messages.say(line, **values))
