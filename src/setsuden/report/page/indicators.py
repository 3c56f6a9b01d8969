"""Which figure tells the energy beforehand: pictures, correlations, and the error on a model left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.language import Messages
from setsuden.quantity import Estimate, Provenance, significant
from setsuden.report.numbers import Shown, common_unit, compact, unit_text
from setsuden.report.page.batch import PHASES
from setsuden.report.page.context import Board, Context
from setsuden.report.page.parts import Block, Bullets, Cell, Chart, Grid, Head, Key, Section, Subheading, Table, Text
from setsuden.report.record import Configuration, Indicator, Phase
from setsuden.report.svg import Dot, scatter, series_class, series_shape, swatch
from setsuden.report.words import Words


def indicators_section(context: Context) -> Section:
    """Pictures of training, pictures of inference folded away, the table of both, and a sentence what to trust."""
    words = context.words
    found = context.pilot.analysis.indicators
    if not found.train and not found.infer:
        return Section("indicators", words("indicators.heading"), [Text(words("indicators.missing"), "missing")])
    blocks: list[Block] = [Text(words("indicators.lead"))]
    if _modelled(context):
        blocks.append(Text(Messages("indicators", words.messages.language).say("said.modelled")))
    for phase in PHASES:
        if told(phase, context):
            blocks.append(Subheading(words(f"phase_title.{phase}")))
            blocks.append(Bullets(trust_sentences(told(phase, context), context)))
    legend = [
        Key(swatch(series_shape(index), f"pt {series_class(index)}"), context.names.model(model))
        for model, index in context.series.items()
    ]
    for phase in PHASES:
        charts = [
            chart
            for item in told(phase, context)
            if (chart := indicator_chart(item, phase, _rows(item.indicator, phase, context), context)) is not None
        ]
        if charts:
            folded = words("indicators.folded") if phase == "infer" else ""
            blocks.append(Grid(charts, legend=legend, folded=folded))
    blocks += [
        indicator_table(f"indicators-{phase}", words("indicators.caption", phase=words(f"phase.{phase}")),
                        told(phase, context), context, words("indicators.note") if phase == "train" else "")
        for phase in PHASES if told(phase, context)
    ]  # fmt: skip
    blocks.append(Text(words("indicators.more")))
    return Section("indicators", words("indicators.heading"), blocks)


def told(phase: Phase, context: Context) -> list[Indicator]:
    """The indicators of a phase; joules that a model made from time follow time by construction, so it is left out."""
    modelled = _modelled(context)
    found = context.pilot.analysis.indicators.of(phase)
    return [item for item in found if not (modelled and item.indicator == "time_per_sample")]


def _modelled(context: Context) -> bool:
    return all(c.energy_per_sample.provenance is not Provenance.MEASURED for c in context.pilot.configurations)


def trust_sentences(found: Sequence[Indicator], context: Context) -> list[str]:
    """In words: what predicts the energy of a model that was not measured, what roughly, what not."""
    words = context.words
    sentences = []
    for trust in ("good", "rough", "no"):
        chosen = [item for item in found if item.trust == trust]
        if chosen:
            named = words.listing(named_with_error(item, words) for item in chosen)
            sentences.append(words(f"indicators.trust.{trust}", indicators=named))
    return sentences


def named_with_error(item: Indicator, words: Words) -> str:
    """An indicator with its error, where there is one, and whether it is read the other way round."""
    name = words.known("indicator", item.indicator)
    error = item.leave_one_model_out_mape
    if error is None:
        return name
    if item.trust != "no" and item.spearman is not None and item.spearman.value < 0:
        name = words("indicators.inverse", indicator=name)
    return words("indicators.with_error", indicator=name, error=f"{significant(error.value * 100, 2)} %")


@dataclass(frozen=True, slots=True)
class Mark:
    """A configuration in a picture: the indicator in the unit of its axis, None where it is not known."""

    model: str
    batch_size: int
    value: float | None
    energy: Estimate


def _rows(indicator: str, phase: Phase, context: Context) -> list[Mark]:
    return [
        Mark(c.model, c.batch_size, _value(indicator, c, context), c.energy_per_sample)
        for c in context.pilot.configurations
        if c.phase == phase
    ]


def indicator_chart(item: Indicator, phase: Phase, rows: Sequence[Mark], context: Board) -> Chart | None:
    """Energy per sample over the indicator; None where nothing knows it."""
    words = context.words
    chosen = [(row.value, row) for row in rows if row.value is not None and row.value > 0]
    if not chosen:
        return None
    unit = common_unit(row.energy for _, row in chosen) or "J/sample"
    name = words.known("indicator", item.indicator)
    dots = [
        Dot(
            value,
            row.energy.to(unit).value,
            context.series.get(row.model, 0),
            context.tip(f"{context.names.model(row.model)} · {row.batch_size}", (name, context.show(row.energy))),
        )
        for value, row in chosen
    ]
    picture = scatter(
        dots,
        f"indicator-{phase}-{item.indicator}",
        title=words("indicators.title", indicator=name, phase=words(f"phase.{phase}")),
        description=words("indicators.description", n=item.n),
        x_title=words.known("indicator_axis", item.indicator),
        y_title=f"{words('chart.energy_per_sample')} ({unit_text(unit, words.messages)})",
    )
    error = item.leave_one_model_out_mape
    said = words("indicators.no_error") if error is None else words("indicators.error", error=context.percent(error))
    trust = words.known("trust", item.trust)
    return Chart(
        f"indicator-{phase}-{item.indicator}",
        name,
        picture,
        "",
        reading=f"{said} {words('indicators.verdict', trust=trust)}",
    )


def _value(indicator: str, configuration: Configuration, context: Context) -> float | None:
    if indicator == "time_per_sample":
        time = configuration.time_per_sample
        return time.to("ms/sample").value if time is not None else None
    facts = next((facts for facts in context.pilot.models if facts.name == configuration.model), None)
    values = {
        "macs_per_sample": facts.macs_per_sample if facts else None,
        "parameters": facts.parameters if facts else None,
        "macs_per_parameter": facts.macs_per_parameter if facts else None,
        "activation_bytes_per_sample": facts.activation_bytes_per_sample if facts else None,
    }
    return on_axis(indicator, values.get(indicator))


def on_axis(indicator: str, value: float | None) -> float | None:
    """An indicator in the unit that its axis shows."""
    scale = {
        "macs_per_sample": 1e6, "parameters": 1e6, "activation_bytes_per_sample": 1e3,
        "inference_time_per_sample": 1e-3,
    }.get(indicator, 1.0)  # fmt: skip
    return value / scale if value is not None else None


def indicator_table(identity: str, caption: str, found: Sequence[Indicator], context: Board, note: str = "") -> Table:
    """Correlations, error on a model left out, and the word of trust."""
    words = context.words
    rows = []
    for item in found:
        median = item.leave_one_model_out_median
        error, without = item.leave_one_model_out_mape, item.mape_without
        rows.append(
            [
                Cell(words.known("indicator", item.indicator)),
                Cell(str(item.n)),
                _correlation(item.pearson, context),
                _correlation(item.spearman, context),
                context.cell(error, "%") if error is not None else Cell(words("table.none")),
                Cell(f"{significant(median * 100, 2)}" if median is not None else words("table.none")),
                Cell(f"{significant(without * 100, 2)}" if without is not None else words("table.none")),
                Cell(words.known("trust", item.trust), tone={"good": "good", "no": "bad"}.get(item.trust, "")),
            ]
        )
    heads = [
        Head(words("indicators.column"), numeric=False),
        Head(words("indicators.n")),
        Head("Pearson"),
        Head("Spearman"),
        Head(words("indicators.mape"), "%"),
        Head(words("indicators.median"), "%"),
        Head(words("indicators.without"), "%"),
        Head(words("indicators.trust_head"), numeric=False),
    ]
    return Table(identity, caption, heads, rows, note=note)


def _correlation(estimate: Estimate | None, context: Board) -> Cell:
    """Two decimals, as correlations are read."""
    if estimate is None:
        return Cell(context.words("table.none"))
    figure = context.show(estimate)
    interval = f"[{estimate.low:.2f}, {estimate.high:.2f}]" if estimate.low != estimate.high else ""
    return Cell(figure=Shown(f"{estimate.value:.2f}", "", interval, figure.provenance, None))


def models_table(context: Context) -> Table | None:
    """Static facts of the models; None when the record has none."""
    words = context.words
    models = context.pilot.models
    if not models:
        return None
    rows = [
        [
            Cell(facts.title or facts.name),
            *(
                Cell(compact(value) if value is not None else words("table.none"))
                for value in (
                    facts.parameters,
                    facts.macs_per_sample,
                    facts.training_macs_per_sample,
                    facts.macs_per_parameter,
                    facts.activation_bytes_per_sample,
                )
            ),
        ]
        for facts in models
    ]
    heads = [
        Head(words("table.model"), numeric=False),
        Head(words("indicator.parameters")),
        Head(words("indicator.macs_per_sample")),
        Head(words("models.training_macs")),
        Head(words("indicator.macs_per_parameter")),
        Head(words("indicator.activation_bytes_per_sample"), "B"),
    ]
    return Table("models-table", words("models.caption"), heads, rows, note=words("models.note"))
