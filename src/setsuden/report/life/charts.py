"""Pictures of a life: carbon by stage in both views, where alternatives turn, what moves the total."""

from __future__ import annotations

from functools import partial

from setsuden.lifecycle import STAGES, Answer
from setsuden.lifecycle.answer import curve
from setsuden.lifecycle.words import LifeWords, count
from setsuden.placement.network import View
from setsuden.quantity import render, significant
from setsuden.report.page.parts import Chart, Draw, Grid, Key, pictures, two_widths
from setsuden.report.svg.bands import Band, Crossing, bands
from setsuden.report.svg.marks import series_class, swatch
from setsuden.report.svg.stacked import Piece, StackedBar, stacked_bars
from setsuden.report.svg.tornado import Swing, tornado_chart

VIEWS: tuple[View, ...] = ("marginal", "attribution")
_MOST_SWINGS = 8


def bars_chart(answer: Answer, words: LifeWords) -> Chart:
    """One bar per view, by stage."""
    bars, used = [], []
    for view in VIEWS:
        sheet = answer.sheets[view]
        pieces = []
        for name, figure in sheet.carbon.items():
            stage = words.say(f"stage.{name}")
            pieces.append(Piece(STAGES.index(name), figure.value, f"{stage}: {render(figure)}"))
            used += [name] if name not in used else []
        total = sheet.total_carbon
        bars.append(StackedBar(words.say(f"view.{view}"), pieces, render(total, interval=False), total.low, total.high))

    legend = [
        Key(swatch("square", f"pt {series_class(STAGES.index(name))}"), words.say(f"stage.{name}")) for name in used
    ]
    draw = partial(stacked_bars, bars, x_title=words.say("axis.carbon"))
    return two_widths("bars", words.say("section.bars"), words.say("section.bars_note"), draw, legend=legend)


def curves_grid(answer: Answer, words: LifeWords) -> Grid:
    """Energy over the number of requests, plan and alternatives, one picture per view."""
    charts = []
    for view in VIEWS:
        planned = answer.plan.requests.value
        points = [
            item.requests
            for item in answer.turnings
            if item.view == view and item.requests is not None and planned / 1e4 < item.requests < planned * 1e4
        ]
        low, high = min([planned, *points]) / 30, max([planned, *points]) * 30
        xs = [low * (high / low) ** (i / 40) for i in range(41)]
        lines = [(words.say("text.plan"), answer.plans[view])]
        lines += [(item.name, item.plans[view]) for item in answer.alternatives]
        series, crossings = [], []
        for index, (name, plan) in enumerate(lines):
            costs = curve(plan, xs)
            series.append(
                Band(
                    name,
                    index,
                    [cost.value for cost in costs],
                    [cost.low for cost in costs],
                    [cost.high for cost in costs],
                )
            )
        for item in answer.turnings:
            if item.view == view and item.requests is not None:
                (there,) = curve(answer.plans[view], [item.requests], n=2)
                crossings.append(Crossing(item.requests, there.value, words.count(item.requests)))
        draw = partial(
            bands,
            xs,
            series,
            x_title=words.say("axis.requests"),
            y_title=words.say("axis.energy"),
            here=planned,
            here_text=words.say("axis.planned"),
            crossings=crossings,
            tick=partial(count, language=words.language),
        )
        charts.append(_of_view("curve", "curves", view, draw, words, narrow=440))
    return Grid(charts)


def tornado_grid(answer: Answer, words: LifeWords) -> Grid | None:
    """What moves the total, one picture per view."""
    charts = []
    for view in VIEWS:
        sheet = answer.sheets[view]
        bars = [bar for bar in sheet.bars if bar.swing > 0][:_MOST_SWINGS]
        if not bars:
            continue
        swings = [
            Swing(
                words.input(bar.name),
                bar.at_low,
                bar.at_high,
                f"{words.input(bar.name)}: {significant(bar.at_low)} … {significant(bar.at_high)} kgCO2e",
            )
            for bar in bars
        ]
        x_title = words.say("axis.carbon")
        draw = partial(tornado_chart, swings, sheet.total_carbon.value, x_title=x_title, zero=False)
        charts.append(_of_view("tornado", "tornado", view, draw, words))
    return Grid(charts) if charts else None


def _of_view(what: str, section: str, view: View, draw: Draw, words: LifeWords, narrow: float = 350) -> Chart:
    """One of the pictures of a section, which has one per view."""
    name = words.say(f"view.{view}")
    title = f"{words.say(f'section.{section}')}: {name}"
    both = pictures(draw, f"{what}-{view}", title, words.say(f"section.{section}_note"), narrow=narrow)
    return Chart(f"{what}-{view}", name, *both)
