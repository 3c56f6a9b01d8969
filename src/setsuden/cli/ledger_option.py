"""What the commands over the ledger share: which file, and how tables and durations are written."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from setsuden.language import columns
from setsuden.ledger import Ledger
from setsuden.quantity import Estimate, Provenance, render

ledger_option = click.option(
    "--ledger",
    "ledger_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ledger file; default: $SETSUDEN_LEDGER, else ledger.sqlite in your data folder.",
)

correct_option = click.option(
    "--correct",
    "corrections",
    metavar="RUN_OR_FILE",
    multiple=True,
    help="Apply what calibrate --sensor found: a run's, or a JSON file's. Every figure then says so.",
)


def open_ledger(path: Path | None) -> Ledger:
    """The ledger, for reading; raises LedgerError where there is none."""
    return Ledger.open(path, create=False)


def duration(seconds: float | None, unknown: str) -> str:
    """``12.3 s`` or ``4.56 min``."""
    if seconds is None:
        return unknown
    return render(Estimate.exact(seconds, "s", Provenance.MEASURED))


def figure(estimate: Estimate | None, unknown: str) -> str:
    """An estimate with its interval, or the word for unknown."""
    return unknown if estimate is None else render(estimate)


def table(header: str, rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns under a header written ``a|b|c``; on a terminal too narrow for them, one cell a line."""
    head = header.split("|")
    lines = columns.table(head, rows, left=len(head))
    fits = not sys.stdout.isatty() or max(map(columns.width, lines)) <= shutil.get_terminal_size().columns
    return lines if fits else columns.stacked(head, rows)
