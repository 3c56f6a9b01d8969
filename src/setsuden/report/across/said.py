"""The verdict on the indicators in words, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from setsuden.language import Language, Messages
from setsuden.quantity import significant
from setsuden.report.page.indicators import named_with_error
from setsuden.report.record import Indicator
from setsuden.report.words import Words
from setsuden.study.analysis.across import TARGETS, Target
from setsuden.study.analysis.indicators import GOOD_ERROR
from setsuden.study.analysis.points import PHASES, Phase

_ORDER = ("good", "rough", "no")


class Said:
    """One indicators document in one language."""

    def __init__(self, document: Mapping[str, Any], language: Language) -> None:
        self.document = document
        self.words = Words(language)
        self.say = Messages("indicators", language).say
        self.least, self.least_good = (int(document["least_models"][key]) for key in ("any", "good"))

    def found(self, target: Target, phase: Phase) -> list[Indicator]:
        """The indicators, surest first."""
        items = [Indicator.model_validate(item) for item in self.document["found"][target][phase]]
        return sorted(items, key=lambda item: (_ORDER.index(item.trust), _error(item)))

    def models(self, phase: Phase) -> int:
        """Different models measured."""
        return max((item.n for target in TARGETS for item in self.found(target, phase)), default=0)

    @property
    def best(self) -> tuple[Phase, Indicator] | None:
        """The surest indicator of energy, training before inference; None before enough models are known."""
        judged = [
            (phase, item)
            for phase in PHASES
            for item in self.found("energy", phase)
            if item.leave_one_model_out_mape is not None
        ]
        ranked = sorted(judged, key=lambda pair: (_ORDER.index(pair[1].trust), PHASES.index(pair[0]), _error(pair[1])))
        return ranked[0] if ranked else None

    @property
    def headline(self) -> str:
        """One sentence."""
        if not self.document["points"]:
            return self.say("said.nothing")
        best = self.best
        if best is None:
            models = max(self.models(phase) for phase in PHASES)
            return self.say("said.too_few", models=models, least=self.least)
        phase, item = best
        if item.trust == "no":
            return self.say("said.best_no")
        text = self.say(
            f"said.best_{item.trust}",
            indicator=self.words.known("indicator", item.indicator),
            phase=self.words(f"phase.{phase}"),
            error=percent(_error(item)),
        )
        return text[0].upper() + text[1:]

    @property
    def because(self) -> str:
        """What it rests on."""
        if not self.document["points"]:
            return ""
        names = dict.fromkeys(
            item.indicator for target in TARGETS for phase in PHASES for item in self.found(target, phase)
        )
        text = self.say(
            "said.because",
            indicators=self.words.listing(self.words.known("indicator", name) for name in names),
            configurations=len(self.document["points"]),
            models=max(self.models(phase) for phase in PHASES),
        )
        return text[0].upper() + text[1:]

    @property
    def sure(self) -> str:
        """How much the number of models allows."""
        enough = max(self.models(phase) for phase in PHASES) >= self.least_good
        return self.say("said.enough" if enough else "said.few_good", least=self.least_good)

    def sentences(self, target: Target, phase: Phase) -> list[str]:
        """What may be trusted, what gives a rough guess, what neither; or why nothing can be said."""
        items = self.found(target, phase)
        if not items:
            return [self.say("section.unmeasured")]
        if self.models(phase) < self.least:
            return [self.say("section.few", models=self.models(phase), least=self.least)]
        sentences = []
        for trust in _ORDER:
            chosen = [item for item in items if item.trust == trust]
            if chosen:
                named = self.words.listing(named_with_error(item, self.words) for item in chosen)
                sentences.append(self.words(f"indicators.trust.{trust}", indicators=named))
        return sentences

    @property
    def warnings(self) -> Sequence[str]:
        """What was not taken in, by name; that modelled joules follow time; that models hardly differ."""
        points = self.document["points"]
        modelled = points and all(point["energy_per_sample"]["provenance"] != "measured" for point in points)
        left_out = [
            self.say("said.left_out", name=source["name"], run=source["run_id"]) for source in self.document["left_out"]
        ]
        return [*([self.say("said.modelled")] if modelled else []), *self._alike(), *left_out]

    def _alike(self) -> Iterator[str]:
        """Where the mean of the other models is as near as a good indicator would have to be."""
        for phase in PHASES:
            without = [item.mape_without for item in self.found("energy", phase) if item.mape_without is not None]
            if without and min(without) <= GOOD_ERROR:
                yield self.say("said.alike", phase=self.words(f"phase.{phase}"), error=percent(min(without)))


def percent(share: float) -> str:
    """Two digits."""
    return f"{significant(share * 100, 2)} %"


def _error(item: Indicator) -> float:
    return float("inf") if item.leave_one_model_out_mape is None else item.leave_one_model_out_mape.value
