"""Pictures of a federation: accuracy against rounds, joules and grams, who spent what, and every network model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from setsuden.federated.price import Bill, Cost
from setsuden.federated.study.compare import Row
from setsuden.federated.study.run import Outcome
from setsuden.federated.study.words import FederatedWords, percent
from setsuden.language import looked_up
from setsuden.quantity import render, significant
from setsuden.report.page.parts import Chart, Draw, Grid, Key, two_widths
from setsuden.report.svg.dumbbell import End, dumbbells
from setsuden.report.svg.dumbbell import Row as Bell
from setsuden.report.svg.marks import series_class, swatch
from setsuden.report.svg.stacked import Piece, StackedBar, stacked_bars
from setsuden.report.svg.steps import Track, steps
from setsuden.report.svg.world import Spot, known, world

_PARTIES = ("clients", "links", "server")
_TITLED = ("networks", "places", "rounds")
"""Pictures below a heading of the same key, which they must not repeat."""


def who_chart(outcome: Outcome, words: FederatedWords) -> Chart:
    """Carbon of every training and of one place, by devices, networks and servers."""
    rows = [(_name(outcome, words, index), bill) for index, bill in enumerate(outcome.bills)]
    if outcome.compared:
        first = outcome.compared[0].declared
        rows += [(words.say("way.upload"), first.upload), (words.say("way.central"), first.centralised)]
    names = {party: words.say(f"party.{party}") for party in _PARTIES}
    return _bars("who", words, [(name, bill, bill.by_party()) for name, bill in rows], names)


def country_chart(outcome: Outcome, words: FederatedWords) -> Chart:
    """Carbon of every training by the country in which the electricity was drawn."""
    rows = [(_name(outcome, words, index), bill, bill.by_country()) for index, bill in enumerate(outcome.bills)]
    return _bars(
        "places", words, rows, {name: looked_up.place(name, words.language) for *_, parts in rows for name in parts}
    )


def country_map(outcome: Outcome, words: FederatedWords) -> Chart | None:
    """Carbon of the training that emits least, with the accuracy of its devices; None where no country is known."""
    index = words.cleanest
    found: dict[str, float] = {}
    for place, cost in outcome.bills[index].by_country().items():
        country = place[:2]  # a zone of a grid begins with its country
        if known(country) and not place[2:3].isalpha():
            found[country] = found.get(country, 0.0) + cost.carbon.value
    most = max(found.values(), default=0.0)
    if most <= 0:
        return None
    one = outcome.trained[index]
    regions = one.result.clients.by_region()
    spots = []
    for country, grams in found.items():
        accuracy, _ = regions.get(country, (math.nan, 0.0))
        served = "" if math.isnan(accuracy) else f", {words.say('axis.accuracy')} {accuracy:.1%}"
        name = looked_up.place(country, words.language)
        spots.append(Spot(country, grams / most, f"{name}: {significant(grams, 3)} gCO2e{served}"))
    title = words.say("title.map", topology=words.topology(one.task.topology.name))
    return two_widths("map", title, words.say("section.map_note"), partial(world, spots))


def _bars(
    what: str, words: FederatedWords, rows: Sequence[tuple[str, Bill, Mapping[str, Cost]]], names: Mapping[str, str]
) -> Chart:
    """One bar for each bill, cut into ``names`` (key -> words), with the whisker of the whole."""
    order = list(names)
    bars = [
        StackedBar(
            name,
            [
                Piece(order.index(key), cost.carbon.value, f"{names[key]}: {render(cost.carbon)}")
                for key, cost in parts.items()
            ],
            render(bill.carbon, interval=False),
            bill.carbon.low,
            bill.carbon.high,
        )
        for name, bill, parts in rows
    ]
    legend = [Key(swatch("square", f"pt {series_class(index)}"), names[key]) for index, key in enumerate(order)]
    return _chart(what, words, partial(stacked_bars, bars, x_title=words.say("axis.carbon")), legend)


def rounds_grid(outcome: Outcome, words: FederatedWords) -> Grid:
    """Accuracy against rounds, and where there are prices against the joules and the grams spent until then."""
    if not any(_looked(outcome, index) for index in range(len(outcome.trained))):
        return Grid([])
    priced = [("joules", "axis.energy"), ("grams", "axis.carbon")] if outcome.bills else []
    return Grid([_accuracy(outcome, words, what, axis) for what, axis in [("rounds", "axis.round"), *priced]])


def networks_chart(outcome: Outcome, words: FederatedWords) -> Chart | None:
    """The first training and one place, priced by every network model; None where only one was asked for."""
    rows = [row for row in outcome.compared[0].rows if row.place is None and row.device is None]
    if len(rows) < 2:
        return None
    bells = [
        Bell(words.network(row.network), _end(row.federated), _end(row.upload), _times(row))
        for row in sorted(rows, key=lambda row: row.federated.carbon.value)
    ]

    legend = [
        Key(swatch("square", f"pt {series_class(1)}"), words.way(outcome.compared[0].topology)),
        Key(swatch("circle", f"pt {series_class(0)}"), words.say("way.upload")),
    ]
    return _chart("networks", words, partial(dumbbells, bells, x_title=words.say("axis.carbon")), legend)


def _end(bill: Bill) -> End:
    carbon = bill.carbon
    return End(carbon.value, carbon.low, carbon.high, render(carbon))


def _times(row: Row) -> str:
    ratio = row.ratio_upload
    return "" if ratio is None else f"{significant(ratio.value, 2)} x"


def _accuracy(outcome: Outcome, words: FederatedWords, what: str, axis: str) -> Chart:
    """Accuracy against ``rounds``, or against the ``joules`` or ``grams`` spent until then."""
    target = outcome.federation.tasks[0].stop.target
    tracks = [
        Track(_name(outcome, words, index), index, _reached(outcome, index, what))
        for index in range(len(outcome.trained))
        if _looked(outcome, index)
    ]
    draw = partial(
        steps,
        tracks,
        x_title=words.say(axis),
        y_title=words.say("axis.accuracy"),
        level=target,
        level_text="" if target is None else percent(target),
        decades=what != "rounds",
    )
    return _chart(what, words, draw, wide=480)


def _reached(outcome: Outcome, index: int, what: str) -> list[tuple[float, float, str]]:
    """(rounds, joules or grams so far, accuracy, both in words) at every look."""
    looked = _looked(outcome, index)
    if what == "rounds":
        return [(at, value, f"{value:.1%}") for at, value in looked]
    numbers, joules, grams = outcome.bills[index].by_round()
    unit, each = ("J", joules) if what == "joules" else ("gCO2e", grams)
    until = np.cumsum(each)[np.searchsorted(numbers, [at for at, _ in looked], side="right") - 1].tolist()
    return [
        (spent, value, f"{value:.1%}, {spent:,.3g} {unit}") for spent, (_, value) in zip(until, looked, strict=True)
    ]


def _chart(what: str, words: FederatedWords, draw: Draw, legend: Sequence[Key] = (), wide: float = 660) -> Chart:
    title = words.say(f"title.{what}" if what in _TITLED else f"section.{what}")
    note = words.say(f"section.{what}_note")
    return two_widths(what, title, note, draw, legend=legend, wide=wide)


def _looked(outcome: Outcome, index: int) -> list[tuple[float, float]]:
    rounds = outcome.trained[index].result.trace.rounds
    return [
        (float(number), float(value))
        for number, value in zip(rounds.round, rounds.accuracy, strict=True)
        if math.isfinite(value)
    ]


def _name(outcome: Outcome, words: FederatedWords, index: int) -> str:
    """The topology, with the seed where there are several."""
    one = outcome.trained[index]
    several = len({other.task.seed for other in outcome.trained}) > 1
    name = words.topology(one.task.topology.name)
    return f"{name} · {one.task.seed}" if several else name
