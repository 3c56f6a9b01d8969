"""What the page of a run is made of: channels, windows, flags, forecast, events, hardware."""

from __future__ import annotations

from collections.abc import Mapping

from setsuden.dashboard.words import NOTHING, DashboardWords, figure, percentage, span
from setsuden.language import Messages, looked_up
from setsuden.language.codes import meaning
from setsuden.language.flag_text import told
from setsuden.ledger import Measurement, RunRecord
from setsuden.predict.saying import DOCUMENT as FORECAST
from setsuden.predict.saying import outcome_lines
from setsuden.quantity import Estimate, Provenance, render, significant
from setsuden.report.numbers import shown
from setsuden.report.page.parts import Block, Bullets, Cell, Entries, Entry, Head, Table, Text

_MOST_WINDOWS, _MOST_EVENTS = 200, 100
_MOST_DEEP = 8


def channels(record: RunRecord, words: DashboardWords) -> list[Block]:
    """Where the joules come from: every channel of the outermost window."""
    if record.root is None or not record.root.channels:
        return []
    about = {channel.id: channel for channel in record.channels}
    heads = [
        Head(words("head.channel"), numeric=False),
        Head(words("head.energy")),
        Head(words("head.idle")),
        Head(words("head.dynamic")),
        Head(words("head.counted"), numeric=False),
        Head(words("head.instrument"), numeric=False, wide=True),
    ]
    rows = []
    for part in record.root.channels:
        source = about[part.channel].error_source if part.channel in about else ""
        rows.append(
            [
                Cell(looked_up.channel(part.label, words.language), small=part.method),
                _figure(part.gross, words),
                _figure(part.idle, words),
                _figure(part.dynamic, words),
                Cell(words("run.counted" if part.counted else "run.not_counted")),
                Cell(looked_up.source(source, words.language)),
            ]
        )
    return [Table("channels-table", words("section.channels"), heads, rows, stacked=True)]


def windows(record: RunRecord, words: DashboardWords) -> list[Block]:
    """The windows inside the outermost one, indented as they nest."""
    inner = [window for window in record.windows if window is not record.root]
    if not inner:
        return []
    parents = {window.window_id: window.parent_id for window in record.windows}
    sampled = any(window.samples for window in inner)
    heads = [
        Head(words("head.window"), numeric=False),
        Head(words("head.duration")),
        Head(words("head.energy")),
        Head(words("head.power")),
        *([Head(words("head.per_sample"))] if sampled else ()),
        Head(words("head.busy")),
        Head(words("head.flags"), numeric=False),
    ]
    rows = [_window(window, parents, sampled, words) for window in inner[:_MOST_WINDOWS]]
    more = len(inner) - _MOST_WINDOWS
    note = words("section.more_windows", count=f"{more:,}") if more > 0 else ""
    return [Table("windows-table", words("section.windows"), heads, rows, note=note, stacked=True)]


def _window(window: Measurement, parents: Mapping[int, int | None], sampled: bool, words: DashboardWords) -> list[Cell]:
    busy = window.utilisation.cpu_share
    cells = [
        Cell("\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}" * _depth(window, parents) + window.name),
        Cell(span(window.duration_s)),
        _figure(window.energy, words),
        _figure(window.average_power, words),
    ]
    if sampled:
        each, rate = window.energy_per_sample, window.samples_per_s
        cells.append(
            Cell(NOTHING)
            if each is None
            else Cell(str(shown(each, words.messages)), small="" if rate is None else f"{significant(rate)} /s")
        )
    cells.append(Cell(NOTHING if busy is None else percentage(busy)))
    return [*cells, Cell(" ".join(flag.code for flag in window.flags))]


def _depth(window: Measurement, parents: Mapping[int, int | None]) -> int:
    depth, at = 0, window.parent_id
    while at is not None and parents.get(at) is not None and depth < _MOST_DEEP:
        depth, at = depth + 1, parents[at]
    return depth


def flags(record: RunRecord, words: DashboardWords) -> list[Block]:
    """Everything the reader must know about the figures, once for each code and what it says."""
    found: dict[tuple[str, str], list[str]] = {}
    for window in record.windows:
        for flag in window.flags:
            found.setdefault((flag.code, told(flag, words.language)), []).append(window.name)
    if not found:
        return []
    entries = []
    for (code, detail), names in found.items():
        about = meaning(code, words.language) or ""
        said = words.sentences([detail, about] if about != detail else [detail])
        where = words.listing(dict.fromkeys(names[:3])) + (" …" if len(names) > 3 else "")
        entries.append(Entry(code, words("run.flag", detail=said, windows=where)))
    return [Entries(entries)]


def forecast(record: RunRecord, words: DashboardWords) -> list[Block]:
    """What was foretold while it ran, beside what came out."""
    document = record.document(FORECAST)
    if document is None:
        return []
    lines = [line.strip() for line in outcome_lines(document, Messages("forecast", words.language))]
    return [Text(words("section.forecast_note")), Bullets(lines)]


def events(record: RunRecord, words: DashboardWords) -> list[Block]:
    """What happened, with its time."""
    if not record.events:
        return []
    some = record.events[:_MOST_EVENTS]
    rows = [
        [Cell(event.at[:19].replace("T", " ")), Cell(event.code, small=meaning(event.code, words.language) or ""),
         Cell(event.detail)]
        for event in some
    ]  # fmt: skip
    heads = [
        Head(words("head.at"), numeric=False),
        Head(words("head.code"), numeric=False, wide=True),
        Head(words("head.detail"), numeric=False, wide=True),
    ]
    more = len(record.events) - len(some)
    note = words("section.more_events", count=f"{more:,}") if more > 0 else ""
    return [Table("events-table", words("section.events"), heads, rows, note=note)]


def hardware(record: RunRecord, words: DashboardWords) -> list[Block]:
    """What it ran on and with."""
    machine, software = (record.environment.get(key) or {} for key in ("hardware", "software"))
    memory = machine.get("memory_bytes")
    facts = {
        "processor": machine.get("processor") or machine.get("machine"),
        "cpus": machine.get("usable_cpus") or machine.get("logical_cpus"),
        "memory": None if memory is None else render(Estimate.exact(memory, "B", Provenance.MEASURED)),
        "system": " ".join(filter(None, (software.get("system"), software.get("kernel")))),
        "python": software.get("python"),
        "packages": ", ".join(f"{name} {version}" for name, version in (software.get("packages") or {}).items()),
    }
    entries = [Entry(words(f"fact.{key}"), str(text)) for key, text in facts.items() if text]
    return [Entries(entries)] if entries else []


def _figure(estimate: Estimate | None, words: DashboardWords) -> Cell:
    return (
        Cell(NOTHING)
        if estimate is None
        else Cell(text=figure(estimate), small=words(f"provenance.{estimate.provenance.value}"))
    )
