"""The first page: what was spent, on what, how well that is known, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from setsuden.dashboard.advice import advice
from setsuden.dashboard.cells import figure_card, run_cell
from setsuden.dashboard.columns import Upright, columns
from setsuden.dashboard.groups import group_chart, group_table, phase_keys, phase_parts
from setsuden.dashboard.live import live_table
from setsuden.dashboard.period import LENGTHS, OWN, STEPS
from setsuden.dashboard.pricing import Pricing, price_notes, price_said
from setsuden.dashboard.request import Request
from setsuden.dashboard.settings import Settings
from setsuden.dashboard.spent import Spent
from setsuden.dashboard.tally import Tally
from setsuden.dashboard.view import Field, Form, Link, Option, View
from setsuden.dashboard.words import (
    DashboardWords,
    column_unit,
    figure,
    known_pill,
    known_said,
    moment,
    percentage,
    period_said,
    span,
    step_label,
)
from setsuden.footprint import Footprint
from setsuden.footprint.everyday import everyday
from setsuden.ledger.entries import Entry
from setsuden.quantity import Estimate
from setsuden.report.numbers import unit_text
from setsuden.report.page.parts import (
    Block,
    Bullets,
    Card,
    Cell,
    Chart,
    Fact,
    Head,
    Page,
    Section,
    Table,
    Text,
    provenance_entries,
    two_widths,
)
from setsuden.report.sheet import factors_table

_MOST_BROKEN = 10


def home(
    found: Spent,
    pricing: Pricing,
    request: Request,
    settings: Settings,
    words: DashboardWords,
    powers: dict[int, Estimate | None],
) -> View:
    """The page of a period.

    powers   watts now of the runs that are still going, by number
    """
    priced = pricing.of(found.total.energy) if found.total.energy is not None else None
    pill, word = known_pill(found.total, words)
    period = period_said(found.period, words)
    page = Page(
        language=words.language,
        title=words("home.title"),
        study=period,
        facts=_facts(found, settings, words),
        headline=_headline(found, period, words),
        because=price_said(priced, words) if priced is not None else words("home.choose_another"),
        sure=known_said(found.total, words),
        confidence=pill,
        confidence_word=word,
        todo=_todo(found, settings, words),
        warnings=_warnings(found.total, words),
        everyday=everyday(priced.energy, priced.total_carbon, words.language) if priced is not None else (),
        cards=_cards(found, priced, words),
        hero=_over_time(found, words) if found.columns and priced is not None else None,
        sections=_sections(found, priced, pricing, request, settings, words, powers),
    )
    return View(page, words, request, form=_form(found, request, words), links=_links(request, words))


def _headline(found: Spent, period: str, words: DashboardWords) -> str:
    if found.total.energy is None:
        return words("home.nothing", period=period) if not found.entries else words("home.no_energy", period=period)
    energy = figure(found.total.energy, interval=False)
    if found.total.runs == 1:
        return words("home.headline_one", period=period, energy=energy)
    return words("home.headline", period=period, energy=energy, runs=f"{found.total.runs:,}")


def _todo(found: Spent, settings: Settings, words: DashboardWords) -> list[str]:
    return [
        words(
            f"advice.{item.code}",
            share=percentage(item.share),
            energy=figure(item.energy, interval=False),
            what=item.what,
            runs=f"{item.count:,}",
        )
        for item in advice(found, settings)
    ]


def _warnings(total: Tally, words: DashboardWords) -> list[str]:
    said = []
    if total.unknown:
        said.append(words("warning.unknown", runs=total.unknown))
    if total.apart:
        said.append(words("warning.apart", runs=total.apart))
    return said


def _cards(found: Spent, priced: Footprint | None, words: DashboardWords) -> list[Card]:
    if priced is None or found.total.energy is None:
        return []
    cards = [figure_card("energy", priced.energy, words), figure_card("carbon", priced.total_carbon, words)]
    if priced.cost is not None:
        cards.append(figure_card("cost", priced.cost, words))
    phases = ((phase, found.total.phases.get(phase)) for phase in ("train", "infer"))
    return cards + [figure_card(phase, part, words) for phase, part in phases if part is not None]


def _over_time(found: Spent, words: DashboardWords) -> Chart:
    unit = column_unit(column.tally.energy for column in found.columns)
    uprights = [_upright(step_label(c.start, found.step), c.tally, unit, words) for c in found.columns]
    draw = partial(columns, uprights, y_title=unit_text(unit, words.messages))
    title = words("home.over_time", step=words(f"step.{found.step}"))
    keys = phase_keys(found.total, words)
    return two_widths("over-time", title, words("home.over_time_note"), draw, legend=keys, wide=1080)


def _upright(label: str, found: Tally, unit: str, words: DashboardWords) -> Upright:
    if found.energy is None:
        return Upright(label, (), 0.0, 0.0, words("home.column_empty", start=label))
    energy = found.energy.to(unit)
    tip = words("home.column", start=label, energy=figure(found.energy), runs=found.runs)
    return Upright(label, phase_parts(found, unit), energy.low, energy.high, tip)


def _sections(
    found: Spent,
    priced: Footprint | None,
    pricing: Pricing,
    request: Request,
    settings: Settings,
    words: DashboardWords,
    powers: dict[int, Estimate | None],
) -> list[Section]:
    sections = []
    if found.running:
        table = live_table(found.running, powers, request, words)
        sections.append(Section("running", words("section.running"), [table]))
    for key, groups in (("tags", found.tags), ("names", found.names), ("machines", found.machines)):
        if groups and found.total.energy is not None:
            blocks: list[Block] = [Text(words(f"section.{key}_note"))]
            if key == "tags" and len(groups) > 1:
                blocks.append(group_chart(key, groups, words))
            blocks.append(group_table(key, groups, found, pricing, request, words))
            sections.append(Section(key, words(f"section.{key}"), blocks))
    if found.broken_off:
        sections.append(Section("broken", words("section.broken"), _broken(found, request, settings, words)))
    sections.append(Section("method", words("section.method"), _method(found, priced, words)))
    return sections


def _broken(found: Spent, request: Request, settings: Settings, words: DashboardWords) -> list[Block]:
    rows = [_broken_row(entry, request, settings, words) for entry in found.broken_off[:_MOST_BROKEN]]
    heads = [
        Head(words("head.run"), numeric=False),
        Head(words("head.status"), numeric=False),
        Head(words("head.started"), numeric=False),
        Head(words("head.duration")),
        Head(words("head.energy")),
        Head(words("head.why"), numeric=False, wide=True),
    ]
    more = len(found.broken_off) - _MOST_BROKEN
    note = words("section.broken_more", runs=f"{more:,}") if more > 0 else ""
    lost = figure(found.lost.energy)
    lead = words("section.broken_lead", runs=f"{found.lost.runs:,}", energy=lost)
    return [Text(lead), Table("broken-table", words("section.broken"), heads, rows, note=note)]


def _broken_row(entry: Entry, request: Request, settings: Settings, words: DashboardWords) -> list[Cell]:
    summary = entry.summary
    return [
        run_cell(summary, request, words),
        Cell(words(f"status.{summary.status}")),
        Cell(moment(entry.started, settings.zone)),
        Cell(span(summary.duration_s)),
        Cell(figure(summary.energy)),
        Cell(entry.detail or ""),
    ]


def _method(found: Spent, priced: Footprint | None, words: DashboardWords) -> list[Block]:
    said = [words("method.day"), words("method.interval"), words("method.weakest"), words("method.phases")]
    if found.total.shared:
        said.insert(1, words("method.shared", runs=f"{found.total.shared:,}"))
    blocks: list[Block] = [Bullets(said)]
    if priced is not None:
        blocks.append(Bullets(price_notes(priced, words)))
        blocks.append(factors_table(words, priced.factors))
    return [*blocks, provenance_entries(words)]


def _facts(found: Spent, settings: Settings, words: DashboardWords) -> list[Fact]:
    facts = [Fact(words("fact.ledger"), settings.ledger_shown), Fact(words("fact.runs"), f"{found.ever:,}")]
    if found.entries:
        first, last = found.entries[-1], found.entries[0]
        facts.append(Fact(words("fact.first"), moment(first.started, settings.zone)))
        facts.append(Fact(words("fact.last"), moment(last.started, settings.zone)))
    return facts


def _form(found: Spent, request: Request, words: DashboardWords) -> Form:
    key = found.period.key
    periods = [Option(name, words(f"period.{name}"), name == key) for name in (*LENGTHS, OWN)]
    wanted = request.one("by")
    steps = [Option("", words("step.auto"), not wanted)]
    steps += [Option(step, words(f"step.{step}"), step == wanted) for step in STEPS]
    own = key == OWN
    fields = [
        Field("period", words("field.period"), "select", options=periods),
        Field("from", words("field.from"), "date", str(found.period.first or "") if own else ""),
        Field("to", words("field.to"), "date", str(found.period.last or "") if own else ""),
        Field("by", words("field.by"), "select", options=steps),
    ]
    return Form(words("form.period"), fields, words("form.show"))


def _links(request: Request, words: DashboardWords) -> Sequence[Link]:
    return [Link(words("link.home_json"), request.link("/home.json", request.kept()))]
