"""The page of a federation: verdict first, pictures, then everything for engineers."""

from __future__ import annotations

from setsuden.federated.study.compare import Row
from setsuden.federated.study.document import document, traffic
from setsuden.federated.study.run import Outcome
from setsuden.federated.study.table import table
from setsuden.federated.study.table_words import TableWords
from setsuden.federated.study.verdict import median_index
from setsuden.federated.study.words import FederatedWords, size
from setsuden.language import Language, looked_up
from setsuden.quantity import Estimate, render, significant
from setsuden.report import sheet
from setsuden.report.federated.charts import country_chart, country_map, networks_chart, rounds_grid, who_chart
from setsuden.report.numbers import shown
from setsuden.report.page.parts import (
    Block,
    Bullets,
    Card,
    Cell,
    Fact,
    Head,
    Page,
    Section,
    Table,
    boundary_text,
    provenance_entries,
)
from setsuden.report.sheet import FrameWords, factors_table
from setsuden.workload import zoo


def frame_words(language: Language) -> FrameWords:
    """The report's words with those of a federation in the frame."""
    return sheet.frame_words("federated", language)


def build(outcome: Outcome, language: Language) -> Page:
    """The page."""
    words, frame = FederatedWords(outcome, language), frame_words(language)
    said, say = words.said(), words.say
    priced = bool(outcome.bills)
    sections = [Section("rounds", say("section.rounds"), [rounds_grid(outcome, words)])]
    if outcome.compared and (chart := networks_chart(outcome, words)) is not None:
        sections.append(Section("networks", say("section.networks"), [chart]))
    if priced:
        drawn: list[Block] = [country_chart(outcome, words), *_places(outcome, words)]
        if (on_a_map := country_map(outcome, words)) is not None:
            drawn.insert(0, on_a_map)
        sections.append(Section("places", say("section.places"), drawn))
    sections.append(Section("comparison", say("section.comparison"), _comparison(outcome, words)))
    method: list[Block] = [Bullets(said.notes), provenance_entries(frame), *_factors(outcome, words)]
    sections.append(Section("method", say("section.method"), method))
    confidence = said.confidence or "none-feasible"
    return Page(
        language=language,
        title=say("page.title", name=outcome.federation.name),
        study=outcome.federation.name,
        facts=[Fact(say("page.question"), _question(outcome, words))],
        headline=said.headline,
        because=said.because,
        sure=said.sure,
        confidence=confidence,
        confidence_word=frame(f"confidence.{confidence}") if said.confidence else "",
        todo=[say("todo.privacy")] if outcome.compared else [],
        flips=said.flips,
        warnings=[say("note.stand_in")] if outcome.trained[0].result.trace.header.stand_in else [],
        cards=_cards(outcome, words, frame),
        hero=who_chart(outcome, words) if priced else None,
        sections=sections,
    )


def _question(outcome: Outcome, words: FederatedWords) -> str:
    header = outcome.trained[0].result.trace.header
    chosen = {
        name: words.choice(getattr(header, name)) for name in ("partition", "algorithm", "selection", "compression")
    }
    model = zoo.entry(header.model).title if header.model in zoo.names() else header.model
    return words.say("ask.whole", model=model, data=header.data, clients=header.clients, **chosen)


def _cards(outcome: Outcome, words: FederatedWords, frame: FrameWords) -> list[Card]:
    cards: list[Card] = []
    names = dict.fromkeys(one.task.topology.name for one in outcome.trained) if outcome.bills else {}
    medians = {name: outcome.bills[median_index(outcome, name)].carbon for name in names}
    for index, name in enumerate(sorted(medians, key=lambda name: medians[name].value)[:2]):
        cards.append(_card(f"carbon-{index}", words.way(name), medians[name], frame))
    if outcome.compared:
        first = outcome.compared[0].declared
        cards.append(_card("carbon-upload", words.say("way.upload"), first.upload.carbon, frame))
        cards.append(_card("carbon-central", words.say("way.central"), first.centralised.carbon, frame))
    return cards


def _card(identity: str, name: str, carbon: Estimate, frame: FrameWords) -> Card:
    return Card(identity, name, shown(carbon, frame.messages), "method", boundary_text(carbon.boundary, frame))


def _places(outcome: Outcome, words: FederatedWords) -> list[Block]:
    """Where it was drawn and how well the clients there are served; then every country that was compared."""
    found: list[Block] = [_drawn(outcome, words)]
    if outcome.compared and outcome.federation.declaration.compare.countries:
        found.append(_countries(outcome, words))
    return found


