"""Pages of other records than a pilot: the same template and style, other words in the frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from setsuden.language import Language, Messages
from setsuden.placement.judgement import said
from setsuden.quantity import Factor, significant
from setsuden.report import rendering
from setsuden.report.numbers import edge_note
from setsuden.report.page.parts import Cell, Head, Page, Table
from setsuden.report.words import Words


class FrameWords(Words):
    """The report's words, some of them replaced: ``replaced`` maps keys such as ``page.kicker`` to a sentence."""

    def __init__(self, language: Language, replaced: Mapping[str, str]) -> None:
        super().__init__(language)
        self._replaced = dict(replaced)

    def __call__(self, key: str, **values: object) -> str:
        """The message of ``key`` with its placeholders filled."""
        found = self._replaced.get(key)
        return super().__call__(key, **values) if found is None else found.format(**values)


def frame_words(room: str, language: Language, also: Mapping[str, str] | None = None) -> FrameWords:
    """The report's words with those of ``room`` in the frame.

    also   further keys of the report -> keys of the room that replace them
    """
    say = Messages(room, language).say
    further = {key: say(own) for key, own in (also or {}).items()}
    return FrameWords(
        language,
        {
            "page.kicker": say("page.kicker"),
            "page.footer": say("page.footer", version="{version}"),
            "page.engineer": say("page.contents"),
            **further,
        },
    )


def factor_text(factor: Factor) -> str:
    """The value of a factor with its interval; tiny ones by their billionth."""
    tiny = 0 < abs(factor.value) < 1e-4 and factor.unit.startswith("J/")
    scale = 1e9 if tiny else 1.0
    value, low, high = (significant(figure * scale) for figure in (factor.value, factor.low, factor.high))
    span = "" if factor.low == factor.high else f" [{low}, {high}]"
    unit = "" if factor.unit == "1" else f" {'n' if tiny else ''}{factor.unit}"
    return f"{value}{unit}{span}"


class RoomWords(Protocol):
    """The words of a room in one language."""

    language: Language
    say: Callable[..., str]


def factors_table(words: RoomWords, factors: Iterable[Factor]) -> Table:
    """Every looked-up figure that entered, with its source, in the words of a room."""
    say = words.say
    heads = [
        Head(say("head.factor"), numeric=False),
        Head(say("head.value")),
        Head(say("head.source"), numeric=False, wide=True),
    ]
    listed, rows = list(factors), []
    for factor in listed:
        name, source = said(factor, words.language)
        rows.append([Cell(name), Cell(factor_text(factor)), Cell(source)])
    note = edge_note(listed, Messages("report", words.language))
    return Table("factors-table", say("section.factors"), heads, rows, note=note)


def rendered(page: Page, words: FrameWords) -> str:
    """One page as text."""
    return rendering.rendered(page, words, "style.css", "answer.css")
