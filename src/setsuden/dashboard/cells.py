"""Cells and cards that several pages have: a run that leads to its page, a figure in the unit of its column."""

from __future__ import annotations

from setsuden.dashboard.request import Request
from setsuden.dashboard.words import NOTHING, DashboardWords
from setsuden.ledger.record import RunSummary
from setsuden.quantity import Estimate
from setsuden.report.numbers import shown
from setsuden.report.page.parts import Card, Cell, boundary_text


def run_cell(summary: RunSummary, request: Request, words: DashboardWords) -> Cell:
    """The name of a run, which leads to its page, with its id below."""
    name = summary.name or words("group.nameless")
    return Cell(name, small=summary.id, link=request.link(f"/run/{summary.id}"))


def figure_cell(estimate: Estimate | None, unit: str, words: DashboardWords) -> Cell:
    """A figure in ``unit``; a dash for one that is not known."""
    return Cell(NOTHING) if estimate is None else Cell(figure=shown(estimate, words.messages, in_unit=unit))


def figure_card(identity: str, estimate: Estimate, words: DashboardWords) -> Card:
    """A figure of the top of a page; ``identity`` is the key of its name."""
    boundary = boundary_text(estimate.boundary, words)
    return Card(identity, words(f"card.{identity}"), shown(estimate, words.messages), "method", boundary)
