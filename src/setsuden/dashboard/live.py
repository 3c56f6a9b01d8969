"""Runs that are still going, with what they draw now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from setsuden.dashboard.cells import run_cell
from setsuden.dashboard.request import Request
from setsuden.dashboard.words import DashboardWords, figure, span
from setsuden.ledger.entries import Entry
from setsuden.quantity import Estimate
from setsuden.report.page.parts import Cell, Head, Table


def live_table(
    running: Sequence[Entry], powers: Mapping[int, Estimate | None], request: Request, words: DashboardWords
) -> Table:
    """One line for each, newest first."""
    heads = [
        Head(words("head.run"), numeric=False),
        Head(words("head.power_now")),
        Head(words("head.so_far")),
        Head(words("head.duration")),
        Head(words("head.tags"), numeric=False),
    ]
    rows = [
        [
            run_cell(entry.summary, request, words),
            Cell(figure(powers.get(entry.number))),
            Cell(figure(entry.summary.energy)),
            Cell(span(entry.summary.duration_s)),
            Cell(", ".join(entry.summary.tags)),
        ]
        for entry in running
    ]
    return Table("running-table", words("section.running"), heads, rows)