def _countries(outcome: Outcome, words: FederatedWords) -> Table:
    """Set-up against country; a federation that emits less than sending the data there is marked."""
    told = TableWords(table([document(outcome)]), words.language)
    heads = [Head(text, numeric=index > 0) for index, text in enumerate(told.heads()[1:])]
    sent = next(line for line in told.table.lines if line.upload)
    rows = []
    for line, texts in zip(told.table.lines, told.rows(), strict=True):
        federated = line.topology is not None
        less = {
            told.grams(line, place): federated and line.carbon_g[place][0] < sent.carbon_g[place][0]
            for place in told.table.places
        }
        rows.append([Cell(text, tone="good" if less.get(text, False) else "") for text in texts[1:]])
    note = " ".join(told.notes())
    return Table("countries-table", words.say("section.countries"), heads, rows, note=note, stacked=True)


def _drawn(outcome: Outcome, words: FederatedWords) -> Table:
    """Where it was drawn, and how well the clients there are served, for the training that emits least."""
    say, index = words.say, words.cleanest
    one, bill = outcome.trained[index], outcome.bills[index]
    regions = one.result.clients.by_region()
    heads = [Head(say("head.country"), numeric=False)]
    heads += [Head(say(f"head.{key}")) for key in ("energy", "carbon", "accuracy", "asked")]
    rows = []
    for name, cost in bill.by_country().items():
        accuracy, asked = regions.get(name, (None, None))
        rows.append(
            [
                Cell(looked_up.place(name, words.language)),
                Cell(render(cost.energy)),
                Cell(render(cost.carbon)),
                Cell("–" if accuracy is None or accuracy != accuracy else f"{accuracy:.1%}"),
                Cell("–" if asked is None else f"{asked:.1f}"),
            ]
        )
    caption = say("title.drawn", topology=words.topology(one.task.topology.name))
    return Table("places-table", caption, heads, rows)


def _comparison(outcome: Outcome, words: FederatedWords) -> list[Block]:
    say = words.say
    heads = [Head(say("head.way"), numeric=False), Head(say("head.seed")), Head(say("head.rounds"))]
    heads += [Head(say(f"head.{key}")) for key in ("accuracy", "sent", "energy", "carbon", "gap")]
    rows = []
    for index, one in enumerate(outcome.trained):
        bill = outcome.bills[index] if outcome.bills else None
        reached = one.result.reached_round is not None
        gap = one.result.trace.header.spectral_gap
        rows.append(
            [
                Cell(words.topology(one.task.topology.name), tone="good" if reached else ""),
                Cell(str(one.task.seed)),
                Cell(str(len(one.result.trace.rounds.round))),
                Cell("–" if one.result.accuracy is None else f"{one.result.accuracy:.1%}"),
                Cell(size(sum(traffic(one.result.trace).values()))),
                Cell("–" if bill is None else render(bill.energy)),
                Cell("–" if bill is None else render(bill.carbon)),
                Cell("–" if gap is None else significant(gap, 2)),
            ]
        )
    blocks: list[Block] = [Table("trainings-table", say("section.trainings"), heads, rows)]
    if outcome.compared:
        blocks.append(_everywhere(outcome, words))
    return blocks


def _everywhere(outcome: Outcome, words: FederatedWords) -> Table:
    """Every scene by every network model; places and devices have a column where they were varied."""
    say = words.say
    rows = [row for one in outcome.compared for row in one.rows]
    varied = [key for key in ("place", "device") if any(getattr(row, key) is not None for row in rows)]
    heads = [Head(say(f"head.{key}"), numeric=False) for key in ("way", *varied, "network")]
    heads += [Head(say("head.carbon")), Head(say("head.ratio_upload")), Head(say("head.ratio"))]

    def line(row: Row) -> list[Cell]:
        scene = [Cell(getattr(row, key) or say("head.declared")) for key in varied]
        ratios = [Cell(_ratio(row.ratio_upload)), Cell(_ratio(row.ratio))]
        return [
            Cell(words.topology(row.topology)),
            *scene,
            Cell(words.network(row.network)),
            Cell(render(row.federated.carbon)),
            *ratios,
        ]

    return Table("everywhere-table", say("title.everywhere"), heads, [line(row) for row in rows])


def _ratio(figure: Estimate | None) -> str:
    return "–" if figure is None else render(figure)


def _factors(outcome: Outcome, words: FederatedWords) -> list[Block]:
    if not outcome.bills:
        return []
    return [factors_table(words, outcome.bills[0].factors)]
