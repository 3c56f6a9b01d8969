"""Every configuration that was measured, and the trace of power while it was."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.language import Messages
from setsuden.quantity import Estimate
from setsuden.report.page.batch import PHASES
from setsuden.report.page.context import Context
from setsuden.report.page.indicators import models_table
from setsuden.report.page.parts import (
    Block,
    Cell,
    Chart,
    Head,
    Key,
    Section,
    Subheading,
    Table,
    Text,
    boundaries_text,
)
from setsuden.report.record import Configuration, Phase
from setsuden.report.svg import areas, series_class, swatch
from setsuden.report.words import Words


def trace_section(context: Context) -> Section:
    """Power over time."""
    words = context.words
    trace = context.pilot.trace
    blocks: list[Block] = []
    idle = context.pilot.idle
    for key, figure in (("trace.idle_before", idle.before), ("trace.idle_after", idle.after)):
        if figure is not None:
            blocks.append(Text(words(key, power=context.show(figure))))
    if idle.before is None and idle.after is None:
        blocks.append(Text(words("trace.no_idle"), "missing"))
    if trace is None or len(trace.t_s) < 2 or not trace.power_w:
        return Section("trace", words("trace.heading"), [Text(words("trace.missing"), "missing"), *blocks])
    names = {component: words.known("component", component) for component in trace.power_w}
    title = words("trace.title")
    wide, narrow = (
        areas(
            trace.t_s,
            trace.power_w,
            [(mark.t_s, _stage(mark.label, words)) for mark in trace.marks],
            f"trace-{name}",
            title=title,
            description=words("trace.description", components=words.listing(names.values())),
            x_title=words("trace.time"),
            y_title=words("trace.power"),
            width=width,
            height=height,
        )
        for name, width, height in (("wide", 1080, 320), ("narrow", 350, 260))
    )
    legend = [
        Key(swatch("square", f"pt {series_class(index)}"), names[component])
        for index, component in enumerate(trace.power_w)
    ]
    chart = Chart(
        "trace",
        title,
        wide,
        narrow,
        legend=legend,
        reading=words("trace.reading"),
        table=_trace_table(context),
        width="wide broad",
    )
    return Section("trace", words("trace.heading"), [chart, *blocks])


def _stage(label: str, words: Words) -> str:
    """What began at a mark: a stage of the study in the reader's language, else the label as it is."""
    messages = Messages("study", words.language)
    return messages.say(f"phase.{label}") if f"phase.{label}" in messages else label


def _trace_table(context: Context) -> Table | None:
    """The trace condensed: mean, least and most per component; 600 rows would help nobody."""
    words = context.words
    trace = context.pilot.trace
    if trace is None:
        return None
    rows = []
    for component, values in trace.power_w.items():
        known = [value for value in values if value is not None]
        if not known:
            continue
        figures = (sum(known) / len(known), min(known), max(known), len(values) - len(known))
        rows.append(
            [
                Cell(words.known("component", component)),
                *(Cell(f"{value:.1f}") for value in figures[:3]),
                Cell(str(figures[3])),
            ]
        )
    heads = [
        Head(words("trace.component"), numeric=False),
        Head(words("trace.mean"), "W"),
        Head(words("trace.least"), "W"),
        Head(words("trace.most"), "W"),
        Head(words("trace.gaps")),
    ]
    return Table("trace-table", words("trace.caption"), heads, rows)


def configurations_section(context: Context) -> Section:
    """The models, and one table of configurations per phase."""
    words = context.words
    blocks: list[Block] = []
    models = models_table(context)
    if models is not None:
        blocks += [Subheading(words("models.heading")), models]
    for phase in PHASES:
        chosen = [c for c in context.pilot.configurations if c.phase == phase]
        blocks.append(Subheading(words(f"configurations.heading_{phase}")))
        blocks.append(
            _table(phase, chosen, context) if chosen else Text(words(f"configurations.missing_{phase}"), "missing")
        )
    quality = _quality_table(context)
    blocks.append(Subheading(words("quality.heading")))
    blocks.append(quality or Text(words("quality.missing"), "missing"))
    return Section("configurations", words("configurations.heading"), blocks)


