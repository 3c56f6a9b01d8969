"""The list of runs: chosen, sorted and turned page by page by its address alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from setsuden.dashboard.choose import SORTS, STATUSES, Choice, chosen, kinds_of, tags_of
from setsuden.dashboard.nest import Nest
from setsuden.dashboard.request import Request
from setsuden.dashboard.settings import Settings
from setsuden.dashboard.sharing import Shares
from setsuden.dashboard.tally import tally
from setsuden.dashboard.view import Field, Form, Link, Option, View
from setsuden.dashboard.words import DashboardWords, figure, known_pill, known_said, moment, span
from setsuden.ledger.entries import Entry
from setsuden.ledger.nesting import own_tags
from setsuden.quantity import Estimate
from setsuden.report.numbers import Shown, shown
from setsuden.report.page.parts import Page, Section, provenance_entries

PAGE_LENGTH = 50
_MOST_TAGS = 200
_NUMERIC = ("duration", "energy", "power")


@dataclass(frozen=True, slots=True)
class Column:
    """A heading that sorts; ``order`` is the way it is sorted now, as ``aria-sort`` has it."""

    text: str
    address: str
    order: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One run."""

    id: str
    name: str
    address: str
    status: str
    status_text: str
    started: str
    duration: str
    energy: Shown | None
    power: Shown | None
    tags: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Rows:
    """The table, and the way to its other pages; ``hidden`` goes with the ticked runs to their comparison."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    hidden: Mapping[str, str]
    place: str
    pages: Sequence[Link]


def runs(
    entries: Mapping[int, Entry],
    request: Request,
    settings: Settings,
    words: DashboardWords,
    shares_of: Callable[[list[Entry]], Shares],
) -> View:
    """The page that was asked for; a page beyond the last is the last."""
    every = list(entries.values())
    choice = Choice.of(request)
    found = chosen(every, choice, settings.zone)
    total = tally(found, shares_of(found), Nest(every))
    pages = max(1, -(-len(found) // PAGE_LENGTH))
    number = min(request.page(), pages)
    first = (number - 1) * PAGE_LENGTH
    some = found[first : first + PAGE_LENGTH]
    pill, word = known_pill(total, words)
    said = [words("runs.found", runs=f"{len(found):,}", of=f"{len(every):,}")]
    if total.energy is not None:
        said.append(words("runs.energy", energy=figure(total.energy)))
    if total.shared:
        said.append(words("runs.shared", runs=f"{total.shared:,}"))
    page = Page(
        language=words.language,
        title=words("runs.title"),
        study=words("place.runs"),
        facts=(),
        headline=words("runs.headline") if found or not every else words("runs.none_match"),
        because=words.sentences(said),
        sure=known_said(total, words),
        confidence=pill,
        confidence_word=word,
        sections=[Section("method", words("section.known"), [provenance_entries(words)])],
    )
    table = Rows(
        columns=[_column(name, choice, request, words) for name in SORTS],
        rows=[_row(entry, request, settings, words) for entry in some],
        hidden={"lang": request.language} if request.language != request.default else {},
        place=words("runs.place", first=f"{first + bool(some):,}", last=f"{first + len(some):,}", of=f"{len(found):,}"),
        pages=_pages(number, pages, request, words),
    )
    form = _form(every, choice, request, words)
    return View(page, words, request, template="runs.html.jinja", form=form, rows=table)


def _column(name: str, choice: Choice, request: Request, words: DashboardWords) -> Column:
    now = choice.sort == name
    order = "up" if now and choice.order == "down" else "down"
    address = request.link("/runs", {**request.kept("sort", "order", "page"), "sort": name, "order": order})
    sorted_now = {"down": "descending", "up": "ascending"}[choice.order] if now else "none"
    return Column(words(f"head.{name}"), address, sorted_now, name in _NUMERIC)


def _row(entry: Entry, request: Request, settings: Settings, words: DashboardWords) -> Row:
    summary, power = entry.summary, None
    if (energy := summary.energy) is not None and summary.duration_s:
        mean = energy * (1.0 / summary.duration_s)
        power = Estimate(mean.value, mean.low, mean.high, "W", mean.provenance, mean.boundary)
    return Row(
        id=summary.id,
        name=summary.name or words("group.nameless"),
        address=request.link(f"/run/{summary.id}"),
        status=summary.status.replace(" ", "-"),
        status_text=words(f"status.{summary.status}"),
        started=moment(entry.started, settings.zone),
        duration=span(summary.duration_s),
        energy=None if energy is None else shown(energy, words.messages),
        power=None if power is None else shown(power, words.messages),
        tags=[Link(tag, request.link("/runs", {"tag": tag})) for tag in own_tags(entry.summary.tags)],
    )


def _pages(number: int, pages: int, request: Request, words: DashboardWords) -> list[Link]:
    near = {1, pages, *range(max(1, number - 2), min(pages, number + 2) + 1)}
    links, last = [], 0
    for page in sorted(near):
        if page > last + 1:
            links.append(Link("…", ""))
        links.append(Link(f"{page:,}", _page(page, request), page == number))
        last = page
    if number > 1:
        links.insert(0, Link(words("runs.before"), _page(number - 1, request)))
    if number < pages:
        links.append(Link(words("runs.after"), _page(number + 1, request)))
    return links if pages > 1 else []


def _page(number: int, request: Request) -> str:
    return request.link("/runs", {**request.kept("page"), "page": number})


def _form(entries: Sequence[Entry], choice: Choice, request: Request, words: DashboardWords) -> Form:
    def select(name: str, now: str, values: Sequence[str], say: str = "") -> Field:
        known = list(values) if not now or now in values else [now, *values]
        options = [Option("", words("field.any"), not now)]
        options += [Option(value, words(f"{say}.{value}") if say else value, value == now) for value in known]
        return Field(name, words(f"field.{name}"), "select", now, options)

    fields = [
        Field("q", words("field.q"), "search", choice.text),
        select("tag", choice.tag, tags_of(entries)[:_MOST_TAGS]),
        select("kind", choice.kind, kinds_of(entries)),
        select("status", choice.status, STATUSES, "status"),
        Field("from", words("field.from"), "date", str(choice.first or "")),
        Field("to", words("field.to"), "date", str(choice.last or "")),
    ]
    for name, value in (("name", choice.name), ("machine", choice.machine)):
        if value:
            fields.append(select(name, value, [value]))
    hidden = {name: value for name in ("sort", "order") if (value := request.one(name))}
    return Form(words("form.runs"), fields, words("form.filter"), hidden)
