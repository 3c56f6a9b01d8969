"""The table of studies in words: headings, set-ups, grams and both kinds of ratios."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.federated.study.bill_words import BillWords
from setsuden.federated.study.table import Line, Table
from setsuden.language import Language
from setsuden.language import columns as terminal
from setsuden.quantity import Estimate, Provenance, render, significant


class TableWords:
    """Words of one table."""

    def __init__(self, table: Table, language: Language) -> None:
        self.table = table
        self._words = BillWords(language)
        self.say = self._words.say

    def heads(self) -> list[str]:
        """Names of the columns."""
        ratios = [self.say(f"table.{key}") for key in ("same", "cross", "same_upload", "cross_upload")]
        return [self.say("table.data"), self.say("table.setup"), self.say("head.rounds"), *self.table.places, *ratios]

    def rows(self) -> list[list[str]]:
        """One for each line; ratios only where there are two sides."""
        return [self._row(line) for line in self.table.lines]

    def notes(self) -> list[str]:
        """What must be read with it."""
        network = self._words.network_name(self.table.network)
        notes = [self.say("table.note"), self.say("table.network", network=network)]
        if any(not line.reached for line in self.table.lines):
            notes.append(self.say("table.missed"))
        return notes

    def setup(self, line: Line) -> str:
        """Where it is trained and on what."""
        if line.topology is None:
            return self.say("way.upload" if line.upload else "way.central")
        device = self.say("head.declared") if line.device is None else line.device
        return f"{self._words.topology(line.topology)}, {device}"

    def _row(self, line: Line) -> list[str]:
        ratios = [_span(span) for span in (line.same, line.cross, line.same_upload, line.cross_upload)]
        rounds = "" if line.rounds is None else str(line.rounds)
        star = "" if line.reached else " *"
        return [
            line.study,
            self.setup(line) + star,
            rounds,
            *(self.grams(line, name) for name in self.table.places),
            *ratios,
        ]

    def grams(self, line: Line, place: str) -> str:
        """Carbon in a country, with its interval."""
        value, low, high = line.carbon_g[place]
        return render(Estimate(value, low, high, "gCO2e", Provenance.ASSUMED))


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells under each other, the first of them the head, all flush left."""
    return ["  " + line for line in terminal.table(rows[0], rows[1:], left=len(rows[0]))]


def _span(span: tuple[float, float] | None) -> str:
    if span is None:
        return ""
    low, high = (significant(end, 2) for end in span)
    return low if low == high else f"{low} – {high}"
