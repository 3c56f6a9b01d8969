"""The page of a model's life: verdict first, pictures, then everything for engineers."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.language import Language
from setsuden.lifecycle import Answer
from setsuden.lifecycle.words import LifeWords, kilograms
from setsuden.placement.judgement import OWN
from setsuden.quantity import merged_factors, render, significant
from setsuden.report import sheet
from setsuden.report.life.charts import VIEWS, bars_chart, curves_grid, tornado_grid
from setsuden.report.numbers import shown
from setsuden.report.page.parts import (
    Bullets,
    Card,
    Cell,
    Fact,
    Grid,
    Head,
    Page,
    Section,
    Table,
    Text,
    boundary_text,
    provenance_entries,
)
from setsuden.report.sheet import FrameWords, factors_table

_LIKELY, _CLEAR = 0.6, 0.9


def frame_words(language: Language) -> FrameWords:
    """The report's words with those of a life in the frame."""
    return sheet.frame_words("lifecycle", language, {"flip.heading": "section.curves"})


def build(answer: Answer, language: Language) -> Page:
    """The page."""
    words, frame = LifeWords(answer, language), frame_words(language)
    said, say = words.said(), words.say
    sheets = answer.sheets
    agree = sheets["marginal"].dominating == sheets["attribution"].dominating
    least = min(sheet.probability for sheet in sheets.values())
    confidence = "too-close" if not agree or least < _LIKELY else "clear" if least >= _CLEAR else "likely"
    tornado = tornado_grid(answer, words)
    factors = merged_factors(*(figure.factors for plan in answer.plans.values() for figure in plan.inputs.values()))
    sections = [
        Section("sheet", say("section.sheet"), [_sheet(answer, words)]),
        Section("levers", say("section.levers"), [Text(say("section.levers_note")), *_levers(answer, words)]),
        *([Section("curves", say("section.curves"), _turns(answer, words, said.turns))] if said.turns else []),
        *(
            [Section("tornado", say("section.tornado"), [Text(say("section.tornado_note")), tornado])]
            if tornado
            else []
        ),
        Section(
            "method",
            say("section.method"),
            [
                Text(say("method.sum")),
                Text(say("method.draws", draws=f"{answer.draws:,}", seed=answer.seed)),
                Text(say("method.levers")),
                *([Bullets(said.notes)] if said.notes else []),
                provenance_entries(frame),
            ],
        ),
        Section("factors", say("section.factors"), [factors_table(words, factors)]),
    ]
    months = significant(answer.plan.months, 3).removesuffix(".0")
    return Page(
        language=language,
        title=say("page.title", name=answer.plan.name),
        study=answer.plan.name,
        facts=[
            Fact(
                say("page.question"), say("page.facts", requests=words.count(answer.plan.requests.value), months=months)
            )
        ],
        headline=said.headline,
        because=said.because,
        sure=(" " if language == "en" else "").join(said.sure),
        confidence=confidence,
        confidence_word=frame(f"confidence.{confidence}") if agree else say("verdict.views_differ"),
        flips=said.short,
        cards=_cards(answer, words, frame),
        hero=bars_chart(answer, words),
        sections=sections,
    )


def _turns(answer: Answer, words: LifeWords, turns: Sequence[str]) -> list[Text | Grid | Bullets]:
    """The pictures of the alternatives where there are any, and every turn in a sentence."""
    if not answer.alternatives:
        return [Bullets(turns)]
    return [Text(words.say("section.curves_note")), curves_grid(answer, words), Bullets(turns)]


def _cards(answer: Answer, words: LifeWords, frame: FrameWords) -> list[Card]:
    cards = []
    for view in VIEWS:
        for kind, figure in (
            ("energy", answer.sheets[view].total_energy),
            ("carbon", answer.sheets[view].total_carbon),
        ):
            label = words.say(f"head.{kind}", view=words.say(f"view.{view}"))
            boundary = boundary_text(figure.boundary, frame)
            cards.append(Card(f"{kind}-{view}", label, shown(figure, frame.messages), "method", boundary))
    return cards


def _sheet(answer: Answer, words: LifeWords) -> Table:
    say = words.say
    heads = [Head(say("head.stage"), numeric=False)]
    heads += [Head(say(f"head.{kind}", view=say(f"view.{view}"))) for kind in ("energy", "carbon") for view in VIEWS]
    rows = []
    for name in answer.sheets["marginal"].carbon:
        cells = [Cell(say(f"stage.{name}"))]
        for view in VIEWS:
            found = answer.sheets[view].energy.get(name)
            cells.append(Cell(render(found) if found is not None else "–"))
        cells += [Cell(render(answer.sheets[view].carbon[name])) for view in VIEWS]
        rows.append(cells)
    totals = [Cell(say("text.total"))]
    totals += [Cell(render(answer.sheets[view].total_energy)) for view in VIEWS]
    totals += [Cell(render(answer.sheets[view].total_carbon)) for view in VIEWS]
    return Table("sheet-table", say("section.sheet"), heads, [*rows, totals])


def _levers(answer: Answer, words: LifeWords) -> list[Table | Text]:
    say, sheet = words.say, answer.sheets["marginal"]
    if not sheet.levers:
        return [Text(say("lever.none"))]
    heads = [
        Head(say("head.lever"), numeric=False),
        Head(say("head.saving")),
        Head(say("head.share")),
        Head(say("head.condition"), numeric=False),
        Head(say("head.source"), numeric=False, wide=True),
    ]
    rows = []
    for item in sheet.levers:
        small = words.stages(item) + (f" · {say('lever.exclusive')}" if item.exclusive else "")
        small += f" · {say('lever.judged')}" if item.centre == OWN else ""
        said = "; ".join(part for part in (item.condition, item.side_effect) if part)
        rows.append(
            [
                Cell(words.technique(item), small=small),
                Cell(words.saving(item)),
                Cell(f"{item.saved:.0%}"),
                Cell(said or "–"),
                Cell(item.source),
            ]
        )
    together = say("lever.together", saving=kilograms(sheet.together_g))
    return [Table("levers-table", say("section.levers"), heads, rows, note=together)]
