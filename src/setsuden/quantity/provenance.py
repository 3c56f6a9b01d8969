"""Where a number comes from: a sensor, a model, or a convention."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from setsuden.errors import InputError


class Provenance(StrEnum):
    """How a figure was obtained, strongest first.

    MEASURED    read from a physical sensor on the thing itself
    ESTIMATED   computed by a model from something measured (utilisation x power curve, a forecast)
    ASSUMED     taken from a data sheet, a table or a convention, nothing here was measured
    """

    MEASURED = "measured"
    ESTIMATED = "estimated"
    ASSUMED = "assumed"

    @property
    def strength(self) -> int:
        """2 for measured, 1 for estimated, 0 for assumed."""
        return {"measured": 2, "estimated": 1, "assumed": 0}[self.value]

    @classmethod
    def parse(cls, word: object) -> Provenance:
        """Read the word; raises InputError with the words there are."""
        try:
            return cls(str(word))
        except ValueError:
            raise InputError(
                "unknown provenance", value=word, remedy="Use measured, estimated or assumed, whichever is weakest."
            ) from None


def weakest(provenances: Iterable[Provenance]) -> Provenance:
    """The provenance of a result: a chain is as strong as its weakest link."""
    return min(provenances, key=lambda provenance: provenance.strength)
