"""What ``place`` and ``lifecycle`` share: an answer printed as JSON or words, and written with its pages on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from setsuden.cli.common import print_json, tell
from setsuden.language import Language, Messages

out_option = click.option(
    "--out",
    type=click.Path(file_okay=True, path_type=Path),
    help="Folder for result.json and the pages; default: none.",
)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer in all its forms.

    document    as JSON
    said        as words for the terminal
    write       writes its pages into a folder and names them
    """

    document: dict[str, Any]
    said: str
    write: Callable[[Path], list[Path]]

    def tell(self, room: str, language: Language, *, out: Path | None, as_json: bool, of_example: bool) -> None:
        """Write into ``out`` where one is named, then print; ``room`` has the words around it."""
        from setsuden.study.output import write_result

        paths = [] if out is None else [write_result(self.document, out), *self.write(out)]
        if as_json:
            print_json(self.document)
            return
        say = Messages(room, language).say
        tell(self.said)
        if of_example:
            tell("\n" + say("text.example"))
        if paths:
            tell(say("text.written", paths=", ".join(map(str, paths))))
