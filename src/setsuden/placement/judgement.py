"""Figures that rest on our own judgement and on no source, as factors that say so."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from setsuden.quantity import Estimate, Factor

OWN: Final = "own judgement"


def judged(name: str, value: float, unit: str = "1") -> Factor:
    """A figure of our own; ``unit`` 1 for a relative half-width or a ratio."""
    return Factor(name, value, value, value, unit, OWN)


def also(figure: Estimate, *factors: Factor) -> Estimate:
    """``figure`` with what else entered it."""
    return replace(figure, factors=(*figure.factors, *factors))


def own_names(factors: tuple[Factor, ...]) -> tuple[str, ...]:
    """Names of those that rest on our own judgement, in order, each once."""
    return tuple(dict.fromkeys(factor.name for factor in factors if factor.source == OWN))
