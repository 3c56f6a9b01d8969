"""Pictures of a placement: what a request takes, who wins where, where it flips, what moves the difference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from setsuden.placement.inference import Answer, Placement
from setsuden.placement.inference.answer import intensities
from setsuden.placement.inference.break_points import BreakPoint
from setsuden.placement.inference.document import by_kind
from setsuden.placement.inference.words import PlaceWords
from setsuden.placement.network import VIEWS, View
from setsuden.quantity import Estimate, Provenance, significant
from setsuden.report.page.parts import Chart, Draw, Grid, Key, pictures, two_widths
from setsuden.report.svg.bands import Band, Crossing, bands
from setsuden.report.svg.marks import series_class, swatch
from setsuden.report.svg.stacked import Piece, StackedBar, stacked_bars
from setsuden.report.svg.tornado import Swing, tornado_chart
from setsuden.report.svg.winners import winners

_KINDS = ("compute", "waiting", "radio", "network", "line")
_MOST_SWINGS = 7
_COLOURS = {"device": 1, "edge": 2, "cloud": 0, "split": 3}


def colour(identity: str) -> int:
    """Colour of a placement, the same in every picture."""
    return _COLOURS[identity.partition(":")[0]]


def shown_once(answer: Answer) -> list[tuple[View | None, Placement]]:
    """Placements of both views; one that no network touches stands once, without a view."""
    found: list[tuple[View | None, Placement]] = [
        (None, item)
        for item in answer.views["marginal"].placements
        if not any(term.kind in ("network", "line") for term in item.terms)
    ]
    for view in reversed(VIEWS):
        found += [
            (view, item)
            for item in answer.views[view].placements
            if any(term.kind in ("network", "line") for term in item.terms)
        ]
    return found


def name_of(words: PlaceWords, view: View | None, item: Placement) -> str:
    """A placement, with the view where it depends on it."""
    name = words.option(item.id)
    return name if view is None else f"{name} · {words.say(f'view.{view}')}"


def bars_chart(answer: Answer, words: PlaceWords) -> Chart:
    """What a request takes, both views in one picture."""
    rows = []
    for view, item in shown_once(answer):
        energy = item.energy(answer.weights)
        parts = by_kind(item, answer)
        pieces = [
            Piece(_KINDS.index(kind), joules, f"{words.say(f'kind.{kind}')}: {significant(joules)} J")
            for kind, joules in parts.items()
        ]
        rows.append(
            StackedBar(
                name_of(words, view, item), pieces, words.amount(energy, interval=False), energy.low, energy.high
            )
        )
    used = [kind for kind in _KINDS if any(kind in by_kind(item, answer) for _, item in shown_once(answer))]
    legend = [
        Key(swatch("square", f"pt {series_class(_KINDS.index(kind))}"), words.say(f"kind.{kind}")) for kind in used
    ]
    draw = partial(stacked_bars, rows, x_title=words.say("axis.joules"))
    return two_widths("bars", words.say("section.bars"), words.say("section.bars_note"), draw, legend=legend)


def map_grid(answer: Answer, words: PlaceWords) -> Grid:
    """Who wins where, one map per view."""
    charts = []
    study = answer.study
    ids: list[str] = []
    for view in reversed(VIEWS):
        found = answer.views[view].map
        colours = [colour(identity) for identity in found.ids]
        ids += [identity for identity in found.ids if identity not in ids]
        names = {colour(identity): words.option(identity) for identity in found.ids}
        cells = [[colours[cell] if cell >= 0 else -1 for cell in row] for row in found.winner]
        close = [[found.close(j, i) for i in range(len(found.payload_kb))] for j in range(len(found.rate_per_s))]
        draw = partial(
            winners,
            found.payload_kb,
            [rate * 60 for rate in found.rate_per_s],
            cells,
            close,
            [names.get(index, "") for index in range(max(_COLOURS.values()) + 1)],
            x_title=words.say("axis.payload"),
            y_title=words.say("axis.rate"),
            here=(study.up_kb.value, study.rate_per_s.value * 60),
        )
        charts.append(_of_view("map", view, draw, words, words.say("section.map_note")))
    legend = [Key(swatch("square", f"pt {series_class(colour(item))}"), words.option(item)) for item in ids]
    return Grid(charts, legend)


def curves_grid(answer: Answer, words: PlaceWords) -> Grid:
    """Cost over payload and over rate, all placements of both views in one picture each."""
    return Grid([_curve(answer, words, "payload"), _curve(answer, words, "rate")])


def _curve(answer: Answer, words: PlaceWords, moved: Literal["payload", "rate"]) -> Chart:
    study = answer.study
    now = study.up_kb.value if moved == "payload" else study.rate_per_s.value
    weight, factor, times = ("up", "payload_kb", 1.0) if moved == "payload" else ("interval", "rate_per_s", 60.0)
    rows = [(view, item) for view, item in shown_once(answer) if item.busy_s * study.rate_per_s.value <= 1]
    end = now * 100
    if moved == "rate":  # no further than the slowest of them can follow
        end = min(end, 1 / max([item.busy_s for _, item in rows if item.busy_s > 0], default=1 / end))
    xs = _span(now / 100, max(end, now * 1.01))
    series, points = [], []
    for view, item in rows:
        costs = [_cost(answer, item, weight, x) for x in xs]
        index = 6 if view == "attribution" and item.id == "cloud" else 7 if view == "attribution" else colour(item.id)
        series.append(
            Band(
                name_of(words, view, item),
                index,
                [cost.value for cost in costs],
                [cost.low for cost in costs],
                [cost.high for cost in costs],
            )
        )
        points += _crossings(answer, view, item, factor, weight)
    title = words.say(f"section.curves_{moved}")
    draw = partial(
        bands,
        [x * times for x in xs],
        series,
        x_title=words.say(f"axis.{moved}"),
        y_title=words.say("axis.joules" if study.objective == "energy" else "axis.grams"),
        here=now * times,
        here_text=words.say("axis.your_case"),
        crossings=points,
    )
    both = pictures(draw, f"curve-{moved}", title, words.say("section.curves_note"), narrow=440)
    return Chart(f"curve-{moved}", title, *both)


def _of_view(what: str, view: View, draw: Draw, words: PlaceWords, note: str, reading: str = "") -> Chart:
    """One of the pictures of a section, which has one per view."""
    name = words.say(f"view.{view}")
    both = pictures(draw, f"{what}-{view}", f"{words.say(f'section.{what}')}: {name}", note)
    return Chart(f"{what}-{view}", name, *both, reading=reading)


def _cost(answer: Answer, item: Placement, weight: str, x: float) -> Estimate:
    value = Estimate.exact(
        1 / x if weight == "interval" else x, "s/request" if weight == "interval" else "kB/request", Provenance.ASSUMED
    )
    option = item.option(intensities(answer.study))
    found = option.value_of(answer.study.objective, {**answer.weights, weight: value})
    assert found is not None
    return found


def _crossings(answer: Answer, view: View | None, item: Placement, factor: str, weight: str) -> list[Crossing]:
    """Break-evens against the device, on the device's line."""
    if item.id == "device":
        return []
    points: Sequence[BreakPoint] = answer.views[view or "marginal"].break_points
    device = answer.views["marginal"].placements[0]
    found = []
    for point in points:
        if point.against == item.id and point.factor == factor and point.value is not None:
            times = 60.0 if factor == "rate_per_s" else 1.0
            cost = _cost(answer, device, weight, point.value)
            found.append(Crossing(point.value * times, cost.value, significant(point.value * times, 2)))
    return found


