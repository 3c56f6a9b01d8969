"""A printed figure beside our recomputation of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from setsuden.language import Language, Messages
from setsuden.quantity import Factor

Verdict = Literal["within", "outside", "input", "derived", "unknown"]

# A cell printed with two digits, or computed from inputs printed with two, is rounded by up to this much.
ROUNDED = 0.02
EXACT = 0.003


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of a published table.

    printed     what the paper prints; None where it was not available or where the paper has no such cell
    computed    what its inputs give by the paper's own formula; None where it is itself an input or inputs are missing
    tolerance   largest relative deviation that rounding explains
    note        key of a remark in the messages of the room ``replay``
    """

    row: str
    quantity: str
    unit: str
    printed: float | None
    computed: float | None
    tolerance: float = EXACT
    note: str | None = None

    @property
    def deviation(self) -> float | None:
        """Computed over printed, less one."""
        if self.printed is None or self.computed is None or self.printed == 0:
            return None
        return self.computed / self.printed - 1

    @property
    def verdict(self) -> Verdict:
        """``within`` or ``outside`` the tolerance; ``input`` of the paper; ``derived`` here only; or ``unknown``."""
        if self.deviation is not None:
            return "within" if abs(self.deviation) <= self.tolerance else "outside"
        if self.printed is not None:
            return "input"
        return "unknown" if self.computed is None else "derived"

    def to_json(self, language: Language) -> dict[str, Any]:
        """Plain data; schema ``replay``."""
        return {
            "row": self.row,
            "quantity": self.quantity,
            "unit": self.unit,
            "printed": self.printed,
            "computed": self.computed,
            "deviation": self.deviation,
            "tolerance": self.tolerance,
            "verdict": self.verdict,
            "note": None if self.note is None else Messages("replay", language).say(f"note.{self.note}"),
        }


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of one table or appendix, in the paper's order."""

    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the paper, as far as its own numbers tell.

    verdict   ``holds``, ``partly``, ``no`` (the numbers say otherwise) or ``untested`` (they cannot tell)
    values    what fills the sentence of evidence, ``evidence.NUMBER`` in the messages of the room ``replay``
    """

    number: int
    verdict: Literal["holds", "partly", "no", "untested"]
    values: dict[str, str]

    def to_json(self, language: Language) -> dict[str, Any]:
        """Plain data; schema ``replay``."""
        say = Messages("replay", language).say
        return {
            "number": self.number,
            "claim": say(f"claim.{self.number}"),
            "verdict": self.verdict,
            "evidence": say(f"evidence.{self.number}", **self.values),
        }


@dataclass(frozen=True, slots=True)
class Replay:
    """A paper recomputed from its inputs.

    formula   as the paper states it
    factors   what the formula takes besides the table's own columns
    claims    of the paper, each with what its numbers say
    """

    name: str
    paper: str
    formula: str
    tables: tuple[Table, ...]
    factors: tuple[Factor, ...]
    claims: tuple[Claim, ...] = ()

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells."""
        return tuple(cell for table in self.tables for cell in table.cells)

    def count(self, verdict: Verdict) -> int:
        """Cells of one verdict."""
        return sum(cell.verdict == verdict for cell in self.cells)

    def to_json(self, language: Language = "en") -> dict[str, Any]:
        """Plain data; schema ``replay``."""
        verdicts: tuple[Verdict, ...] = ("within", "outside", "input", "derived", "unknown")
        return {
            "name": self.name,
            "paper": self.paper,
            "formula": self.formula,
            "tables": [
                {"title": table.title, "cells": [cell.to_json(language) for cell in table.cells]}
                for table in self.tables
            ],
            "factors": [factor.to_json() for factor in self.factors],
            "claims": [claim.to_json(language) for claim in self.claims],
            "counts": {verdict: self.count(verdict) for verdict in verdicts},
        }
