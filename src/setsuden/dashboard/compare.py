"""Runs side by side: differences and ratios with intervals, or too close to call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from setsuden.dashboard.cells import figure_cell, run_cell
from setsuden.dashboard.pricing import Pricing
from setsuden.dashboard.request import Request
from setsuden.dashboard.view import Link, View
from setsuden.dashboard.words import NOTHING, DashboardWords, column_unit, figure, span
from setsuden.language import Messages
from setsuden.ledger import RunRecord
from setsuden.ledger.comparison import CLOSE, LESS, UNKNOWN, Comparison, compare_runs
from setsuden.quantity import Estimate, render
from setsuden.report.numbers import unit_text
from setsuden.report.page.parts import (
    Block,
    Bullets,
    Cell,
    Chart,
    Head,
    Page,
    Section,
    Table,
    Text,
    provenance_entries,
    two_widths,
)
from setsuden.report.svg.stacked import Piece, StackedBar, stacked_bars

MOST = 12


def compare(records: Sequence[RunRecord], pricing: Pricing, request: Request, words: DashboardWords) -> View:
    """The page; the first run is what the others are compared with. Raises InputError for fewer than two."""
    found = compare_runs(records[:MOST])
    close = all(difference.verdict in (CLOSE, UNKNOWN) for difference in found.differences)
    pill = "too-close" if close else "clear"
    page = Page(
        language=words.language,
        title=words("compare.title"),
        study=words("place.compare"),
        facts=(),
        headline=_headline(found, words),
        because=_times(found, words),
        sure=words("compare.shared" if any(d.shared for d in found.differences) else "compare.apart"),
        confidence=pill,
        confidence_word=words(f"compare.pill_{pill.replace('-', '_')}"),
        warnings=_warnings(found, words),
        hero=_bars(found, words),
        sections=[
            Section("figures", words("section.figures"), [_table(found, pricing, request, words)]),
            Section("differences", words("section.differences"), _differences(found, request, words)),
            Section("method", words("section.known"), [Bullets([words("compare.method")]), provenance_entries(words)]),
        ],
    )
    return View(page, words, request, links=[Link(words("link.runs"), request.link("/runs"))])


def _headline(found: Comparison, words: DashboardWords) -> str:
    """The first difference in words."""
    first = found.differences[0]
    values = {"name": _name(first.run), "other": _name(found.baseline)}
    if first.energy is None or first.verdict == UNKNOWN:
        return words("compare.unknown", **values)
    if first.verdict == CLOSE:
        return words("compare.close", **values)
    less = first.verdict == LESS
    energy = figure(first.energy * -1.0 if less else first.energy, interval=False)
    return words("compare.less" if less else "compare.more", energy=energy, **values)


def _times(found: Comparison, words: DashboardWords) -> str:
    """How many times as much each run took."""
    return words.sentences(
        words("compare.times", name=_name(difference.run), ratio=render(difference.ratio))
        for difference in found.differences
        if difference.ratio is not None
    )


def _name(record: RunRecord) -> str:
    return f"{record.name} ({record.id.rpartition('-')[2]})"


def _warnings(found: Comparison, words: DashboardWords) -> list[str]:
    said = []
    if not found.same_coverage:
        counted = " / ".join("+".join(sorted(components)) or NOTHING for components in found.components)
        said.append(words("compare.coverage", components=counted))
    if len({(run.environment.get("hardware") or {}).get("processor") for run in found.runs}) > 1:
        said.append(words("compare.machines"))
    said.append(Messages("meter", words.language).say("compare.repeat"))
    return said


def _bars(found: Comparison, words: DashboardWords) -> Chart | None:
    unit = column_unit(run.summary.energy for run in found.runs)
    bars = []
    for run in found.runs:
        if (energy := run.summary.energy) is not None:
            ends = energy.to(unit)
            pieces = [Piece(0, ends.value, figure(energy))]
            bars.append(StackedBar(_name(run), pieces, figure(energy, interval=False), ends.low, ends.high))
    if not bars:
        return None
    draw = partial(stacked_bars, bars, x_title=unit_text(unit, words.messages))
    return two_widths("energies", words("compare.chart"), words("compare.chart_note"), draw, wide=900)


def _table(found: Comparison, pricing: Pricing, request: Request, words: DashboardWords) -> Table:
    def carbon(energy: Estimate | None) -> Estimate | None:
        return None if energy is None else pricing.of(energy).total_carbon

    columns: list[tuple[str, list[Estimate | None]]] = [
        ("energy", [run.summary.energy for run in found.runs]),
        ("dynamic", [run.summary.dynamic for run in found.runs]),
        ("power", [run.root.average_power if run.root is not None else None for run in found.runs]),
        ("carbon", [carbon(run.summary.energy) for run in found.runs]),
    ]
    units = {name: column_unit(values) for name, values in columns}
    heads = [Head(words("head.run"), numeric=False), Head(words("head.duration"))]
    heads += [Head(words(f"head.{name}"), unit_text(units[name], words.messages)) for name, _ in columns]
    heads.append(Head(words("head.instead"), numeric=False))
    rows = []
    for number, run in enumerate(found.runs):
        others = [run.id, *(other.id for other in found.runs if other is not run)]
        cells = [run_cell(run.summary, request, words), Cell(span(run.summary.duration_s))]
        cells += [figure_cell(values[number], units[name], words) for name, values in columns]
        again = Cell(words("compare.baseline")) if number == 0 else Cell(
            words("compare.make_baseline"), link=request.link("/compare", runs=others)
        )  # fmt: skip
        rows.append([*cells, again])
    return Table("figures-table", words("section.figures"), heads, rows, stacked=True)


def _differences(found: Comparison, request: Request, words: DashboardWords) -> list[Block]:
    heads = [
        Head(words("head.run"), numeric=False),
        Head(words("head.difference")),
        Head(words("head.ratio")),
        Head(words("head.verdict"), numeric=False),
    ]
    rows = [
        [
            run_cell(d.run.summary, request, words),
            Cell(figure(d.energy)),
            Cell(figure(d.ratio)),
            Cell(words(f"verdict.{d.verdict}")),
        ]
        for d in found.differences
    ]
    lead = words("compare.with", name=_name(found.baseline))
    return [Text(lead), Table("differences-table", words("section.differences"), heads, rows)]
