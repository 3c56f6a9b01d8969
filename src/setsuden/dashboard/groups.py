"""Groups of runs as a table and as bars: by tag, by what was run, by machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from setsuden.dashboard.cells import figure_cell
from setsuden.dashboard.pricing import Pricing
from setsuden.dashboard.request import Request
from setsuden.dashboard.spent import Group, Spent
from setsuden.dashboard.tally import PHASES, Tally
from setsuden.dashboard.words import DashboardWords, column_unit, figure, percentage
from setsuden.quantity import Estimate
from setsuden.report.numbers import unit_text
from setsuden.report.page.parts import Cell, Chart, Head, Key, Table, two_widths
from setsuden.report.svg import series_class, swatch
from setsuden.report.svg.stacked import Piece, StackedBar, stacked_bars

_COLOURS = {"train": 0, "infer": 1, "other": 7}
_MOST_ROWS, _MOST_BARS = 12, 8
_FIELDS = {"tags": "tag", "names": "name", "machines": "machine"}


def phase_keys(found: Tally, words: DashboardWords) -> list[Key]:
    """The legend of what joules were spent on."""
    return [
        Key(swatch("square", f"pt {series_class(_COLOURS[phase])}"), words(f"spent_on.{phase}"))
        for phase in PHASES
        if phase in found.phases
    ]


def phase_parts(found: Tally, unit: str) -> list[tuple[int, float]]:
    """Colour and size of the parts of a column or bar, from its foot."""
    return [
        (_COLOURS[phase], found.phases[phase].to(unit).value)
        for phase in PHASES
        if phase in found.phases and found.phases[phase].value > 0
    ]


def group_name(key: str, name: str, words: DashboardWords) -> str:
    """What a group is called."""
    return name or words("group.no_machine" if key == "machines" else "group.nameless")


def group_chart(key: str, groups: Sequence[Group], words: DashboardWords) -> Chart:
    """Bars of the biggest groups."""
    some = [group for group in groups if group.tally.energy is not None][:_MOST_BARS]
    unit = column_unit(group.tally.energy for group in some)
    bars = [_bar(group, unit, words) for group in some]
    draw = partial(stacked_bars, bars, x_title=unit_text(unit, words.messages))
    keys = phase_keys(_all(some), words)
    return two_widths(key, words(f"section.{key}_chart"), words("section.chart_note"), draw, legend=keys)


def _bar(group: Group, unit: str, words: DashboardWords) -> StackedBar:
    energy = group.tally.energy
    assert energy is not None
    pieces = [
        Piece(_COLOURS[phase], part.to(unit).value, f"{words(f'spent_on.{phase}')}: {figure(part)}")
        for phase in PHASES
        if (part := group.tally.phases.get(phase)) is not None
    ]
    ends = energy.to(unit)
    return StackedBar(group.name, pieces, figure(energy, interval=False), ends.low, ends.high)


def _all(groups: Sequence[Group]) -> Tally:
    return Tally(phases={phase: part for group in groups for phase, part in group.tally.phases.items()})


def group_table(
    key: str,
    groups: Sequence[Group],
    found: Spent,
    pricing: Pricing,
    request: Request,
    words: DashboardWords,
) -> Table:
    """Energy, share, carbon and cost of each group, with the way to its runs."""
    some = [group for group in groups if group.tally.energy is not None][:_MOST_ROWS]
    whole = found.total.energy
    assert whole is not None
    footprints = [pricing.of(group.tally.energy) for group in some if group.tally.energy is not None]
    columns: list[tuple[str, list[Estimate | None]]] = [
        ("energy", [group.tally.energy for group in some]),
        ("carbon", [priced.total_carbon for priced in footprints]),
    ]
    if any(priced.cost is not None for priced in footprints):
        columns.append(("cost", [priced.cost for priced in footprints]))
    columns += [
        (phase, [group.tally.phases.get(phase) for group in some])
        for phase in ("train", "infer")
        if phase in found.total.phases
    ]
    units = {name: column_unit(values) for name, values in columns}
    heads = [Head(words(f"head.{key}"), numeric=False), Head(words("head.runs")), Head(words("head.share"))]
    heads += [Head(words(f"head.{name}"), unit_text(units[name], words.messages)) for name, _ in columns]
    rows = []
    for number, group in enumerate(some):
        name = group_name(key, group.name, words)
        cells = [
            Cell(name, link=_address(key, group.name, found, request)),
            Cell(f"{group.tally.runs:,}"),
            Cell(percentage(_share(group.tally, whole))),
        ]
        cells += [figure_cell(values[number], units[column], words) for column, values in columns]
        rows.append(cells)
    more = len(groups) - len(some)
    note = words("section.more_groups", count=f"{more:,}") if more > 0 else ""
    return Table(f"{key}-table", words(f"section.{key}"), heads, rows, note=note, stacked=True)


def _share(found: Tally, whole: Estimate) -> float:
    return found.energy.value / whole.value if found.energy is not None and whole.value > 0 else 0.0


def _address(key: str, name: str, found: Spent, request: Request) -> str:
    """The runs of a group in the same period; empty for those without a name."""
    if not name:
        return ""
    period = found.period
    return request.link("/runs", {_FIELDS[key]: name, "from": period.first or "", "to": period.last or ""})
