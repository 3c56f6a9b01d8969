"""``setsuden federate table``: several studies in one table, data set and set-up against country."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.errors import InputError
from setsuden.language import Language


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@lang_option
def table(results: tuple[Path, ...], as_json: bool, language: Language) -> None:
    """Put studies into one table: data set and set-up against country, on one grid and across grids.

    RESULTS are the result.json files that `federate` wrote (or their folders), of studies with compare: countries.
    """
    from dataclasses import asdict

    from setsuden.federated.study.table import table as made
    from setsuden.federated.study.table_words import TableWords, columns

    found = made([_read(path) for path in results])
    if as_json:
        print_json({"schema": "setsuden:federate-table", **asdict(found)})
        return
    words = TableWords(found, language)
    tell("\n".join([*columns([words.heads(), *words.rows()]), "", *words.notes()]))


def _read(path: Path) -> dict[str, Any]:
    import json

    file = path / "result.json" if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", place=str(file), remedy="Name what `federate` wrote.") from None
    if not isinstance(document, dict) or document.get("schema") != "setsuden:federate":
        raise InputError("not the result of a federation", place=str(file), remedy="Name what `federate` wrote.")
    return document
