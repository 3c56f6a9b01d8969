"""The answer in sentences, in one language: the verdict, how sure it is, what would flip it."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.decision import Flip
from setsuden.language import Language, Messages
from setsuden.placement.inference.answer import Answer, PublishedAnswer, ViewAnswer, if_on_anyway
from setsuden.placement.inference.break_points import BreakPoint
from setsuden.placement.inference.document import split_name
from setsuden.placement.inference.term import Placement
from setsuden.placement.judgement import own_names
from setsuden.placement.network import VIEWS, View
from setsuden.quantity import Estimate, render, significant
from setsuden.quantity.rendering import fitting

_MOVED = ("up", "interval")
_FACTOR_NAMES = {"payload_kb": "payload", "rate_per_s": "rate", "hops": "hop"}


@dataclass(frozen=True, slots=True)
class Said:
    """The first lines a reader sees; ``flips`` change the recommendation, ``points`` only device against another."""

    headline: str
    because: str
    sure: tuple[str, ...]
    flips: tuple[str, ...]
    points: tuple[str, ...]
    notes: tuple[str, ...]


class PlaceWords:
    """Words of one answer."""

    def __init__(self, answer: Answer, language: Language) -> None:
        self.answer = answer
        self.language: Language = language
        self.say = Messages("placement", language).say
        self._has = Messages("placement", language)

    def option(self, identity: str) -> str:
        """A placement by name."""
        return self._called("option", identity)

    def where(self, identity: str) -> str:
        """A placement as where to run."""
        return self._called("where", identity)

    def _called(self, group: str, identity: str) -> str:
        layer = split_name(self.answer, identity)
        return self.say(f"{group}.{identity}") if layer is None else self.say(f"{group}.split", layer=layer)

    def source(self, name: str) -> str:
        """An unknown by name; those of carbon carry the grid."""
        plain = name.removesuffix(", carbon")
        said = self.say(f"source.{plain}") if f"source.{plain}" in self._has else plain
        return said if plain == name else self.say("source.carbon", source=said)

    def published(self, item: PublishedAnswer) -> str:
        """What a published network model is called."""
        return self.say(f"published.{item.id}")

    def amount(self, figure: Estimate, *, interval: bool = True) -> str:
        """J or g per request without the words per request."""
        head = figure.unit.partition("/")[0]
        plain = Estimate(figure.value, figure.low, figure.high, head, figure.provenance)
        return render(plain, interval=interval)

    def latency(self, item: Placement) -> str:
        """Seconds; at least so many where nobody knows how fast the line is."""
        time = render(item.latency, interval=False)
        unknown = self.answer.study.latency_is_lower_bound and item.id not in ("device", "edge")
        return self.say("text.at_least", time=time) if unknown else time

    def figure(self, view: View, identity: str) -> str:
        """The objective of one placement in one view."""
        found = self.answer.views[view].figure(identity, self.answer.study.objective)
        return self.amount(found) if found is not None else ""

    def said(self) -> Said:
        """Verdict first."""
        answer = self.answer
        chosen = {view: answer.views[view].decision.recommended for view in VIEWS}
        names = {f"{view}_name": self.say(f"view.{view}") for view in VIEWS}
        marginal, average = chosen["marginal"], chosen["attribution"]
        if marginal is None or average is None:
            headline, because = self.say("verdict.none"), ""
        elif marginal == average:
            close = any(answer.views[view].decision.confidence == "too-close" for view in VIEWS)
            headline = self.say("verdict.agree_close" if close else "verdict.agree", option=self.where(marginal))
            because = self.say(
                "verdict.because_agree",
                option=self.option(marginal),
                energy=self.figure("marginal", marginal),
                average=self.figure("attribution", marginal),
                **names,
            )
        else:
            headline = self.say("verdict.differ", marginal=self.where(marginal), attribution=self.where(average))
            because = self.say(
                "verdict.because_differ",
                option=self.option(marginal),
                other=self.option(average),
                energy=self.figure("marginal", marginal),
                average=self.figure("attribution", average),
                marginal_name=names["marginal_name"],
            )
        views = [answer.views[view] for view in ("marginal", "attribution")]
        points = [(view.view, item) for view in views for item in view.break_points]
        once = {item: view for view, item in reversed(points)}  # the nearby server does not depend on the view
        flips = [self.flip(view.view, item) for view in views for item in view.decision.flips if item.factor in _MOVED]
        against = [self.point(view, item) for view, item in points if once[item] == view and item.value is not None]
        sure = tuple(map(self._sure, views))
        return Said(headline, because, sure, tuple(flips), tuple(against), tuple(self._notes()))

    def _sure(self, view: ViewAnswer) -> str:
        decision = view.decision
        name = f"{self.say(f'view.{view.view}')} ({self.say(f'confidence.{decision.confidence}')})"
        if decision.recommended is None:
            return self.say("verdict.sure_none", view=name)
        probability = decision.assessment(decision.recommended).best_probability
        said = {"view": name, "probability": f"{probability:.0%}"}
        others = [one for one in decision.assessments if one.feasible and one.option.id != decision.recommended]
        equal = max(others, key=lambda one: one.best_probability, default=None)
        runner = decision.runner_up
        if runner is None and equal is not None and equal.best_probability > 0:
            runner = equal.option.id  # as good, and worse in what is limited
        if runner is not None:
            return self.say("verdict.sure", **said, runner=self.option(runner))
        return self.say("verdict.sure_alone" if others else "verdict.sure_only", **said)

    def point(self, view: View, item: BreakPoint) -> str:
        """One break-even as a sentence."""
        common = {"view": self.say(f"view.{view}"), "against": self.option(item.against)}
        if item.value is None:
            factor = self.say(f"point.{_FACTOR_NAMES[item.factor]}")
            return self.say(f"point.{item.device_wins}", factor=factor, **common)
        return self.say(
            f"point.{item.factor}", side=self.say(f"point.{item.device_wins}"), value=self._value(item), **common
        )

    def flip(self, view: View, item: Flip) -> str:
        """The nearest change of payload or rate that changes the recommendation."""
        becomes = self.say("verdict.none") if item.becomes is None else self.where(item.becomes)
        up = item.direction == "up"
        common = {"view": self.say(f"view.{view}"), "becomes": becomes}
        if item.factor == "up":
            size = render(Estimate.exact(item.turns_at, "kB", self.answer.study.up_kb.provenance))
            return self.say("flip.payload", side=self.say("point.above" if up else "point.below"), value=size, **common)
        rate = significant(60 / item.turns_at, 2)
        return self.say("flip.rate", side=self.say("point.below" if up else "point.above"), value=rate, **common)

    def _value(self, item: BreakPoint) -> str:
        assert item.value is not None
        numbers = [item.value, item.low, item.high]
        unit = ""
        if item.factor == "rate_per_s":
            numbers = [None if n is None else n * 60 for n in numbers]
        if item.factor == "payload_kb":
            kb = Estimate.exact(item.value, "kB", self.answer.study.up_kb.provenance)
            shown = fitting(kb)
            scale = shown.value / item.value
            numbers, unit = [None if n is None else n * scale for n in numbers], f" {shown.unit}"
        value, low, high = ("∞" if n is None else significant(n, 2) for n in numbers)
        return f"{value}{unit} [{low}, {high}]"

    def _notes(self) -> list[str]:
        study = self.answer.study
        found = [
            self.say(
                "text.unit_note",
                payload=significant(study.up_kb.value),
                answer=significant(study.down_kb.value),
                rate=significant(study.rate_per_s.value * 60),
                radio=self.say(f"radio.{study.radio.name}"),
                link=self.say(f"link.{study.link.name}"),
            ),
            self.say("text.idle_note", share=f"{study.device.idle_share:.0%}"),
        ]
        if study.device.idle_share > 0:
            found.append(self._on_anyway())
        found += self._speeds()
        if any(view.best_split_is_end for view in self.answer.views.values()):
            found.append(self.say("text.split_end"))
        if study.per_hop is None:
            found.append(self.say("text.no_hops"))
        if not any(local.making for local in (study.device, study.edge, study.cloud) if local is not None):
            found.append(self.say("text.no_making"))
        if names := own_names(self.answer.factors, self.language):
            found.append(self.say("text.judged", names=names))
        return found

    def _on_anyway(self) -> str:
        """What turns if the device would be on without these requests."""
        where = {
            view: self.say("verdict.none") if name is None else self.where(name)
            for view, name in if_on_anyway(self.answer.study).items()
        }
        return self.say(
            "text.on_anyway",
            marginal=where["marginal"],
            attribution=where["attribution"],
            marginal_name=self.say("view.marginal"),
            attribution_name=self.say("view.attribution"),
        )

    def _speeds(self) -> list[str]:
        """What the times of the cloud rest on."""
        speed = self.answer.study.speed
        if speed is None:
            return [self.say("text.no_speed")]
        rates = {
            key: "?" if rate is None else significant(rate.value, 3)
            for key, rate in (("down", speed.down), ("up", speed.up))
        }
        found = [self.say("text.speed", name=speed.name, **rates)]
        if speed.missing:
            found.append(self.say("text.speed_missing", keys=", ".join(speed.missing), name=speed.name))
        return found
