"""Energy per sample against batch size, and training against inference."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.quantity import Estimate, significant
from setsuden.report.numbers import common_unit, unit_text
from setsuden.report.page.context import Context
from setsuden.report.page.parts import (
    Block,
    Cell,
    Chart,
    Grid,
    Head,
    Key,
    Section,
    Table,
    Text,
    boundaries_text,
    mixed_banner,
)
from setsuden.report.record import BatchCurve, Configuration, Phase
from setsuden.report.svg import Curve, CurvePoint, End, Row, curves, dumbbells, swatch

PHASES: tuple[Phase, ...] = ("train", "infer")


def batch_section(context: Context) -> Section:
    """Curves of both phases and what they say."""
    words = context.words
    found = [curve for curve in context.pilot.analysis.batch_curves if curve.points]
    if not found:
        return Section("batch", words("batch.heading"), [Text(words("batch.missing"), "missing")])
    charts = [_chart(phase, chosen, context) for phase in PHASES if (chosen := [c for c in found if c.phase == phase])]
    blocks: list[Block] = [Text(words("batch.lead"))]
    if max(len(curve.points) for curve in found) < 2:
        blocks.append(Text(words("batch.one_size"), "missing"))
    return Section("batch", words("batch.heading"), [*blocks, Grid(charts)])


def _chart(phase: Phase, found: Sequence[BatchCurve], context: Context) -> Chart:
    words = context.words
    energies = [point.energy_per_sample for curve in found for point in curve.points]
    unit = common_unit(energies) or "J/sample"
    title = words(f"batch.title_{phase}")
    series = [_curve(curve, unit, context) for curve in found]
    wide, narrow = (
        curves(
            series,
            f"batch-{phase}-{name}",
            title=title,
            description=words("batch.description", models=words.listing(curve.name for curve in series)),
            x_title=words("chart.batch_size"),
            y_title=f"{words('chart.energy_per_sample')} ({unit_text(unit, words.messages)})",
            width=width,
            height=height,
        )
        for name, width, height in (("wide", 540, 340), ("narrow", 350, 320))
    )
    return Chart(
        f"batch-{phase}",
        title,
        wide,
        narrow,
        banner=mixed_banner(energies, words),
        reading=words("batch.reading"),
        table=_table(phase, found, unit, context),
    )


def _curve(curve: BatchCurve, unit: str, context: Context) -> Curve:
    points = []
    for point in sorted(curve.points, key=lambda p: p.batch_size):
        energy = point.energy_per_sample.to(unit)
        name = f"{context.names.model(curve.model)}, {context.words('chart.batch_size')} {point.batch_size}"
        tip = context.tip(name, (context.words("chart.energy_per_sample"), context.show(point.energy_per_sample)))
        ring = len(curve.points) > 1 and point.batch_size == curve.minimum_batch_size
        points.append(CurvePoint(point.batch_size, energy.value, energy.low, energy.high, tip, ring))
    return Curve(context.names.model(curve.model), context.series.get(curve.model, 0), points)


def _table(phase: Phase, found: Sequence[BatchCurve], unit: str, context: Context) -> Table:
    words = context.words
    sizes = sorted({point.batch_size for curve in found for point in curve.points})
    rows = []
    for curve in found:
        energies = {point.batch_size: point.energy_per_sample for point in curve.points}
        best, worst = (pick(energy.value for energy in energies.values()) for pick in (min, max))
        knee = curve.knee_batch_size
        rows.append(
            [
                Cell(context.names.model(curve.model)),
                *(context.cell(energies.get(size), unit) for size in sizes),
                Cell(str(curve.minimum_batch_size) if curve.minimum_batch_size is not None else words("table.none")),
                Cell(str(knee) if knee is not None else words("batch.no_knee")),
                Cell(f"× {significant(worst / best, 2)}" if best > 0 else words("table.none")),
            ]
        )
    heads = [
        Head(words("table.model"), numeric=False),
        *(Head(words("batch.at", size=size), unit_text(unit, words.messages)) for size in sizes),
        Head(words("batch.minimum")),
        Head(words("batch.knee")),
        Head(words("batch.worst")),
    ]
    energies_shown = (point.energy_per_sample for curve in found for point in curve.points)
    return Table(
        f"batch-table-{phase}",
        words("batch.caption", phase=words(f"phase.{phase}")),
        heads,
        rows,
        boundary=boundaries_text(energies_shown, words),
        note=words("batch.note"),
    )


def ratio_section(context: Context) -> Section:
    """Training over inference, by model."""
    words = context.words
    ratios = context.pilot.analysis.train_infer_ratio
    rows = [row for model in context.series if (row := _ratio_row(model, context)) is not None]
    if not rows or not ratios.per_model:
        return Section("ratio", words("ratio.heading"), [Text(words("ratio.missing"), "missing")])
    energies = [end for _, train, infer in rows for end in (train.energy_per_sample, infer.energy_per_sample)]
    unit = common_unit(energies) or "J/sample"
    drawn = [_dumbbell(ratio, train, infer, unit, context) for ratio, train, infer in rows]
    title = words("ratio.title")
    wide, narrow = (
        dumbbells(
            drawn,
            f"ratio-{name}",
            title=title,
            description=words.listing(f"{row.name} {row.note}" for row in drawn),
            x_title=f"{words('chart.energy_per_sample')} ({unit_text(unit, words.messages)})",
            width=width,
        )
        for name, width in (("wide", 1000), ("narrow", 350))
    )
    legend = [
        Key(swatch("circle", "pt s0"), words("phase.infer")),
        Key(swatch("square", "pt s1"), words("phase.train")),
    ]
    chart = Chart(
        "ratio",
        title,
        wide,
        narrow,
        legend=legend,
        banner=mixed_banner(energies, words),
        reading=words("ratio.reading"),
        table=_ratio_table(context),
        width="wide broad",
    )
    lead = words("ratio.lead_plain")
    if ratios.median is not None and ratios.low is not None and ratios.high is not None:
        lead = words(
            "ratio.lead",
            median=significant(ratios.median, 2),
            low=significant(ratios.low, 2),
            high=significant(ratios.high, 2),
        )
    return Section("ratio", words("ratio.heading"), [Text(lead), chart])


def _ratio_row(model: str, context: Context) -> tuple[Estimate, Configuration, Configuration] | None:
    """The batch size at which this model trains with the least energy, among those it was also served at."""
    candidates = []
    for ratio in context.pilot.analysis.train_infer_ratio.per_model:
        pair = [_find(model, phase, ratio.batch_size, context) for phase in PHASES] if ratio.model == model else []
        if len(pair) == 2 and pair[0] is not None and pair[1] is not None:
            candidates.append((ratio.ratio, pair[0], pair[1]))
    return min(candidates, key=lambda item: item[1].energy_per_sample.value, default=None)


def _find(model: str, phase: Phase, batch_size: int, context: Context) -> Configuration | None:
    return next(
        (
            c
            for c in context.pilot.configurations
            if c.model == model and c.phase == phase and c.batch_size == batch_size
        ),
        None,
    )


def _dumbbell(ratio: Estimate, train: Configuration, infer: Configuration, unit: str, context: Context) -> Row:
    name = f"{context.names.model(train.model)} · {train.batch_size}"
    ends = []
    for configuration in (train, infer):
        energy = configuration.energy_per_sample.to(unit)
        label = context.words(f"phase.{configuration.phase}")
        tip = context.tip(name, (label, context.show(configuration.energy_per_sample)))
        ends.append(End(energy.value, energy.low, energy.high, tip))
    return Row(name, ends[0], ends[1], f"× {significant(ratio.value, 2)}")


def _ratio_table(context: Context) -> Table:
    words = context.words
    rows = [
        [Cell(context.names.model(item.model)), Cell(str(item.batch_size)), context.cell(item.ratio)]
        for item in context.pilot.analysis.train_infer_ratio.per_model
    ]
    heads = [Head(words("table.model"), numeric=False), Head(words("chart.batch_size")), Head(words("ratio.column"))]
    return Table("ratio-table", words("ratio.caption"), heads, rows)
