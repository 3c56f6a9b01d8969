"""Ways to search a bed: each returns the configuration it would settle on and what finding it cost."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from bed import PROFILE_S, Bed

from setsuden.predict.tuning import (
    BATCH_SLOPE,
    Configuration,
    Factor,
    Observations,
    Pace,
    Space,
    Trial,
    recommend,
    suggest,
)


@dataclass(frozen=True)
class Found:
    """A batch size and a power limit, None where nothing met the target, the joules of the search, its trainings."""

    size: float | None
    limit: float | None
    energy_j: float
    trainings: int


def exhaustive(bed: Bed, rng: np.random.Generator) -> Found:
    """Train every batch size under every power limit once, to the target or to the cap."""
    runs = {(size, limit): bed.train(size, rng, limit=limit) for size, limit in product(bed.sizes, bed.limits)}
    return _cheapest(runs)


def each_size_once(bed: Bed, rng: np.random.Generator) -> Found:
    """Train every batch size once, timing the power limits in its first seconds."""
    runs = {(size, bed.best_limit(size)): bed.train(size, rng, profile=True) for size in bed.sizes}
    return _cheapest(runs)


def _cheapest(runs: dict) -> Found:
    spent = sum(run.energy_j for run in runs.values())
    met = {key: run.energy_j for key, run in runs.items() if run.reached}
    if not met:
        return Found(None, None, spent, len(runs))
    size, limit = min(met, key=met.__getitem__)
    return Found(size, limit, spent, len(runs))


def at_random(bed: Bed, rng: np.random.Generator, budget_j: float) -> Found:
    """Batch sizes in random order, power limits timed within, the default first, as long as the energy lasts."""
    spent, met, trainings = 0.0, {}, 0
    others = [size for size in bed.sizes if size != bed.default]
    for size in (bed.default, *rng.permutation(others)):
        if trainings and spent >= budget_j:
            break
        run = bed.train(float(size), rng, profile=True)
        spent, trainings = spent + run.energy_j, trainings + 1
        if run.reached:
            met[float(size)] = run.energy_j
    if not met:
        return Found(None, None, spent, trainings)
    best = min(met, key=met.__getitem__)
    return Found(best, bed.best_limit(best), spent, trainings)


def zeus(bed: Bed, rng: np.random.Generator, *, recurrences: int = 0, beta: float = 2.0, eta: float = 1.0) -> Found:
    """The policy of You, Chung, Chowdhury (NSDI 2023): explore with pruning twice, then Gaussian Thompson sampling.

    recurrences   jobs in all; 0: stop when the exploration ends and take the cheapest mean
    beta          a job is stopped when its cost passes beta times the least cost seen
    eta           weight of energy against time at the highest power
    """
    spent, jobs, least = 0.0, 0, None
    costs: dict[float, list[float]] = {}
    timed: set[float] = set()

    def job(size: float) -> bool:
        nonlocal spent, jobs, least
        give_up = None if least is None else beta * least
        run = bed.train(size, rng, profile=size not in timed, give_up=give_up, eta=eta)
        timed.add(size)
        spent, jobs = spent + run.energy_j, jobs + 1
        if not run.reached:
            return False
        cost = eta * run.energy_j + (1 - eta) * bed.max_power_w * run.seconds
        costs.setdefault(size, []).append(cost)
        least = cost if least is None else min(least, cost)
        return True

    arms, start = bed.sizes, bed.default
    for _ in range(2):
        kept = [start] if job(start) else []
        for way in (sorted((s for s in arms if s < start), reverse=True), sorted(s for s in arms if s > start)):
            for size in way:
                if not job(size):
                    break
                kept.append(size)
        arms = sorted(kept) or arms
        start = min((size for size in arms if size in costs), key=lambda size: min(costs[size]), default=start)
    while jobs < recurrences:
        sampled = {}
        for size in arms:
            seen = costs.get(size, [])
            variance = float(np.var(seen, ddof=1)) if len(seen) > 1 else 0.0
            mean = float(np.mean(seen)) if seen else 0.0
            sampled[size] = rng.normal(mean, np.sqrt(variance / max(1, len(seen))))
        job(min(sampled, key=sampled.__getitem__))
    means = {size: float(np.mean(costs[size])) for size in arms if costs.get(size)}
    if not means:
        return Found(None, None, spent, jobs)
    best = min(means, key=means.__getitem__)
    return Found(best, bed.best_limit(best, eta), spent, jobs)


def ours(bed: Bed, rng: np.random.Generator, *, trainings: float = 40.0) -> Found:
    """``setsuden.predict.tuning``: time every batch size for five seconds, then train what is worth its energy."""
    sizes = Factor("batch_size", tuple(bed.sizes), slope=BATCH_SLOPE)
    space = Space((sizes, Factor("power_limit_w", tuple(bed.limits), learning=False)), (bed.default,))
    seen = Observations()
    while True:
        step = suggest(seen, space, trainings=trainings)
        if step.step == "stop":
            break
        size = float(step.configuration.learning[0])
        if step.step == "pace":
            cell = bed.cells[size, float(step.configuration.running[0])]
            seen = seen.with_pace(Pace(step.configuration, cell.epoch_j, cell.epoch_s, cell.power_w * PROFILE_S))
            continue
        run = bed.train(size, rng, profile=True, give_up=step.give_up_j)
        for limit in bed.limits:
            cell = bed.cells[size, limit]
            seen = seen.with_pace(Pace(Configuration((size,), (limit,)), cell.epoch_j, cell.epoch_s))
        seen = seen.with_trial(
            Trial(
                Configuration((size,), (bed.best_limit(size),)),
                run.epochs,
                run.reached,
                run.energy_j,
                resolution=1.0,
            )
        )
    best = recommend(seen, space)
    count = len(seen.trials)
    if best is None:
        return Found(None, None, seen.spent_j, count)
    return Found(float(best.configuration.learning[0]), float(best.configuration.running[0]), seen.spent_j, count)
