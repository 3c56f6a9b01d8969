"""One stage of a project: how many runs, what each costs, how many fail, stop early or are repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass

from setsuden.errors import InputError
from setsuden.footprint.checks import number
from setsuden.quantity import Estimate, Provenance, unit

_Z95 = 1.6448536269514722
MAX_RUNS = 1e12


@dataclass(frozen=True, slots=True)
class Quality:
    """Quality of a complete trial, normal over configurations, in points of whatever is measured."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        number("the mean quality", self.mean, low=-math.inf)
        number("the spread of quality", self.sd)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a campaign: search, tuning, final training, retraining.

    energy          of one complete run, any energy unit
    trials          configurations tried, 1 or more
    repeats         runs of each configuration (seeds, folds)
    times           how often the whole stage is done (retraining every 4 weeks for a year: 13)
    spread          standard deviation of a run's energy over its mean, log-normal between runs
    stopped_share   share of the runs that are stopped early, at ``stopped_at`` of their full energy on average
    failed_share    share of all runs that fail, at ``failed_at`` of their full energy on average
    rerun_failed    whether each failed run is done again until it succeeds
    kept            configurations that lead to the chosen model; the rest is what finding it took
    quality         spread of quality between configurations, for what more trials would bring
    """

    name: str
    energy: Estimate
    trials: int = 1
    repeats: int = 1
    times: float = 1.0
    spread: float = 0.0
    stopped_share: float = 0.0
    stopped_at: float = 0.5
    failed_share: float = 0.0
    failed_at: float = 0.5
    rerun_failed: bool = False
    kept: int = 1
    quality: Quality | None = None

    def __post_init__(self) -> None:
        place = f"stage {self.name!r}"
        if not unit(self.energy.unit).same_dimension(unit("J")) or self.energy.low < 0:
            raise InputError("the energy of a run is a positive amount of energy", place=place, value=self.energy.unit)
        number(f"{place}: trials", self.trials, low=1, high=MAX_RUNS)
        number(f"{place}: repeats", self.repeats, low=1, high=MAX_RUNS)
        number(f"{place}: times", self.times, high=MAX_RUNS)
        number(f"{place}: spread", self.spread, high=10)
        for name in ("stopped_share", "stopped_at", "failed_share", "failed_at"):
            number(f"{place}: {name}", getattr(self, name), high=1.0)
        if self.failed_share >= 1 and self.rerun_failed:
            raise InputError("runs that always fail cannot be done again until they succeed", place=place)
        if not 0 <= self.kept <= self.trials:
            raise InputError("kept lies between none and all of the trials", place=place, value=self.kept)

    @property
    def planned(self) -> float:
        """Runs that were meant to happen: trials x repeats x times."""
        return self.trials * self.repeats * self.times

    @property
    def runs(self) -> float:
        """Runs expected to happen, done again ones included."""
        return self.planned / (1 - self.failed_share) if self.rerun_failed else self.planned

    def full_runs(self) -> Estimate:
        """Energy of the stage in units of one complete run: expected value, 5-95 % over the chance of the runs."""
        mean, variance = self._per_planned_run()
        total, sd = self.planned * mean, math.sqrt(self.planned * variance)
        return Estimate(total, max(0.0, total - _Z95 * sd), total + _Z95 * sd, "1", Provenance.ESTIMATED)

    @property
    def useful_runs(self) -> float:
        """Complete runs of the configurations that were kept."""
        return self.kept * self.repeats * self.times

    def _per_planned_run(self) -> tuple[float, float]:
        """Mean and variance of one planned run's energy over that of a complete one."""
        scatter = 1 + self.spread**2  # E[C^2] of a log-normal with mean 1
        good = 1 - self.stopped_share + self.stopped_share * self.stopped_at
        good2 = scatter * (1 - self.stopped_share + self.stopped_share * self.stopped_at**2)
        bad, bad2, p = self.failed_at, scatter * self.failed_at**2, self.failed_share
        if not self.rerun_failed:
            mean = (1 - p) * good + p * bad
            return mean, (1 - p) * good2 + p * bad2 - mean**2
        # Before each success a geometric number of failures: mean p/(1-p), variance p/(1-p)^2.
        count, count_variance = p / (1 - p), p / (1 - p) ** 2
        return good + count * bad, good2 - good**2 + count * (bad2 - bad**2) + count_variance * bad**2
