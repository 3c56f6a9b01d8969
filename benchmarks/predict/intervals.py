"""How often the intervals of forecasts hold, and how wide they are for it, by the share of the run that was seen.

    OMP_NUM_THREADS=1 python benchmarks/predict/intervals.py [--seeds 20]

First over all recorded trainings (``traces``, each set in the order in which it was recorded, with what the trainings
before it in the set have left), wall clock and CPU seconds; then over made-up machines, each on its first run and after
nine earlier ones of its kind. Scored is the whole run: how often it lies in the 90 % interval, the mean score of
Winkler (1972, doi:10.1080/01621459.1972.10481224: width, plus 20 times what it is missed by, as shares of the outcome;
lower is better), and half the width of the middle interval. Nothing in the intervals was fitted to either.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from early import in_turn, read, tell

from setsuden.predict.earlier import NOTHING, Earlier
from setsuden.predict.early import EarlyForecast
from setsuden.predict.listeners import Here
from setsuden.predict.progress import APART
from setsuden.quantity import Estimate

Floats = npt.NDArray[np.float64]
SHARES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75)
FOLDERS = ("development", "judged_busy", "judged_quiet", "judged_later", "judged_long", "judged_overloaded")
STEP_S, FIRST_S, SCATTER, EPOCHS, BEFORE = 0.02, 1.0, 0.1, 20, 9
SECONDS = (60.0, 600.0)


@dataclass(frozen=True, slots=True)
class Scored:
    """One interval against what came out."""

    share: float
    held: bool
    winkler: float
    half_width: float

    @classmethod
    def of(cls, share: float, said: Estimate, truth: float) -> Scored:
        missed = max(said.low - truth, 0.0) + max(truth - said.high, 0.0)
        width = said.high - said.low
        return cls(share, missed == 0, (width + 20 * missed) / truth, width / 2 / said.value)


class Scorer:
    """Scores a forecast when each share is reached; one that comes twice as late as it should is left out."""

    def __init__(self, forecast: EarlyForecast, said: Callable[[], Estimate | None], truth: float) -> None:
        self.found: list[Scored] = []
        self._forecast, self._said, self._truth = forecast, said, truth
        self._waiting = list(SHARES)

    def look(self) -> None:
        forecast = self._forecast
        share = forecast.steps_done / forecast.steps_total
        if not (self._waiting and forecast.ready and share >= self._waiting[0]):
            return
        due = self._waiting.pop(0)
        said = self._said()
        if said is not None and share <= 2 * due:
            self.found.append(Scored.of(due, said, self._truth))


def recorded(folder: Path, kind: str) -> Iterator[Scored]:
    """All trainings of a set."""
    for trace, earlier in in_turn(read(folder)):
        of_time = kind == "wall clock"
        forecast = EarlyForecast(trace.steps_total, steps_per_epoch=trace.per_epoch, earlier=earlier)
        said = forecast.total_time if of_time else forecast.total_energy
        scorer = Scorer(forecast, said, float((trace.wall_s if of_time else trace.cpu_s)[-1]))
        for _ in tell(forecast, trace, trace.wall_s, trace.cpu_s):
            scorer.look()
        yield from scorer.found


def constant(rng: np.random.Generator, steps: int, seconds: float) -> Floats:
    return np.zeros(steps)


def wandering(rng: np.random.Generator, steps: int, seconds: float, memory_s: float = 2.0) -> Floats:
    """Ten per cent up and down, back to the mean within ``memory_s`` (Ornstein-Uhlenbeck)."""
    kept = float(np.exp(-seconds / steps / memory_s))
    shocks = rng.normal(0.0, 0.1 * np.sqrt(1 - kept**2), steps)
    shocks[0] = rng.normal(0.0, 0.1)
    found = np.zeros(steps)
    now = 0.0
    for i, shock in enumerate(shocks.tolist()):
        now = kept * now + shock
        found[i] = now
    return found


def wandering_slowly(rng: np.random.Generator, steps: int, seconds: float) -> Floats:
    return wandering(rng, steps, seconds, seconds / 5)


def walking(rng: np.random.Generator, steps: int, seconds: float) -> Floats:
    return np.asarray(np.cumsum(rng.normal(0.0, 0.2 / np.sqrt(steps), steps)))


def drifting(rng: np.random.Generator, steps: int, seconds: float) -> Floats:
    return np.linspace(0.0, rng.normal(0.0, 0.2), steps)


def stepping(rng: np.random.Generator, steps: int, seconds: float) -> Floats:
    """One change, at any time."""
    return np.where(np.arange(steps) > rng.uniform() * steps, rng.normal(0.0, 0.25), 0.0)


def switching(rng: np.random.Generator, steps: int, seconds: float) -> Floats:
    """A neighbour comes and goes, a quarter of a minute in the mean; beside it all takes half as long again."""
    found = np.zeros(steps)
    at, beside = 0, rng.random() < 0.5
    while at < steps:
        until = at + max(round(rng.exponential(15.0) * steps / seconds), 1)
        found[at:until] = 0.4 * beside
        at, beside = until, not beside
    return found


Make = Callable[[np.random.Generator, int, float], Floats]
MACHINES: tuple[Make, ...] = (constant, wandering, wandering_slowly, walking, drifting, stepping, switching)


def made_up(
    make: Make, rng: np.random.Generator, seconds: float, earlier: Earlier, paused: bool = False
) -> tuple[list[Scored], float]:
    """One training on a made-up machine, looked at as ``Progress`` looks, and the wander that it leaves.

    paused   an evaluation follows each epoch
    """
    steps = round(seconds / STEP_S)
    each = steps // EPOCHS
    costs = STEP_S * np.exp(make(rng, steps, seconds)) * rng.lognormal(0.0, SCATTER, steps)
    costs[0] += FIRST_S
    pauses = 0.15 * STEP_S * each * rng.lognormal(0.0, SCATTER, EPOCHS) if paused else np.zeros(EPOCHS)
    told = 0.45 * each if paused else 0.0
    forecast = EarlyForecast(steps, steps_per_epoch=each, evaluation_steps=told, earlier=earlier)
    scorer = Scorer(forecast, forecast.total_time, float(costs.sum() + pauses.sum()))
    clock = looked = 0.0
    forecast.observe(0.0, 0.0, 0)
    for step, cost in enumerate(costs.tolist(), 1):
        clock += cost
        paused_s = float(pauses[step // each - 1]) if step % each == 0 else 0.0
        if paused_s or clock - looked >= min(max(APART * clock, Here.least_apart_s), Here.most_apart_s):
            forecast.observe(clock, clock, step)
            looked = clock
            scorer.look()
        if paused_s:
            clock += paused_s
            forecast.pause(clock, clock)
            looked = clock
    return scorer.found, forecast.scatter_share


def on_machine(make: Make, seeds: int, seconds: float, known: bool, paused: bool = False) -> list[Scored]:
    """First runs, or runs after nine others."""
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng([seed, round(seconds), known])
        before = [made_up(make, rng, seconds, NOTHING)[1] for _ in range(BEFORE if known else 0)]
        found += made_up(make, rng, seconds, Earlier(seconds=tuple(before)), paused)[0]
    return found


def row(name: str, found: list[Scored]) -> str:
    """Of the table: coverage, score and half-width at each share."""
    cells = [f"| {name} | {np.mean([one.held for one in found]):.0%}, {np.mean([one.winkler for one in found]):.2f}"]
    for share in SHARES:
        own = [one for one in found if one.share == share]
        told = ""
        if own:
            held, score = np.mean([one.held for one in own]), np.mean([one.winkler for one in own])
            told = f"{held:.0%}, {score:.2f}, {np.median([one.half_width for one in own]):.0%}"
        cells.append(told)
    return " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    print("| held, score, half-width | all | " + " | ".join(f"{share:.0%}" for share in SHARES) + " |")
    print("| --- " * (len(SHARES) + 2) + "|")
    traces = Path(__file__).parent / "traces"
    for kind in ("wall clock", "CPU seconds"):
        of_kind = [(folder, list(recorded(traces / folder, kind))) for folder in FOLDERS]
        for folder, found in of_kind:
            print(row(f"{folder}, {kind}", found))
        print(row(f"**recorded, {kind}**", [one for _, found in of_kind for one in found]), flush=True)
    for known in (False, True):
        title = "after nine runs" if known else "first run"
        together: list[Scored] = []
        for make, paused in [*((make, False) for make in MACHINES), (wandering, True)]:
            found = [one for seconds in SECONDS for one in on_machine(make, seeds, seconds, known, paused)]
            together += found
            name = make.__name__.replace("_", " ") + (", evaluated" if paused else "")
            print(row(f"{name}, {title}", found), flush=True)
        print(row(f"**made-up machines, {title}**", together))


if __name__ == "__main__":
    main()
