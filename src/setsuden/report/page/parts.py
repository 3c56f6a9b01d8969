"""What a page is made of: plain blocks that the templates know how to show, and nothing about pilots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from setsuden import __version__
from setsuden.quantity import Boundary, Estimate, Provenance
from setsuden.report.numbers import Shown
from setsuden.report.words import Words


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: text or a figure; ``tone`` is ``good``, ``bad`` or empty and never the only carrier of meaning.

    link   where the text leads; only pages of a dashboard have places to lead to
    """

    text: str = ""
    figure: Shown | None = None
    tone: str = ""
    small: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading, its unit, and whether it holds numbers; ``wide`` ones hold sentences."""

    text: str
    unit: str = ""
    numeric: bool = True
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a caption; the first cell of each row names it. ``stacked`` puts intervals below their values."""

    kind: ClassVar[str] = "table"
    identity: str
    caption: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    boundary: str = ""
    note: str = ""
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A line of a legend: a little picture and its words."""

    swatch: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture for wide and one for narrow pages, its words, and the same as a table."""

    kind: ClassVar[str] = "chart"
    identity: str
    title: str
    wide: str
    narrow: str
    legend: Sequence[Key] = ()
    reading: str = ""
    banner: str = ""
    table: Table | None = None
    width: str = "wide"


class Draw(Protocol):
    """What draws a picture of any width: a function of ``report.svg`` with its figures already given."""

    def __call__(self, identity: str, /, *, title: str, description: str, width: float) -> str:
        """The picture as SVG."""
        ...


def pictures(
    draw: Draw, identity: str, title: str, description: str, *, wide: float = 540, narrow: float = 350
) -> tuple[str, str]:
    """The same picture for wide and for narrow pages."""
    return (
        draw(f"{identity}-wide", title=title, description=description, width=wide),
        draw(f"{identity}-narrow", title=title, description=description, width=narrow),
    )


def two_widths(
    identity: str, title: str, note: str, draw: Draw, *, legend: Sequence[Key] = (), wide: float = 660
) -> Chart:
    """A picture for wide and one for narrow pages; ``note`` describes it and says below it how to read it."""
    return Chart(identity, title, *pictures(draw, identity, title, note, wide=wide), legend, note)


@dataclass(frozen=True, slots=True)
class Grid:
    """Charts side by side where there is room."""

    kind: ClassVar[str] = "grid"
    charts: Sequence[Chart]
    legend: Sequence[Key] = ()
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; ``tone`` is empty, ``lead``, ``missing`` or ``warning``."""

    kind: ClassVar[str] = "text"
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of sentences."""

    kind: ClassVar[str] = "bullets"
    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A term, what it means, and the anchor others point to."""

    term: str
    text: str
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Entries:
    """Terms and explanations."""

    kind: ClassVar[str] = "entries"
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type or to compare letter by letter."""

    kind: ClassVar[str] = "code"
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Subheading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    text: str
    identity: str = ""


Block = Table | Chart | Grid | Text | Bullets | Entries | Code | Subheading


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the page."""

    identity: str
    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Card:
    """A headline figure: label, number, chips and the way to its explanation; ``missing`` says why there is none."""

    identity: str
    label: str
    figure: Shown | None
    why: str
    boundary: str = ""
    note: str = ""
    missing: str = ""
    span: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the page's head: what, and the value."""

    term: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the template shows; what a page has nothing to say of is left out."""

    language: str
    title: str
    study: str
    facts: Sequence[Fact]
    headline: str
    because: str
    sure: str
    confidence: str
    confidence_word: str
    sections: Sequence[Section]
    todo: Sequence[str] = ()
    everyday: Sequence[str] = ()
    saving: str = ""
    flips: Sequence[str] = ()
    break_even: str = ""
    warnings: Sequence[str] = ()
    cards: Sequence[Card] = ()
    cards_notes: Sequence[str] = ()
    hero: Chart | None = None
    version: str = __version__


def provenance_entries(words: Words) -> Entries:
    """What measured, estimated and assumed mean, where the page's key leads."""
    return Entries(
        [
            Entry(words(f"provenance.{key}"), words(f"provenance_meaning.{key}"), f"provenance-{key}")
            for key in Provenance
        ]
    )


def boundary_text(boundary: str | Boundary | None, words: Words) -> str:
    """A boundary in words; empty for figures without extent."""
    if boundary is None:
        return ""
    parsed = Boundary.parse(boundary) if isinstance(boundary, str) else boundary
    pieces = [words(f"boundary.{parsed.scope.value}")]
    pieces += [words("boundary.network")] * parsed.network + [words("boundary.embodied")] * parsed.embodied
    return " ".join(pieces)


def boundaries_text(estimates: Iterable[Estimate], words: Words) -> str:
    """The boundaries that occur, in words, once each."""
    found = dict.fromkeys(str(estimate.boundary) for estimate in estimates if estimate.boundary)
    return words.listing(boundary_text(boundary, words) for boundary in found)


def mixed_banner(estimates: Iterable[Estimate], words: Words) -> str:
    """A warning when figures of different boundaries meet in one picture; empty when they do not."""
    items = list(estimates)
    found = {str(estimate.boundary) for estimate in items if estimate.boundary}
    return words("page.mixed_boundaries", boundaries=boundaries_text(items, words)) if len(found) > 1 else ""
