"""The page of one run: power over time, every figure with its interval and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from setsuden.dashboard.cells import figure_card, run_cell
from setsuden.dashboard.power_chart import Span, power_chart, time_unit
from setsuden.dashboard.pricing import Pricing, price_notes, price_said
from setsuden.dashboard.request import Request
from setsuden.dashboard.run_parts import channels, events, flags, forecast, hardware, windows
from setsuden.dashboard.settings import Settings
from setsuden.dashboard.tally import Tally
from setsuden.dashboard.trace import components, traces
from setsuden.dashboard.view import Link, View
from setsuden.dashboard.words import DashboardWords, figure, known_pill, known_said, moment, span
from setsuden.footprint import Footprint
from setsuden.footprint.everyday import everyday
from setsuden.ledger import RunRecord
from setsuden.ledger.entries import Entry
from setsuden.ledger.nesting import outer_of
from setsuden.ledger.record import CUT_OFF, RUNNING
from setsuden.quantity import Estimate, render
from setsuden.report.page.parts import (
    Block,
    Bullets,
    Card,
    Cell,
    Chart,
    Fact,
    Head,
    Key,
    Page,
    Section,
    Table,
    provenance_entries,
    two_widths,
)
from setsuden.report.sheet import factors_table
from setsuden.report.svg import series_class, swatch

_MOST_STEPS = 500


@dataclass(frozen=True, slots=True)
class Subject:
    """A run as its page needs it.

    around, inside   the run whose joules hold these, and those whose joules these hold
    power_now        W; None unless it is running and has samples
    """

    record: RunRecord
    entry: Entry
    around: Entry | None
    inside: Sequence[Entry]
    power_now: Estimate | None


def run(subject: Subject, pricing: Pricing, request: Request, settings: Settings, words: DashboardWords) -> View:
    """The page."""
    record, entry = subject.record, subject.entry
    found = Tally(energy=record.summary.energy, parts=dict(entry.parts))
    priced = pricing.of(found.energy) if found.energy is not None else None
    pill, word = known_pill(found, words)
    live = record.status == RUNNING
    page = Page(
        language=words.language,
        title=words("run.title", name=record.name),
        study=record.id,
        facts=_facts(subject, settings, words),
        headline=_headline(record, words),
        because=_because(subject, priced, words),
        sure=known_said(found, words),
        confidence=pill,
        confidence_word=word,
        warnings=_warnings(record, words),
        everyday=everyday(priced.energy, priced.total_carbon, words.language) if priced is not None else (),
        cards=_cards(subject, priced, words),
        hero=_power(record, words),
        sections=_sections(subject, priced, request, words),
    )
    runs = f"/run/{record.id}"
    links = [Link(words(f"link.{kind}"), f"{runs}.{kind}") for kind in ("json", "csv")]
    if subject.around is not None:
        around = subject.around.summary
        links.append(Link(words("link.around", name=around.name), request.link(f"/run/{around.id}")))
    links.append(Link(words("link.compare"), request.link("/runs", {"name": record.name})))
    return View(page, words, request, links=links, live=live)


def _headline(record: RunRecord, words: DashboardWords) -> str:
    energy, name = record.summary.energy, record.name or words("group.nameless")
    if energy is None:
        return words("run.headline_unknown", name=name)
    key = "run.headline_live" if record.status == RUNNING else "run.headline"
    length = span(record.summary.duration_s)
    return words(key, name=name, energy=figure(energy, interval=False), duration=length)


def _because(subject: Subject, priced: Footprint | None, words: DashboardWords) -> str:
    said = []
    if subject.power_now is not None:
        said.append(words("run.power_now", power=render(subject.power_now)))
    if priced is not None:
        said.append(price_said(priced, words))
    return words.sentences(said)


def _warnings(record: RunRecord, words: DashboardWords) -> list[str]:
    said = []
    if record.status == CUT_OFF:
        said.append(words("run.cut_off"))
    if record.detail:
        said.append(words("run.failed", detail=record.detail))
    return said


def _cards(subject: Subject, priced: Footprint | None, words: DashboardWords) -> list[Card]:
    summary = subject.record.summary
    root = subject.record.root
    power = subject.power_now or (root.average_power if root is not None else None)
    found: list[tuple[str, Estimate | None]] = [
        ("energy", summary.energy),
        ("dynamic", summary.dynamic),
        ("power_now" if subject.power_now is not None else "power", power),
        ("carbon", priced.total_carbon if priced is not None else None),
        ("cost", priced.cost if priced is not None else None),
    ]
    return [figure_card(key, estimate, words) for key, estimate in found if estimate is not None]


def _power(record: RunRecord, words: DashboardWords) -> Chart | None:
    found = traces(record, _MOST_STEPS)
    if found is None:
        return None
    root = record.root
    spans = [
        Span(window.start_s, window.start_s + window.duration_s, window.name)
        for window in record.windows
        if root is not None and window.parent_id == root.window_id
    ]
    _, unit = time_unit(found.step_s * found.steps)
    draw = partial(power_chart, found, spans, x_title=words("run.time", unit=unit), y_title=words("run.watts"))
    means = components(found)
    keys = [
        Key(
            swatch("square", f"pt {series_class(index)}"),
            words(
                "run.component", name=words.known("component", trace.component), power=f"{means[trace.component]:.3g}"
            ),
        )
        for index, trace in enumerate(found.traces)
    ]
    note = words("run.chart_thinned" if found.thinned else "run.chart_whole", samples=f"{found.samples:,}")
    if spans:
        note = words.sentences([note, words("run.chart_windows")])
    return two_widths("power", words("run.chart"), note, draw, legend=keys, wide=1080)


def _sections(subject: Subject, priced: Footprint | None, request: Request, words: DashboardWords) -> list[Section]:
    record = subject.record
    inside: list[Block] = [_inside(subject.inside, request, words)] if subject.inside else []
    every: Sequence[tuple[str, Sequence[Block]]] = [
        ("channels", channels(record, words)),
        ("windows", windows(record, words)),
        ("flags", flags(record, words)),
        ("forecast", forecast(record, words)),
        ("inside", inside),
        ("events", events(record, words)),
        ("hardware", hardware(record, words)),
    ]
    sections = [Section(key, words(f"section.{key}"), blocks) for key, blocks in every if blocks]
    return [*sections, Section("method", words("section.known"), _known(priced, words))]


def _inside(inside: Sequence[Entry], request: Request, words: DashboardWords) -> Table:
    heads = [Head(words("head.run"), numeric=False), Head(words("head.energy")), Head(words("head.duration"))]
    rows = [
        [
            run_cell(entry.summary, request, words),
            Cell(figure(entry.summary.energy)),
            Cell(span(entry.summary.duration_s)),
        ]
        for entry in inside
    ]
    return Table("inside-table", words("section.inside"), heads, rows, note=words("section.inside_note"))


def _known(priced: Footprint | None, words: DashboardWords) -> list[Block]:
    blocks: list[Block] = []
    if priced is not None:
        blocks = [Bullets(price_notes(priced, words)), factors_table(words, priced.factors)]
    return [*blocks, provenance_entries(words)]


def _facts(subject: Subject, settings: Settings, words: DashboardWords) -> list[Fact]:
    record = subject.record
    facts = {
        "id": record.id,
        "status": words(f"status.{record.status}"),
        "kind": record.kind,
        "started": moment(subject.entry.started, settings.zone),
        "duration": span(record.summary.duration_s),
        "tags": words.listing(record.tags),
        "machine": "" if settings.shared else str(record.identity.get("host") or ""),
        "code": _code(record.environment.get("git"), words),
    }
    if outer_of(record.tags) is not None:
        name = subject.around.summary.name if subject.around is not None else words("run.gone")
        facts["around"] = f"{name} ({outer_of(record.tags)})"
    return [Fact(words(f"fact.{key}"), text) for key, text in facts.items() if text]


def _code(git: Mapping[str, object] | None, words: DashboardWords) -> str:
    if not git or not git.get("commit"):
        return ""
    dirty = words("run.dirty") if git.get("dirty") else ""
    return f"{str(git['commit'])[:12]} {git.get('branch') or ''} {dirty}".strip()
