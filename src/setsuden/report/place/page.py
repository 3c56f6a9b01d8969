"""The page of a placement question: verdict first, pictures, then everything for engineers."""

from __future__ import annotations

from dataclasses import replace

from setsuden.language import Language
from setsuden.placement.inference import Answer
from setsuden.placement.inference.answer import intensities
from setsuden.placement.inference.words import PlaceWords
from setsuden.placement.network import VIEWS
from setsuden.quantity import Estimate, significant
from setsuden.report import sheet
from setsuden.report.numbers import Shown, shown
from setsuden.report.page.parts import (
    Bullets,
    Card,
    Cell,
    Fact,
    Head,
    Page,
    Section,
    Table,
    Text,
    boundary_text,
    provenance_entries,
)
from setsuden.report.place.charts import bars_chart, curves_grid, map_grid, name_of, shown_once, tornado_grid
from setsuden.report.sheet import FrameWords, factors_table


def frame_words(language: Language) -> FrameWords:
    """The report's words with those of a placement in the frame."""
    return sheet.frame_words("placement", language)


def build(answer: Answer, language: Language) -> Page:
    """The page."""
    words = PlaceWords(answer, language)
    frame = frame_words(language)
    said, say = words.said(), words.say
    decision = answer.views["marginal"].decision
    tornado = tornado_grid(answer, words)
    sections = [
        Section("map", say("section.map"), [Text(say("section.map_note")), map_grid(answer, words)]),
        Section(
            "curves",
            say("section.curves"),
            [
                Text(say("section.curves_note")),
                curves_grid(answer, words),
                *([Bullets(said.points)] if said.points else []),
            ],
        ),
        *([Section("tornado", say("section.tornado"), [tornado])] if tornado else []),
        Section(
            "published", say("section.published"), [Text(say("section.published_note")), _published(answer, words)]
        ),
        Section("placements", say("section.placements"), [_placements(answer, words, frame)]),
        Section(
            "method",
            say("section.method"),
            [
                Text(say("view.marginal_long")),
                Text(say("view.attribution_long")),
                Text(say("method.views")),
                Text(say("method.terms")),
                Text(say("method.draws", draws=f"{decision.draws:,}", seed=answer.seed)),
                provenance_entries(frame),
            ],
        ),
        Section("factors", say("section.factors"), [factors_table(words, answer.factors)]),
        Section(
            "limits",
            say("section.limits"),
            [
                Bullets(
                    [
                        *said.notes[1:],
                        say("method.limit_measured"),
                        say("method.limit_network"),
                        *([say("method.limit_split")] if answer.study.layers else []),
                    ]
                )
            ],
        ),
    ]
    confidence = _weaker(answer) if answer.agree else "too-close"
    return Page(
        language=language,
        title=say("page.title", name=answer.study.name),
        study=answer.study.name,
        facts=[Fact(say("page.question"), said.notes[0])],
        headline=said.headline,
        because=said.because,
        sure=" ".join(said.sure) if language == "en" else "".join(said.sure),
        confidence=confidence,
        confidence_word=frame(f"confidence.{confidence}") if answer.agree else say("verdict.views_differ"),
        flips=said.flips,
        todo=_todo(answer, words),
        cards=_cards(answer, words, frame),
        hero=bars_chart(answer, words),
        sections=sections,
    )


def _weaker(answer: Answer) -> str:
    """The less sure of the two views."""
    order = ("none-feasible", "too-close", "likely", "clear")
    return min((answer.views[view].decision.confidence for view in VIEWS), key=order.index)


def _todo(answer: Answer, words: PlaceWords) -> list[str]:
    """What would make the answer surer."""
    found = answer.views["marginal"].decision.information or answer.views["attribution"].decision.information
    best = found.best if found else None
    return [words.say("text.measure_next", what=words.source(best[0]))] if best else []


def _per_request(estimate: Estimate, frame: FrameWords) -> Shown:
    """Without the words per request, which stand below the figure."""
    return shown(replace(estimate, unit=estimate.unit.partition("/")[0]), frame.messages)


def _cards(answer: Answer, words: PlaceWords, frame: FrameWords) -> list[Card]:
    cards = []
    for view in reversed(VIEWS):
        found = answer.views[view]
        chosen = found.decision.recommended
        if chosen is None:
            continue
        item = next(placement for placement in found.placements if placement.id == chosen)
        energy = item.energy(answer.weights)
        cards.append(
            Card(
                f"energy-{view}",
                words.say(f"view.{view}"),
                _per_request(energy, frame),
                "method",
                boundary_text(energy.boundary, frame),
                words.say("text.card", option=words.where(chosen)),
            )
        )
        carbon = item.option(intensities(answer.study)).value_of("carbon", answer.weights)
        assert carbon is not None
        cards.append(
            Card(
                f"carbon-{view}",
                words.say("text.carbon_card", view=words.say(f"view.{view}")),
                _per_request(carbon.to("gCO2e/request"), frame),
                "method",
                boundary_text(energy.boundary, frame),
                words.say("text.card", option=words.where(chosen)),
            )
        )
    return cards


def _published(answer: Answer, words: PlaceWords) -> Table:
    heads = [
        Head(words.say("head.model"), numeric=False),
        Head(words.say("head.device"), "J"),
        Head(words.say("head.cloud"), "J"),
        Head(words.say("head.winner"), numeric=False),
    ]
    rows = [
        [
            Cell(words.published(item)),
            Cell(significant(item.device_j)),
            Cell(significant(item.cloud_j)),
            Cell(words.option(item.winner) if item.winner else words.say("verdict.none")),
        ]
        for item in answer.published
    ]
    return Table("published-table", words.say("section.published"), heads, rows)


def _placements(answer: Answer, words: PlaceWords, frame: FrameWords) -> Table:
    say = words.say
    heads = [Head(say("head.placement"), numeric=False)]
    heads += [Head(say(f"head.{key}")) for key in ("energy", "carbon", "latency", "probability")]
    rows = []
    for view, item in shown_once(answer):
        decision = answer.views[view or "marginal"].decision
        carbon = item.option(intensities(answer.study)).value_of("carbon", answer.weights)
        assert carbon is not None
        rows.append(
            [
                Cell(name_of(words, view, item), tone="good" if decision.recommended == item.id else ""),
                *(
                    Cell(str(shown(figure, frame.messages)))
                    for figure in (item.energy(answer.weights), carbon.to("gCO2e/request"), item.latency)
                ),
                Cell(f"{decision.assessment(item.id).best_probability:.0%}"),
            ]
        )
    return Table("placements-table", say("section.placements"), heads, rows)
