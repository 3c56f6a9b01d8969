"""Trials one by one, simulated or recorded: arrays, not objects, so that ten million fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.footprint.campaign.stage import Stage
from setsuden.quantity.draws import DEFAULT_SEED

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trials:
    """Runs in the order they were made.

    energy_j   joules of each run
    quality    of each run, NaN where it failed, was stopped or was not judged; None when quality is not known at all
    """

    energy_j: Array
    quality: Array | None = None

    def __post_init__(self) -> None:
        if self.energy_j.size == 0:
            raise InputError("a campaign needs at least one trial")
        if not np.all(self.energy_j >= 0) or not np.all(np.isfinite(self.energy_j)):
            raise InputError("the energy of every trial is a finite number and not negative")
        if self.quality is not None and self.quality.shape != self.energy_j.shape:
            raise InputError("every trial needs a quality, blank where it has none", value=self.quality.shape)

    @property
    def total_j(self) -> float:
        """Joules of all runs."""
        return float(self.energy_j.sum(dtype=np.float64))

    def chosen(self) -> int | None:
        """Position of the best run; None when none was judged."""
        if self.quality is None or bool(np.isnan(self.quality).all()):
            return None
        return int(np.nanargmax(self.quality))

    def waste_share(self) -> float | None:
        """Share of the energy in runs other than the best one; None when none was judged or nothing was used."""
        best, total = self.chosen(), self.total_j
        return 1 - float(self.energy_j[best]) / total if best is not None and total > 0 else None

    def improvements(self) -> list[tuple[int, float, float]]:
        """(run, joules until then, best quality so far) at the first judged run and at every improvement."""
        if self.quality is None:
            return []
        spent = np.cumsum(self.energy_j, dtype=np.float64)
        judged = np.where(np.isnan(self.quality), -np.inf, self.quality)
        before = np.concatenate(([-np.inf], np.maximum.accumulate(judged)[:-1]))
        steps = np.flatnonzero(judged > before)
        return [(int(at), float(spent[at]), float(judged[at])) for at in steps]

    def joules_per_point(self) -> float | None:
        """Marginal cost at the end: joules per point of quality from the last improvement but one to the end.

        What came after the last improvement bought nothing and is in it. None with fewer than two improvements.
        """
        steps = self.improvements()
        if len(steps) < 2:
            return None
        (_, spent, quality), (_, _, best) = steps[-2], steps[-1]
        return (self.total_j - spent) / (best - quality)


def simulate(stage: Stage, *, seed: int = DEFAULT_SEED) -> Trials:
    """The planned runs of a stage one by one, each failed run followed by its repetitions if the stage repeats them.

    At most 20 million planned runs; beyond that the closed form of ``Stage.full_runs`` is the answer.
    """
    n = round(stage.planned)
    if not 1 <= n <= 20_000_000:
        raise InputError("only 1 to 20 million runs can be simulated one by one", value=stage.planned)
    rng = np.random.default_rng(seed)
    full = stage.energy.to("J").value
    if stage.rerun_failed and stage.failed_share > 0:
        failures = int((rng.geometric(1 - stage.failed_share, n) - 1).sum())
        failed = np.zeros(n + failures, dtype=np.bool_)
        failed[rng.choice(n + failures, failures, replace=False)] = True
    else:
        failed = rng.random(n, dtype=np.float32) < stage.failed_share
    stopped = ~failed & (rng.random(failed.size, dtype=np.float32) < stage.stopped_share)
    energy = np.full(failed.size, full, dtype=np.float32)
    if stage.spread > 0:
        sigma = np.float32(np.sqrt(np.log1p(stage.spread**2)))
        energy *= np.exp(rng.standard_normal(failed.size, dtype=np.float32) * sigma - sigma**2 / 2)
    energy[failed] *= np.float32(stage.failed_at)
    energy[stopped] *= np.float32(stage.stopped_at)
    quality = None
    if stage.quality is not None:
        z = rng.standard_normal(failed.size, dtype=np.float32)
        quality = np.float32(stage.quality.mean) + np.float32(stage.quality.sd) * z
        quality[failed | stopped] = np.nan
    return Trials(energy, quality)
