"""Figures that rest on our own judgement and on no source, as factors that say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from setsuden.language import Language, Messages, looked_up
from setsuden.quantity import Estimate, Factor

OWN: Final = "own judgement"
OTHER_COPY: Final = 0.15
"""Half-width of a figure that was measured on another copy of a machine."""


def judged(name: str, value: float, unit: str = "1") -> Factor:
    """A figure of our own; ``unit`` 1 for a relative half-width or a ratio."""
    return Factor(name, value, value, value, unit, OWN)


def also(figure: Estimate, *factors: Factor) -> Estimate:
    """``figure`` with what else entered it."""
    return replace(figure, factors=(*figure.factors, *factors))


def other_copy() -> Factor:
    """For figures widened by ``OTHER_COPY``."""
    return judged("another copy of a measured machine, relative half-width", OTHER_COPY)


def own_names(factors: Iterable[Factor], language: Language) -> str:
    """Those that rest on our own judgement, in words, in order, each once; empty where there are none."""
    names = dict.fromkeys(said(factor, language)[0] for factor in factors if factor.source == OWN)
    return Messages("judgement", language).say("separator").join(names)


def said(factor: Factor, language: Language) -> tuple[str, str]:
    """Name and source of a factor in the reader's language."""
    if factor.source != OWN:
        return looked_up.name(factor.name, language), looked_up.source(factor.source, language)
    messages = Messages("judgement", language)
    key = f"name.{factor.name}"
    return messages.say(key) if key in messages else factor.name, messages.say("source")
