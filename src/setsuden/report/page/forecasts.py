"""Forecasts of the pilot's own trainings while they ran, beside what came out."""

from __future__ import annotations

import statistics

from setsuden.quantity import significant
from setsuden.report.page.context import Context
from setsuden.report.page.parts import Block, Cell, Head, Section, Table, Text, boundaries_text
from setsuden.report.record import Said, Watched


def forecasts_section(context: Context) -> Section:
    """The first forecast of every training, what it took in the end, and the error."""
    words = context.words
    heading = words("forecasts.heading")
    judged = [
        (run, run.said[0]) for run in context.pilot.forecasts if run.said and run.outcome and run.outcome.complete
    ]
    if not judged:
        return Section("forecasts", heading, [Text(words("forecasts.missing"), "missing")])
    errors = [abs(said.energy_error) for _, said in judged if said.energy_error is not None]
    blocks: list[Block] = []
    if errors:
        blocks.append(
            Text(
                words(
                    "forecasts.lead",
                    trainings=len(judged),
                    median=f"{significant(statistics.median(errors) * 100, 2)} %",
                    worst=f"{significant(max(errors) * 100, 2)} %",
                )
            )
        )
    blocks.append(_table(judged, context))
    return Section("forecasts", heading, blocks)


def _table(judged: list[tuple[Watched, Said]], context: Context) -> Table:
    words = context.words
    energy, said_cells = context.column([said.energy for _, said in judged], words("forecasts.energy"))
    came = [run.outcome.energy if run.outcome is not None else None for run, _ in judged]
    came_head, came_cells = context.column(came, words("forecasts.came_out"))
    time, time_cells = context.column([said.duration for _, said in judged], words("forecasts.time"))
    rows = [
        [
            Cell(_name(run.name, context)),
            Cell(f"{said.share:.0%}"),
            said_cell,
            came_cell,
            Cell(_percent(said.energy_error, words("table.none"))),
            Cell(_percent(None if run.first_epoch is None else run.first_epoch.energy_error, words("table.none"))),
            time_cell,
            Cell(_percent(said.duration_error, words("table.none"))),
            Cell(_percent(None if run.first_epoch is None else run.first_epoch.duration_error, words("table.none"))),
        ]
        for (run, said), said_cell, came_cell, time_cell in zip(judged, said_cells, came_cells, time_cells, strict=True)
    ]
    heads = [
        Head(words("forecasts.training"), numeric=False),
        Head(words("forecasts.at")),
        energy,
        came_head,
        Head(words("forecasts.error"), "%"),
        Head(words("forecasts.first_epoch"), "%"),
        time,
        Head(words("forecasts.error"), "%"),
        Head(words("forecasts.first_epoch"), "%"),
    ]
    figures = [said.energy for _, said in judged if said.energy is not None]
    return Table(
        "forecasts-table",
        words("forecasts.caption"),
        heads,
        rows,
        boundary=boundaries_text(figures, words),
        note=words("forecasts.note"),
        stacked=True,
    )


def _name(identity: str, context: Context) -> str:
    """What its configuration is called; the id itself where the document has no such configuration."""
    found = next((item for item in context.pilot.configurations if item.id == identity), None)
    return identity if found is None else context.names.short(found)


def _percent(error: float | None, none: str) -> str:
    return none if error is None else f"{error * 100:+.1f}"
