"""The page of placing a training: verdict first, one picture, all outcomes."""

from __future__ import annotations

from functools import partial

from setsuden.language import Language
from setsuden.placement.training import Answer
from setsuden.placement.training.outcome import WORTH
from setsuden.placement.training.words import TrainingWords
from setsuden.quantity import render, significant
from setsuden.report import sheet
from setsuden.report.numbers import percent, shown
from setsuden.report.page.parts import (
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
    boundary_text,
    provenance_entries,
    two_widths,
)
from setsuden.report.sheet import FrameWords
from setsuden.report.svg.stacked import Piece, StackedBar, stacked_bars

_CLEAR, _LIKELY = 0.9, 0.6
_ORDER = ("now", "start", "pause", "scale")


def frame_words(language: Language) -> FrameWords:
    """The report's words with those of a training in the frame."""
    return sheet.frame_words("training", language, {"flip.heading": "page.levers"})


def build(answer: Answer, language: Language) -> Page:
    """The page."""
    words, frame = TrainingWords(answer, language), frame_words(language)
    said, say = words.said(), words.say
    better = 1 - answer.best.worse
    small = answer.best.saving.value < WORTH or better < _LIKELY
    confidence = "too-close" if small else "clear" if better >= _CLEAR else "likely"
    return Page(
        language=language,
        title=say("page.title", name=answer.job.name),
        study=answer.job.name,
        facts=[Fact(say("page.question"), said.notes[0])],
        headline=said.headline,
        because=said.because,
        sure=say("verdict.sure", better=f"{better:.0%}"),
        confidence=confidence,
        confidence_word=frame(f"confidence.{confidence}"),
        flips=said.levers,
        cards=_cards(answer, words, frame),
        hero=_bars(answer, words),
        sections=[
            Section("outcomes", say("section.table"), [_table(answer, words)]),
            Section(
                "method",
                say("section.method"),
                [
                    Text(say("method.strategies")),
                    Text(say("method.judged")),
                    Bullets(said.notes[1:]),
                    _sources(answer, words),
                    provenance_entries(frame),
                ],
            ),
        ],
    )


def _cards(answer: Answer, words: TrainingWords, frame: FrameWords) -> list[Card]:
    cards = []
    for item in dict.fromkeys((answer.now, answer.best)):
        name = f"{item.site}, {words.strategy(item)}"
        boundary = boundary_text(item.carbon.boundary, frame)
        cards.append(Card(f"carbon-{item.strategy}", name, shown(item.carbon, frame.messages), "method", boundary))
    saving = percent(answer.best.saving, frame.messages)
    cards.append(Card("saving", words.say("head.saving"), saving, "method"))
    return cards


def _bars(answer: Answer, words: TrainingWords) -> Chart:
    bars = [
        StackedBar(
            f"{item.site} · {words.strategy(item)}",
            [Piece(_ORDER.index(item.strategy), item.carbon.value, render(item.carbon))],
            render(item.carbon, interval=False),
            item.carbon.low,
            item.carbon.high,
        )
        for item in answer.outcomes
    ]

    draw = partial(stacked_bars, bars, x_title=words.say("axis.carbon"))
    return two_widths("bars", words.say("section.bars"), words.say("section.bars_note"), draw)


def _table(answer: Answer, words: TrainingWords) -> Table:
    say = words.say
    heads = [Head(say("head.place"), numeric=False), Head(say("head.way"), numeric=False)]
    heads += [Head(say(f"head.{key}")) for key in ("carbon", "saving", "worse", "wait", "energy", "cost")]
    rows = [
        [
            Cell(item.site, tone="good" if item is answer.best else ""),
            Cell(words.strategy(item)),
            Cell(render(item.carbon)),
            Cell(words.saving(item)),
            Cell(f"{item.worse:.0%}"),
            Cell(significant(item.wait_h, 2)),
            Cell(significant(item.energy_kwh)),
            Cell(words.cost(item)),
        ]
        for item in answer.outcomes
    ]
    return Table("outcomes-table", say("section.table"), heads, rows)


def _sources(answer: Answer, words: TrainingWords) -> Table:
    heads = [Head(words.say("head.place"), numeric=False), Head(words.say("head.source"), numeric=False, wide=True)]
    rows = [[Cell(site.name), Cell(site.source)] for site in (answer.job.home, *answer.job.sites)]
    return Table("sources-table", words.say("head.source"), heads, rows)