def _table(phase: Phase, chosen: Sequence[Configuration], context: Context) -> Table:
    words = context.words
    columns: list[tuple[Head, list[Cell]]] = [
        context.column([c.energy_per_sample for c in chosen], words("chart.energy_per_sample")),
        context.column([c.dynamic_energy_per_sample for c in chosen], words("configurations.dynamic")),
        context.column([c.time_per_sample for c in chosen], words("configurations.time")),
        context.column([c.average_power for c in chosen], words("configurations.power")),
        context.column([c.throughput for c in chosen], words("configurations.throughput")),
        context.column([c.edp for c in chosen], words("configurations.edp")),
    ]
    if phase == "train":
        columns.append(context.column([c.energy_per_epoch for c in chosen], words("configurations.epoch")))
    else:
        latencies = [c.latency_ms for c in chosen]
        columns.append(context.column([item.p50 if item else None for item in latencies], words("configurations.p50")))
        columns.append(context.column([item.p99 if item else None for item in latencies], words("configurations.p99")))
    forecasts = [c.forecast for c in chosen]
    energies: list[Estimate | None] = [item.energy if item else None for item in forecasts]
    columns.append(context.column(energies, words(f"configurations.forecast_{phase}")))
    columns.append(
        context.column([item.duration if item else None for item in forecasts], words("configurations.forecast_time"))
    )
    coded = [{flag.code for flag in c.flags} for c in chosen]
    common = set.intersection(*coded)
    columns.append((Head(words("configurations.repeats")), [Cell(str(len(c.repeats))) for c in chosen]))
    columns.append(
        (
            Head(words("configurations.stopped"), numeric=False),
            [Cell(words.known("stopped", c.stopped_because or "")) for c in chosen],
        )
    )
    columns.append(
        (
            Head(words("configurations.flags"), numeric=False, wide=True),
            [Cell(", ".join(sorted(codes - common)) or words("table.no_flags")) for codes in coded],
        )
    )
    return Table(
        f"configurations-{phase}",
        words(f"configurations.caption_{phase}"),
        [Head(words("configurations.configuration"), numeric=False), *(head for head, _ in columns)],
        [[Cell(context.names.short(c)), *(cells[index] for _, cells in columns)] for index, c in enumerate(chosen)],
        boundary=boundaries_text((c.energy_per_sample for c in chosen), words),
        note=words("configurations.flags_common", codes=words.listing(sorted(common))) if common else "",
        stacked=True,
    )


def _quality_table(context: Context) -> Table | None:
    words = context.words
    quality = context.pilot.quality
    if not quality:
        return None
    columns: list[tuple[Head, list[Cell]]] = [
        (
            Head(words("chart.accuracy"), "%"),
            [context.cell(q.accuracy, "%") if q.accuracy else Cell(words("table.none")) for q in quality],
        ),
        (
            Head(words("quality.epochs")),
            [Cell(f"{q.epochs_trained:.3g}" if q.epochs_trained is not None else words("table.none")) for q in quality],
        ),
        context.column([q.energy for q in quality], words("quality.energy")),
        context.column([q.energy_to_target for q in quality], words("quality.to_target")),
        (
            Head(words("quality.remark"), numeric=False),
            [Cell(words("quality.diverged") if q.diverged else "", tone="bad" if q.diverged else "") for q in quality],
        ),
    ]
    names = [f"{context.names.model(q.model)} · {q.batch_size}" for q in quality]
    return Table(
        "quality-table",
        words("quality.caption"),
        [Head(words("configurations.configuration"), numeric=False), *(head for head, _ in columns)],
        [[Cell(name), *(cells[index] for _, cells in columns)] for index, name in enumerate(names)],
        boundary=boundaries_text((q.energy for q in quality if q.energy is not None), words),
    )
