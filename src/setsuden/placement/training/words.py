"""The answer in sentences, in one language; small gains are called small."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.language import Language, Messages
from setsuden.placement.training.outcome import WORTH, Answer, Outcome
from setsuden.quantity import render, significant


@dataclass(frozen=True, slots=True)
class Said:
    """The first lines a reader sees."""

    headline: str
    because: str
    levers: tuple[str, ...]
    notes: tuple[str, ...]


class TrainingWords:
    """Words of one answer."""

    def __init__(self, answer: Answer, language: Language) -> None:
        self.answer = answer
        self.language: Language = language
        self.say = Messages("training", language).say

    def strategy(self, item: Outcome) -> str:
        """The way to use the time."""
        return self.say(f"strategy.{item.strategy}")

    def saving(self, item: Outcome) -> str:
        """A share saved with its span over the worlds."""
        figure = item.saving
        return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"

    def cost(self, item: Outcome) -> str:
        """Cost, or a dash where no price is known."""
        return "–" if item.cost is None else f"{significant(item.cost)} {self.answer.job.currency}"

    def said(self) -> Said:
        """Verdict first, then region before time, as their effects are."""
        answer, say = self.answer, self.say
        best, home = answer.best, answer.job.home.name
        names = {"site": best.site, "strategy": self.strategy(best)}
        if best.saving.value < WORTH:
            headline = say("verdict.small", worth=f"{WORTH:.0%}", site=home)
            because = say("verdict.because_small", saving=self.saving(best), **names)
        else:
            headline = say("verdict.move" if best.site != home else "verdict.stay", **names)
            because = say(
                "verdict.because",
                carbon=render(best.carbon),
                saving=self.saving(best),
                home=home,
                now=render(answer.now.carbon),
            )
        wait = answer.best_wait
        levers = []
        if answer.best_region.site != home:
            region = answer.best_region
            levers.append(say("verdict.region", site=region.site, saving=self.saving(region)))
        line = say(
            "verdict.wait",
            home=home,
            strategy=self.strategy(wait),
            saving=self.saving(wait),
            hours=significant(wait.wait_h, 2),
            worse=f"{wait.worse:.0%}",
        )
        small = say("verdict.small_wait") if wait.saving.value < WORTH else ""
        levers.append((line + (" " if self.language == "en" else "") + small).strip())
        return Said(headline, because, tuple(levers), tuple(self._notes()))

    def _notes(self) -> list[str]:
        answer, say, job = self.answer, self.say, self.answer.job
        found = [
            say(
                "text.job",
                power=significant(job.power_kw),
                hours=job.hours,
                slack=job.deadline_hours - job.hours,
                hour=job.utc_hour,
                month=job.month,
            ),
            say("text.drawn", worlds=answer.worlds, seed=answer.seed, error=f"{job.forecast_error:.0%}"),
        ]
        if answer.best.moving_average_g:
            found.append(
                say(
                    "text.moving",
                    data=significant(job.data_gb),
                    site=answer.best.site,
                    marginal=significant(answer.best.moving_marginal_g, 2),
                    average=significant(answer.best.moving_average_g, 2),
                )
            )
        if len(answer.bases) > 1:
            found.append(say("text.bases", bases=", ".join(answer.bases)))
        return [*found, say("text.no_embodied")]
