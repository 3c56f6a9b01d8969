"""What every builder of blocks needs: the record, the words, the names; and cells made from figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from setsuden.quantity import Estimate
from setsuden.report.numbers import Shown, common_unit, percent, shown, total_unit, unit_text
from setsuden.report.page.parts import Cell, Head
from setsuden.report.record import Option, Pilot
from setsuden.report.words import Names, Words


class Titles:
    """What models are called."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles

    def model(self, name: str) -> str:
        """Title of a model."""
        return self._titles.get(name, name)


class Board:
    """Words, names and colours of the models on a page, and cells made from figures.

    titles   of the models, in the order of their colours
    """

    names: Titles | Names

    def __init__(self, words: Words, titles: Mapping[str, str]) -> None:
        self.words = words
        self.names = Titles(titles)
        self.series = {name: index for index, name in enumerate(titles)}

    def show(self, estimate: Estimate, in_unit: str | None = None) -> Shown:
        """A figure for print."""
        return shown(estimate, self.words.messages, in_unit=in_unit)

    def percent(self, estimate: Estimate) -> Shown:
        """A share for print."""
        return percent(estimate, self.words.messages)

    def column(
        self, estimates: Sequence[Estimate | None], heading: str, unit: str | None = None
    ) -> tuple[Head, list[Cell]]:
        """A column of figures in one ``unit``, which stands in the heading; a missing figure is a dash."""
        unit = unit or common_unit(estimate for estimate in estimates if estimate is not None)
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


class Context(Board):
    """A pilot in one language."""

    def __init__(self, pilot: Pilot, words: Words) -> None:
        super().__init__(words, {name: name for name in _models(pilot)})
        self.pilot = pilot
        self.names: Names = Names(pilot, words)

    @property
    def recommended(self) -> Option | None:
        """The recommended option, if there is one."""
        return self.pilot.decision.option(self.pilot.decision.recommended)

    @property
    def total_unit(self) -> str | None:
        """The unit of energies in total, all over the page."""
        return total_unit(self.pilot)


def _models(pilot: Pilot) -> Iterable[str]:
    names = [facts.name for facts in pilot.models]
    names += [configuration.model for configuration in pilot.configurations]
    return dict.fromkeys(names)