def _span(low: float, high: float) -> list[float]:
    return [low * (high / low) ** (i / 40) for i in range(41)]


def tornado_grid(answer: Answer, words: PlaceWords) -> Grid | None:
    """What moves the difference between the recommended placement and the next, one picture per view."""
    charts = []
    for view in reversed(VIEWS):
        found = answer.views[view]
        bars = [bar for bar in found.bars if bar.swing > 0][:_MOST_SWINGS]
        if found.compared is None or not bars:
            continue
        first, second = found.compared
        objective = answer.study.objective
        best = sum(
            sign * figure.value
            for sign, name in ((1, second), (-1, first))
            if (figure := found.figure(name, objective)) is not None
        )
        unit = "J" if objective == "energy" else "g"
        swings = [
            Swing(
                words.source(bar.name),
                bar.at_low,
                bar.at_high,
                f"{words.source(bar.name)}: {significant(bar.at_low)} … {significant(bar.at_high)} {unit}",
            )
            for bar in bars
        ]
        note = words.say("section.tornado_note", first=words.option(first), second=words.option(second))
        draw = partial(tornado_chart, swings, best, x_title=f"{words.say('axis.difference')}, {unit}")
        charts.append(_of_view("tornado", view, draw, words, note, note))
    return Grid(charts) if charts else None
