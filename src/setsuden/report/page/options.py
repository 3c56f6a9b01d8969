"""The choice: accuracy against energy, the table of options, break-even points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from setsuden.quantity import Estimate, Provenance
from setsuden.report.numbers import per_thousand, rounded, unit_text
from setsuden.report.page.context import Context
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
    mixed_banner,
)
from setsuden.report.record import Option
from setsuden.report.svg import SHAPE, Point, Texts, pareto, swatch
from setsuden.report.svg.pareto import Kind
from setsuden.report.verdict import break_even_sentence, violation_sentence


def hero(context: Context) -> Chart | None:
    """Accuracy against energy; None without options."""
    options = context.pilot.decision.options
    words = context.words
    drawn = [(option, option.accuracy) for option in options if option.accuracy is not None]
    if not drawn:
        return None
    unit = context.total_unit or "J"
    points = [_point(option, accuracy, unit, context) for option, accuracy in drawn]
    limits = context.pilot.study.constraints
    floor = limits.accuracy_floor * 100 if limits.accuracy_floor is not None else None
    budget_j = limits.energy_budget_j
    budget = Estimate.exact(budget_j, "J", Provenance.ASSUMED) if budget_j is not None else None
    energy_word = words("chart.energy_total" if context.pilot.study.expected_requests else "chart.energy_training")
    texts = Texts(
        title=words("pareto.title"),
        description=_description(context),
        x_title=f"{energy_word} ({unit_text(unit, words.messages)})",
        y_title=words("chart.accuracy"),
        y_title_stretched=words("chart.accuracy_stretched"),
    )
    wide, narrow = (
        pareto(
            points,
            texts,
            f"pareto-{name}",
            label_all=name == "wide",
            width=width,
            height=height,
            floor=floor,
            budget=budget.to(unit).value if budget is not None else None,
        )
        for name, width, height in (("wide", 760, 420), ("narrow", 350, 340))
    )
    return Chart(
        "pareto",
        words("pareto.title"),
        wide,
        narrow,
        legend=_legend(points, context),
        reading=words("pareto.reading"),
        banner=mixed_banner((option.total_energy for option in options), words),
    )


def _point(option: Option, quality: Estimate, unit: str, context: Context) -> Point:
    energy = option.total_energy.to(unit)
    accuracy = quality.to("%")
    kind: Kind = "missed"
    if option.id == context.pilot.decision.recommended:
        kind = "recommended"
    elif option.feasible:
        kind = "front" if option.on_front else "feasible"
    name = context.names.short(option)
    tip = context.tip(
        name,
        (context.words("chart.accuracy"), context.percent(quality)),
        (context.words("chart.energy"), context.show(option.total_energy)),
    )
    return Point(
        name, energy.value, energy.low, energy.high, accuracy.value, accuracy.low, accuracy.high, kind,
        option.on_front, tip,
    )  # fmt: skip


def _legend(points: list[Point], context: Context) -> list[Key]:
    present = {point.kind for point in points}
    keys = [
        Key(swatch(SHAPE[kind], f"pt {kind}"), context.words(f"pareto.{kind}")) for kind in SHAPE if kind in present
    ]
    line = '<svg class="swatch" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
    keys.append(Key(line + '<path d="M1 12H8V4H15" class="front-line"/></svg>', context.words("pareto.front_line")))
    limits = context.pilot.study.constraints
    if limits.accuracy_floor is not None or limits.energy_budget_j is not None:
        keys.append(
            Key(
                line + '<rect x="1" y="3" width="14" height="10" class="region"/></svg>',
                context.words("pareto.region", limits=_limits_in_words(context)),
            )
        )
    return keys


def _limits_in_words(context: Context) -> str:
    limits = context.pilot.study.constraints
    words = context.words
    parts = []
    if limits.accuracy_floor is not None:
        parts.append(words("pareto.floor", value=f"{limits.accuracy_floor * 100:.1f} %"))
    if limits.energy_budget_j is not None:
        budget = Estimate.exact(limits.energy_budget_j, "J", Provenance.ASSUMED)
        parts.append(words("pareto.budget", value=context.show(budget)))
    return words.listing(parts)


def _description(context: Context) -> str:
    front = [option for option in context.pilot.decision.options if option.on_front]
    front.sort(key=lambda option: option.total_energy.value)
    listed = context.words.listing(
        f"{context.names.short(option)} ({context.show(option.total_energy)}; {context.percent(option.accuracy)})"
        for option in front
        if option.accuracy is not None
    )
    return context.words("pareto.description", options=len(context.pilot.decision.options), front=listed)


def options_section(context: Context) -> Section:
    """The table of options and the break-even points."""
    words = context.words
    decision = context.pilot.decision
    if not decision.options:
        return Section("options", words("options.heading"), [Text(words("verdict.no_options"), "missing")])
    blocks: list[Block] = [Text(_limits_text(context)), options_table(context), Text(words("options.regret"))]
    blocks.append(Subheading(words("break_even.heading"), "break-even"))
    if decision.break_even:
        blocks.append(Text(words("break_even.lead")))
        blocks.append(_break_even_table(context))
    else:
        blocks.append(Text(words("break_even.missing"), "missing"))
    return Section("options", words("options.heading"), blocks)


def _limits_text(context: Context) -> str:
    limits = context.pilot.study.constraints
    words = context.words
    parts = []
    if limits.accuracy_floor is not None:
        rule = words.explained("floor_rule", limits.accuracy_floor_rule or "") or words("floor_rule.given")
        parts.append(words("limits_text.accuracy", value=f"{limits.accuracy_floor * 100:.1f} %", rule=rule))
    if limits.latency_ceiling_ms is not None:
        parts.append(words("limits_text.latency", value=f"{limits.latency_ceiling_ms:,.3g} ms"))
    if limits.energy_budget_j is not None:
        budget = Estimate.exact(limits.energy_budget_j, "J", Provenance.ASSUMED)
        parts.append(words("limits_text.energy", value=context.show(budget)))
    return words("limits_text.sentence", limits=words.listing(parts)) if parts else words("limits_text.none")


def options_table(context: Context) -> Table:
    """All options, those that meet the limits first, each group by energy."""
    words = context.words
    options = sorted(context.pilot.decision.options, key=lambda o: (not o.feasible, o.total_energy.value))
    columns: list[tuple[Head, list[Cell]]] = [
        (Head(words("chart.accuracy"), "%"), [_accuracy_cell(option, context) for option in options]),
        context.column([option.total_energy for option in options], words("options.total"), context.total_unit),
        context.column([option.training_energy for option in options], words("options.training")),
        _serving_column(options, context),
    ]
    if any(option.latency_p90_ms for option in options):
        columns.append(context.column([option.latency_p90_ms for option in options], words("options.latency")))
    columns += [
        (Head(words("options.limits"), numeric=False), [_limits_cell(option, context) for option in options]),
        (Head(words("options.best")), [_share(option.best_probability, context) for option in options]),
        context.column([option.expected_regret for option in options], words("options.regret_head")),
        (Head(words("options.front")), [_share(option.front_probability, context) for option in options]),
    ]
    return Table(
        "options-table",
        words("options.caption"),
        [Head(words("options.option"), numeric=False), *(head for head, _ in columns)],
        [
            [_name_cell(option, context), *(cells[index] for _, cells in columns)]
            for index, option in enumerate(options)
        ],
        boundary=boundaries_text((option.total_energy for option in options), words),
        stacked=True,
    )


def _serving_column(options: Sequence[Option], context: Context) -> tuple[Head, list[Cell]]:
    """Energy per thousand requests, with the batch size that serves them."""
    energies = [per_thousand(e) if (e := option.serving_energy_per_request) else None for option in options]
    head, cells = context.column(energies, context.words("options.serving"))
    sizes = [option.serving_batch_size for option in options]
    said = [context.words("batch.at", size=size) if size is not None else "" for size in sizes]
    return head, [replace(cell, small=text) for cell, text in zip(cells, said, strict=True)]


def _name_cell(option: Option, context: Context) -> Cell:
    small = ""
    if option.id == context.pilot.decision.recommended:
        small = context.words("options.recommended")
    elif option.id == context.pilot.decision.runner_up:
        small = context.words("options.runner_up")
    return Cell(context.names.short(option), small=small, tone="good" if small else "")


def _accuracy_cell(option: Option, context: Context) -> Cell:
    cell = context.cell(option.accuracy, "%")
    if option.accuracy_of is None:
        return cell
    return replace(cell, small=context.words("options.accuracy_of", size=option.accuracy_of.batch_size))


def _limits_cell(option: Option, context: Context) -> Cell:
    if option.feasible:
        return Cell(context.words("options.met"), tone="good")
    if option.unknown:
        return Cell(context.words("options.unknown"))
    reasons = context.words.listing(violation_sentence(violation, context.words) for violation in option.violations)
    return Cell(context.words("options.missed"), tone="bad", small=reasons)


def _share(value: float | None, context: Context) -> Cell:
    return Cell(f"{value * 100:.0f} %" if value is not None else context.words("table.none"))


def _break_even_table(context: Context) -> Table:
    words = context.words
    rows = []
    for item in context.pilot.decision.break_even:
        figure = None
        if item.verdict != "never" and item.requests is not None:
            figure = context.cell(item.requests)
        elif item.verdict != "never" and item.requests_value is not None:
            low = words("break_even.from", low=rounded(item.requests_low)) if item.requests_low else ""
            figure = Cell(words("break_even.open", value=rounded(item.requests_value), low=low))
        rows.append(
            [
                Cell(words("break_even.pair", a=context.names.of(item.a), b=context.names.of(item.b))),
                figure or Cell(words("break_even.never_cell")),
                Cell(break_even_sentence(item, context.names, words)),
            ]
        )
    heads = [
        Head(words("break_even.pair_head"), numeric=False),
        Head(words("break_even.requests")),
        Head(words("break_even.meaning"), numeric=False, wide=True),
    ]
    return Table("break-even-table", words("break_even.caption"), heads, rows)
