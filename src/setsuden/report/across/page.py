"""The page of the indicators: verdict first, then training and inference, each with words, pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setsuden.language import Language
from setsuden.quantity import Estimate
from setsuden.report import sheet
from setsuden.report.across.said import Said
from setsuden.report.page.context import Board
from setsuden.report.page.indicators import Mark, indicator_chart, indicator_table, on_axis
from setsuden.report.page.parts import (
    Block,
    Bullets,
    Cell,
    Chart,
    Fact,
    Grid,
    Head,
    Key,
    Page,
    Section,
    Subheading,
    Table,
    Text,
    provenance_entries,
)
from setsuden.report.sheet import FrameWords
from setsuden.report.svg import series_class, series_shape, swatch
from setsuden.study.analysis.across import SERVED, TARGETS
from setsuden.study.analysis.points import PHASES, Phase

_CONFIDENCE = {"good": "clear", "rough": "likely", "no": "too-close"}


def frame_words(language: Language) -> FrameWords:
    """The report's words with those of the indicators in the frame."""
    return sheet.frame_words("indicators", language)


def build(document: Mapping[str, Any], language: Language) -> Page:
    """The page of one document, schema ``indicators``."""
    said, frame = Said(document, language), frame_words(language)
    trust = said.best[1].trust if said.best is not None else "no"
    board = Board(frame, {model["name"]: model.get("title") or model["name"] for model in document["models"]})
    return Page(
        language=language,
        title=said.say("page.title"),
        study=" · ".join(document["machine"][:1]),
        facts=_facts(document, said),
        headline=said.headline,
        because=said.because,
        sure=said.sure,
        confidence=_CONFIDENCE[trust],
        confidence_word=said.say(f"said.word_{trust}"),
        warnings=said.warnings,
        cards_notes=[said.say("said.next")],
        sections=[*(_section(phase, said, board) for phase in PHASES), _sources(document, said), _method(said, frame)],
    )


def _facts(document: Mapping[str, Any], said: Said) -> list[Fact]:
    machine = document["machine"]
    return [
        Fact(said.say("fact.machine"), machine[0] if machine else "–"),
        Fact(said.say("fact.counted"), said.words.listing(machine[1:]) or "–"),
        Fact(said.say("fact.runs"), str(len(document["sources"]))),
        Fact(said.say("fact.models"), str(len(document["models"]))),
    ]


def _section(phase: Phase, said: Said, board: Board) -> Section:
    blocks: list[Block] = []
    for target in TARGETS:
        blocks.append(Subheading(said.say(f"section.{target}_lead", phase=said.words(f"phase.{phase}"))))
        blocks.append(Bullets(said.sentences(target, phase)))
        if target == "energy":
            charts = _charts(phase, said, board)
            if charts:
                blocks.append(Grid(charts, legend=_legend(phase, said, board)))
        if said.models(phase) >= said.least:
            caption = said.say(
                "section.caption", target=said.say(f"target.{target}"), phase=said.words(f"phase.{phase}")
            )
            blocks.append(indicator_table(f"{target}-{phase}", caption, said.found(target, phase), board))
    return Section(phase, said.say(f"section.{phase}"), blocks)


def _charts(phase: Phase, said: Said, board: Board) -> list[Chart]:
    found = []
    for item in said.found("energy", phase):
        chart = indicator_chart(item, phase, _marks(item.indicator, phase, said.document), board)
        if chart is not None:
            found.append(chart)
    return found


def _marks(indicator: str, phase: Phase, document: Mapping[str, Any]) -> list[Mark]:
    facts = {model["name"]: model for model in document["models"]}
    marks = []
    for point in document["points"]:
        if point["phase"] != phase:
            continue
        value: float | None
        if indicator == "time_per_sample":
            value = Estimate.from_json(point["time_per_sample"]).to("ms/sample").value
        elif indicator == SERVED:
            value = on_axis(indicator, point["inference_time_per_sample_s"])
        else:
            value = on_axis(indicator, facts[point["model"]].get(indicator))
        marks.append(Mark(point["model"], point["batch_size"], value, Estimate.from_json(point["energy_per_sample"])))
    return marks


def _legend(phase: Phase, said: Said, board: Board) -> list[Key]:
    shown = dict.fromkeys(point["model"] for point in said.document["points"] if point["phase"] == phase)
    return [
        Key(swatch(series_shape(board.series[name]), f"pt {series_class(board.series[name])}"), board.names.model(name))
        for name in shown
    ]


def _sources(document: Mapping[str, Any], said: Said) -> Section:
    rows = [
        [
            Cell(source["run_id"]),
            Cell(source["name"]),
            Cell(source["data"] or "–"),
            Cell(str(source["configurations"])),
            Cell(source["started_at"][:16].replace("T", " ")),
        ]
        for source in document["sources"]
    ]
    heads = [
        Head(said.say("section.run"), numeric=False),
        Head(said.say("section.name"), numeric=False),
        Head(said.say("section.data"), numeric=False),
        Head(said.say("section.configurations")),
        Head(said.say("section.started"), numeric=False),
    ]
    table = Table("sources-table", said.say("section.sources_caption"), heads, rows)
    return Section("sources", said.say("section.sources"), [table])


def _method(said: Said, frame: FrameWords) -> Section:
    texts = [said.say(f"section.{key}_text") for key in ("method", "served", "machine")]
    blocks = [Text(text) for text in (*texts, said.words("indicators.note"))]
    return Section("method", said.say("section.method"), [*blocks, provenance_entries(frame)])
