"""A footprint for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from setsuden.catalogue.grid import WORLD
from setsuden.footprint.everyday import everyday
from setsuden.footprint.model import Footprint
from setsuden.language import Language, Messages, looked_up
from setsuden.language.columns import pad, wrap
from setsuden.quantity import Estimate, Factor, render, significant

_LABEL = 20
_NO_LICENCE = "single facts"
_WIDTH = 110


def text(result: Footprint, language: Language = "en") -> str:
    """Figures with intervals, then what they include, comparisons, factors with sources, and remarks."""
    return "\n".join(_lines(result, Messages("footprint", language)))


def _lines(result: Footprint, messages: Messages) -> Iterator[str]:
    say = messages.say
    figures: tuple[tuple[str, Estimate | None], ...] = (
        ("energy", result.energy),
        ("operational_carbon", result.operational_carbon),
        ("embodied_carbon", result.embodied_carbon),
        ("total_carbon", result.total_carbon if result.embodied_carbon else None),
        ("market_based_carbon", result.market_based_carbon),
        ("water", result.water),
        ("cost", result.cost),
    )
    for name, figure in figures:
        label = _label(say(f"figure.{name}"))
        if figure is not None:
            said = f"  ({say('provenance.' + figure.provenance.value)})" if name == "energy" else ""
            yield f"{label}{render(figure)}{said}"
        elif name in result.missing:
            yield f"{label}{say('unknown')}: {result.missing[name].text(messages.language)}"
    yield f"{_label(say('figure.boundary'))}{result.boundary} ({say('boundary.' + result.boundary.scope.name.lower())})"
    yield f"{_label(say('figure.intensity'))}{_intensity(result, messages)}"
    if lines := everyday(result.energy, result.total_carbon, messages.language):
        yield ""
        yield say("heading.equivalents")
        yield from (f"  {line}" for line in lines)
    yield ""
    yield say("heading.factors")
    for factor in result.factors:
        yield from _factor(factor, messages.language)
    if result.notes:
        yield ""
        yield say("heading.notes")
        for note in result.notes:
            yield f"  {note.code}: {note.text(messages.language)}"
    yield ""
    yield say("interval", seed=result.seed, draws=f"{result.draws:,}")


def _intensity(result: Footprint, messages: Messages) -> str:
    used, language = result.intensity, messages.language
    place = messages.say("world") if used.site == WORLD else looked_up.place(used.place, language)
    about = dict.fromkeys(str(item) for item in (place, used.year, looked_up.basis(used.basis, language)) if item)
    return f"{render(used.estimate, fit=False)}  ({', '.join(about)})"


def _factor(factor: Factor, language: Language) -> Iterator[str]:
    """The figure, below it who says so, in lines of readable length; nothing below what the user stated."""
    span = "" if factor.low == factor.high else f" [{significant(factor.low)}, {significant(factor.high)}]"
    unit = "" if factor.unit == "1" else f" {factor.unit}"
    yield f"  {looked_up.name(factor.name, language)}: {_plain(factor.value)}{span}{unit}"
    if factor.name.endswith(factor.source):
        return
    licence = None if factor.licence == _NO_LICENCE else factor.licence
    source, basis = looked_up.source(factor.source, language), looked_up.basis(factor.basis, language)
    about = dict.fromkeys(str(item) for item in (source, factor.year, licence, basis) if item)
    yield from (f"    {line}" for line in wrap(", ".join(about), _WIDTH - 4))


def _plain(value: float) -> str:
    """Four digits, or fewer where the figure has fewer: 1.2, not 1.200."""
    text = significant(value, 4)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _label(text: str) -> str:
    return pad(text + " ", _LABEL)
