"""The answer in sentences, in one language; small gains are called small."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.language import Language, Messages
from setsuden.placement.judgement import own_names
from setsuden.placement.training.forecasts import Score
from setsuden.placement.training.outcome import WORTH, Answer, Outcome
from setsuden.placement.training.replay import Replay
from setsuden.quantity import render, significant

_MOST_GAPS = 5


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
        size = {"power": significant(job.power_kw), "hours": job.hours, "slack": job.deadline_hours - job.hours}
        if answer.replay is None:
            found = [
                say("text.job", hour=job.utc_hour, month=job.month, **size),
                say("text.drawn", worlds=answer.worlds, seed=answer.seed, error=f"{job.forecast_error:.0%}"),
            ]
        else:
            found = [say("text.job_recorded", **size), *self._recorded(answer.replay)]
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
        if job.data_gb and job.sites:
            found.append(
                say("text.move_unknown", data=significant(job.data_gb))
                if job.move_hours is None
                else say("text.move_time", data=significant(job.data_gb), hours=job.move_hours)
            )
        if answer.left_out:
            found.append(say("text.left_out", sites=", ".join(answer.left_out)))
        if len(answer.bases) > 1:
            found.append(say("text.bases", bases=", ".join(answer.bases)))
        if names := own_names(job.factors, self.language):
            found.append(say("text.judged", names=names))
        return [*found, say("text.no_embodied")]

    def _recorded(self, replay: Replay) -> list[str]:
        """Which hours were replayed, what was missing, and how the forecast fared."""
        answer, say, job = self.answer, self.say, self.answer.job
        found = [say("text.recorded", starts=len(replay.starts), first=replay.first, last=replay.last)]
        gaps = [
            f"{site.name} {at} ({hours} h)"
            for site in (job.home, *job.sites)
            if site.series is not None
            for at, hours in site.series.gaps()
        ]
        if gaps:
            shown = ", ".join(gaps[:_MOST_GAPS]) + (" …" if len(gaps) > _MOST_GAPS else "")
            found.append(say("text.gaps", count=len(gaps), gaps=shown, skipped=replay.skipped))
        found += [self.score(score) for score in answer.scores if score.site == job.home.name]
        return found

    def score(self, score: Score) -> str:
        """How one method fared at home."""
        key = "text.bound" if score.method == "perfect" else "text.score"
        used = self.say("text.used") if score.method == self.answer.job.forecast else ""
        return self.say(
            key,
            method=self.say(f"forecast.{score.method}"),
            used=used,
            site=score.site,
            error=f"{score.error:.1%}",
            bias=f"{score.bias:+.1%}",
            start=f"{score.saving['start']:.1%}",
            pause=f"{score.saving['pause']:.1%}",
        )
