"""A life in sentences, in one language: which part is heaviest, how sure, what would turn choices, what to do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from setsuden.language import Language, Messages
from setsuden.lifecycle.answer import Answer, Sheet, Turning
from setsuden.lifecycle.levers import Lever
from setsuden.lifecycle.meeting import Meeting
from setsuden.placement.judgement import OWN, own_names
from setsuden.placement.network import View
from setsuden.quantity import Estimate, Provenance, render, significant
from setsuden.quantity.rendering import fitting

_ORDER: tuple[View, ...] = ("marginal", "attribution")
_HALF = 0.5
_SCALES: dict[Language, tuple[tuple[float, str], ...]] = {
    "en": ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")),
    "ja": ((1e12, "兆"), (1e8, "億"), (1e4, "万")),
}


@dataclass(frozen=True, slots=True)
class Said:
    """The first lines a reader sees; ``short`` says of ``turns`` only where they are."""

    headline: str
    because: str
    sure: tuple[str, ...]
    turns: tuple[str, ...]
    short: tuple[str, ...]
    notes: tuple[str, ...]


class LifeWords:
    """Words of one answer."""

    def __init__(self, answer: Answer, language: Language) -> None:
        self.answer = answer
        self.language: Language = language
        self._messages = Messages("lifecycle", language)
        self.say = self._messages.say

    def input(self, name: str) -> str:
        """An input by name; those of an alternative carry its name."""
        head, comma, rest = name.partition(", ")
        return f"{self.say(f'input.{head}')}{comma}{rest}" if f"input.{head}" in self._messages else name

    def technique(self, lever: Lever) -> str:
        """What to do; a technique without words of ours keeps those of its source."""
        key = f"technique.{lever.technique}"
        said = self.say(key) if key in self._messages else lever.technique
        return self.say("lever.move", technique=said) if lever.cluster == "site" else said

    def count(self, value: float | None) -> str:
        """A number of requests: 36.5 million; for None, that there is no upper end."""
        return self.say("count.open") if value is None else count(value, self.language)

    def stages(self, lever: Lever) -> str:
        """The stages a lever changes."""
        separator = "、" if self.language == "ja" else ", "
        return separator.join(self.say(f"stage.{name}") for name in lever.stages)

    def said(self) -> Said:
        """Verdict first."""
        sheets = self.answer.sheets
        heaviest = {view: self.say(f"stage.{sheets[view].dominating}") for view in _ORDER}
        same = heaviest["marginal"] == heaviest["attribution"]
        headline = (
            self.say("verdict.agree", stage=heaviest["marginal"])
            if same
            else self.say("verdict.differ", marginal=heaviest["marginal"], attribution=heaviest["attribution"])
        )
        plan = self.answer.plan
        because = self.say(
            "verdict.because",
            marginal=render(sheets["marginal"].total_carbon),
            attribution=render(sheets["attribution"].total_carbon),
            requests=self.count(plan.requests.value),
            months=significant(plan.months, 3).removesuffix(".0"),
        )
        sure = tuple(self._sure(sheets[view]) for view in _ORDER)
        parities = [line for view in _ORDER if (line := self._parity(sheets[view])) is not None]
        turns = (*parities, *self.turnings(), *self.federated())
        names = {stage.name for stage in plan.stages}
        notes = tuple(self.say(f"text.no_{name}") for name in ("embodied", "exchange") if name not in names)
        factors = tuple(factor for figure in plan.inputs.values() for factor in figure.factors)
        if own := own_names(factors, self.language):
            notes = (*notes, self.say("text.judged", names=own))
        return Said(headline, because, sure, turns, tuple(self._short()), notes)

    def _short(self) -> list[str]:
        """Where the alternatives turn, without intervals and savings."""
        lines = []
        for item, view in self._views():
            n = "" if item.requests is None else self.count(item.requests)
            lines.append(
                self.say(f"short.{item.verdict}", alternative=item.alternative, view=self.say(f"view.{view}"), n=n)
            )
        for other in self.answer.federated:
            key = "short.federated" if other.probability >= _HALF else "short.central"
            lines.append(self.say(key, view=self.say(f"view.{other.view}"), probability=f"{other.probability:.0%}"))
        return lines

    def _sure(self, sheet: Sheet) -> str:
        share = sheet.carbon[sheet.dominating].value / sheet.total_carbon.value
        return self.say(
            "verdict.sure",
            view=self.say(f"view.{sheet.view}"),
            stage=self.say(f"stage.{sheet.dominating}"),
            probability=f"{sheet.probability:.0%}",
            share=f"{share:.0%}",
        )

    def _parity(self, sheet: Sheet) -> str | None:
        point = sheet.parity
        if point is None or point.n is None:
            return None
        n, low, high = map(self.count, (point.n, point.low, point.high))
        return self.say("parity.point", view=self.say(f"view.{sheet.view}"), n=n, low=low, high=high)

    def turnings(self) -> list[str]:
        """The alternatives, one sentence each where the views agree on it."""
        return [self.turning(item, view) for item, view in self._views()]

    def _views(self) -> list[tuple[Turning, str]]:
        """Every turning with its view; once, for both, where they agree."""
        found: list[tuple[Turning, str]] = []
        for item in self.answer.turnings:
            twin = next(
                (
                    other
                    for other in self.answer.turnings
                    if other.alternative == item.alternative and other.view != item.view
                ),
                item,
            )
            same = twin.verdict == item.verdict and math.isclose(twin.saving.value, item.saving.value, rel_tol=1e-9)
            if not same or item.view == _ORDER[0]:
                found.append((item, "both" if same and twin is not item else item.view))
        return found

    def federated(self) -> list[str]:
        """The same training in one place or on many clients: who takes less, and what would turn that."""
        lines = []
        for item in self.answer.federated:
            lines.append(
                self.say(
                    "federated.verdict",
                    view=self.say(f"view.{item.view}"),
                    federated=_three(item.federated),
                    central=_three(item.central),
                    probability=f"{item.probability:.0%}",
                )
            )
            turns = [
                self.say(f"federated.{point.verdict}", what=self._factor(name, point))
                for name, point in item.points.items()
                if point.n is not None
            ]
            if turns:
                separator = "、" if self.language == "ja" else "; "
                lines.append(
                    self.say("federated.turns", view=self.say(f"view.{item.view}"), turns=separator.join(turns))
                )
        return lines

    def _factor(self, name: str, point: Meeting) -> str:
        ends = (point.n, point.low, point.high)
        n, low, high = (self.say("count.open") if value is None else significant(value) for value in ends)
        return self.say(f"federated.{name}", n=n, low=low, high=high)

    def turning(self, item: Turning, view: str) -> str:
        """One alternative as a sentence."""
        name = {"alternative": item.alternative, "view": self.say(f"view.{view}")}
        if item.verdict == "equal":
            return self.say("turning.equal", **name)
        figure = item.saving
        size = Estimate.exact(abs(figure.value), figure.unit, Provenance.ASSUMED)
        planned = self.say(
            "turning.saves" if figure.value > 0 else "turning.costs",
            energy=_three(size),
            probability=f"{item.probability:.0%}",
        )
        if item.requests is None:
            return self.say(f"turning.{item.verdict}", planned=planned, **name)
        n, low, high = map(self.count, (item.requests, item.low, item.high))
        return self.say(f"turning.{item.verdict}", n=n, low=low, high=high, planned=planned, **name)

    def saving(self, lever: Lever) -> str:
        """A lever's saving with its published span, or that none was published."""
        saving = Estimate(lever.saving_g, lever.low_g, lever.high_g, "gCO2e", Provenance.ASSUMED)
        return render(saving) if lever.low_g < lever.high_g else f"{_three(saving)} ({self.say('lever.no_span')})"

    def lever(self, lever: Lever, total_kg: float) -> str:
        """One lever as a line."""
        line = self.say(
            "lever.row",
            technique=self.technique(lever),
            stages=self.stages(lever),
            saving=self.saving(lever),
            share=f"{lever.saving_g / 1e3 / total_kg:.1%}" if total_kg else "-",
        )
        if lever.centre == OWN:
            line = f"{line} ({self.say('lever.judged')})"
        return f"{line} ({self.say('lever.exclusive')})" if lever.exclusive else line


def count(value: float, language: Language) -> str:
    """A number of requests as it is said: 36.5 million, 3,650 万; three digits."""
    for scale, word in _SCALES[language]:
        if value >= scale:
            return f"{_round(value / scale)} {word}"
    return _round(value)


def _round(value: float) -> str:
    return f"{float(f'{value:.3g}'):,.10g}"


def kilograms(grams: float) -> str:
    """A saving with the prefix that reads best, three digits."""
    return _three(Estimate.exact(grams, "gCO2e", Provenance.ASSUMED))


def _three(figure: Estimate) -> str:
    shown = fitting(figure)
    return f"{significant(shown.value)} {shown.unit}"
