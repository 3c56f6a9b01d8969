"""What every builder of blocks needs: the record, the words, the names; and cells made from figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from setsuden.quantity import Estimate
from setsuden.report.numbers import Shown, common_unit, percent, shown, unit_text
from setsuden.report.page.parts import Cell, Head
from setsuden.report.record import Option, Pilot
from setsuden.report.words import Names, Words


class Context:
    """A pilot in one language."""

    def __init__(self, pilot: Pilot, words: Words) -> None:
        self.pilot = pilot
        self.words = words
        self.names = Names(pilot, words)
        self.series = {name: index for index, name in enumerate(_models(pilot))}

    @property
    def recommended(self) -> Option | None:
        """The recommended option, if there is one."""
        return self.pilot.decision.option(self.pilot.decision.recommended)

    def show(self, estimate: Estimate, in_unit: str | None = None) -> Shown:
        """A figure for print."""
        return shown(estimate, self.words.messages, in_unit=in_unit)

    def percent(self, estimate: Estimate) -> Shown:
        """A share for print."""
        return percent(estimate, self.words.messages)

    def column(self, estimates: Sequence[Estimate | None], heading: str) -> tuple[Head, list[Cell]]:
        """A column of figures in one unit, which stands in the heading; a missing figure is a dash."""
        unit = common_unit(estimate for estimate in estimates if estimate is not None)
        head = Head(heading, unit_text(unit, self.words.messages) if unit else "")
        return head, [self.cell(estimate, unit) for estimate in estimates]

    def cell(self, estimate: Estimate | None, unit: str | None = None) -> Cell:
        """A figure without its unit, which the column's heading has."""
        if estimate is None:
            return Cell(self.words("table.none"))
        figure = self.show(estimate, unit)
        return Cell(figure=Shown(figure.text, "", figure.interval, figure.provenance, figure.boundary))

    def tip(self, name: str, *figures: tuple[str, Shown]) -> str:
        """What a mark says when it is pointed at."""
        return name + self.words("text.colon") + self.words.listing(f"{label} {figure}" for label, figure in figures)


def _models(pilot: Pilot) -> Iterable[str]:
    names = [facts.name for facts in pilot.models]
    names += [configuration.model for configuration in pilot.configurations]
    return dict.fromkeys(names)
