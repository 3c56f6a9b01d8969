"""A whole project: its stages together, what of it was waste, and what ten times more would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.footprint.campaign.order import expected_best
from setsuden.footprint.campaign.stage import Stage
from setsuden.quantity import Estimate, total
from setsuden.quantity.draws import DEFAULT_SEED, combine

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StageResult:
    """Energy of one stage, kWh, and the runs expected in it."""

    stage: Stage
    energy: Estimate
    runs: float


@dataclass(frozen=True, slots=True)
class Tenfold:
    """What ten times as many trials of a stage would cost and bring.

    energy            kWh of the nine-fold extra, like the stage so far
    quality_gain      expected gain of the best trial, points; None when the stage declares no spread of quality
    energy_per_point  kWh per point of that gain; None with it
    """

    stage: str
    trials: int
    energy: Estimate
    quality_gain: float | None
    energy_per_point: Estimate | None


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """Answers about a campaign.

    energy        kWh in all; its boundary is that of the runs' energy
    waste_share   share of the energy in runs that did not lead to the chosen model, 0-1
    runs          expected number of runs
    tenfold       for the stage with most trials; None when no stage tries more than one configuration
    """

    name: str
    stages: tuple[StageResult, ...]
    energy: Estimate
    waste_share: Estimate | None
    runs: float
    tenfold: Tenfold | None


def campaign(name: str, stages: Sequence[Stage], *, seed: int = DEFAULT_SEED) -> CampaignResult:
    """The answers in closed form per stage and by Monte Carlo over the energies of a run.

    Energies of different stages are taken as independent. Raises BoundaryError when they include different things.
    """
    if not stages:
        raise InputError("a campaign needs at least one stage", value=name)
    if len({stage.name for stage in stages}) < len(stages):
        raise InputError("two stages have the same name", value=[stage.name for stage in stages])
    results = tuple(StageResult(stage, _energy(stage, stage.full_runs(), seed), stage.runs) for stage in stages)
    whole = total(result.energy for result in results)  # encloses; also refuses mixed boundaries
    inputs = [figure for stage in stages for figure in (stage.energy.to("kWh"), stage.full_runs())]
    energy = combine(_sum, inputs, "kWh", boundary=whole.boundary, seed=seed)
    useful = [stage.useful_runs for stage in stages]
    waste = None
    if energy.low > 0:
        waste = combine(lambda *x: _waste(x, useful), inputs, "1", seed=seed)
    return CampaignResult(name, results, energy, waste, sum(stage.runs for stage in stages), _tenfold(stages, seed))


def _energy(stage: Stage, full_runs: Estimate, seed: int) -> Estimate:
    return combine(np.multiply, [stage.energy.to("kWh"), full_runs], "kWh", boundary=stage.energy.boundary, seed=seed)


def _sum(*x: Array) -> Array:
    return np.asarray(sum(x[i] * x[i + 1] for i in range(0, len(x), 2)))


def _waste(x: tuple[Array, ...], useful: Sequence[float]) -> Array:
    """One minus useful over all; a stage never has more useful runs than runs."""
    spent = _sum(*x)
    led = sum(x[2 * i] * np.minimum(runs, x[2 * i + 1]) for i, runs in enumerate(useful))
    return np.asarray(1.0 - led / np.maximum(spent, 1e-300))


def _tenfold(stages: Sequence[Stage], seed: int) -> Tenfold | None:
    stage = max(stages, key=lambda item: item.trials)
    if stage.trials < 2:
        return None
    extra = _energy(stage, stage.full_runs() * 9.0, seed)
    if stage.quality is None or stage.quality.sd == 0:
        return Tenfold(stage.name, 10 * stage.trials, extra, None, None)
    judged = max(1.0, stage.trials * (1 - stage.stopped_share) * (1 - stage.failed_share * (not stage.rerun_failed)))
    gain = stage.quality.sd * (expected_best(10 * judged) - expected_best(judged))
    return Tenfold(stage.name, 10 * stage.trials, extra, gain, extra * (1.0 / gain))
