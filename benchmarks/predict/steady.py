"""How far the forecast is off on a machine of constant speed: what is left is the method's own error.

    python benchmarks/predict/steady.py [--seeds 20]             made-up trainings, a table for a minute, ten and sixty
    python benchmarks/predict/steady.py --traces FOLDER          recorded ones, on the machine's own clock

The made-up trainings have what real ones have: a slow first step, warm-up, evaluations, checkpoints, loaders that fall
behind, garbage collection, batches of uneven length. Each runs through ``Progress`` and a ``Watcher`` on a clock of its
own; judged is the first forecast, made at 2 % of the steps, warm-up included. The first group can be known from there;
what the second does later, its first 2 % do not show, so only its intervals can be judged.

A recorded training (``trainings.py judged FOLDER --dense``) holds a reading of the machine's speed every few
milliseconds. The cost of its steps is divided by what the speed beside them tells, so that what remains is what the
training itself does, and what the readings scatter.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from early import judged, read
from trainings import Trace

from setsuden.predict.earlier import NOTHING
from setsuden.predict.foretold import Saying
from setsuden.predict.progress import Progress
from setsuden.predict.speed import like_work
from setsuden.predict.watcher import Watcher
from setsuden.quantity import NODE, Estimate, Provenance

Floats = npt.NDArray[np.float64]
STEP_S, FIRST_S = 0.02, 3.0
STEP_W, PAUSE_W, WAIT_W = 40.0, 33.0, 21.0
SECONDS = (60.0, 600.0, 3600.0)


@dataclass
class Course:
    """One made-up training.

    steps_s   seconds of every step
    waits_s   of them, spent waiting for data or a disk, at fewer watts
    pause_s   seconds of an evaluation
    apart     steps between evaluations; None: one after each epoch
    units     what each step counts for
    batches   of an evaluation, where the training says so
    """

    steps_s: Floats
    per_epoch: int
    pause_s: float = 0.0
    apart: int | None = None
    waits_s: Floats | None = None
    units: npt.NDArray[np.int64] | None = None
    batches: int | None = None


Make = Callable[[np.random.Generator, int], Course]


def even(rng: np.random.Generator, steps: int, scatter: float = 0.05) -> Floats:
    """Steps that differ by chance alone, the first one slow."""
    costs = STEP_S * rng.lognormal(0.0, scatter, steps)
    costs[0] += FIRST_S
    return np.asarray(costs)


def plain(rng: np.random.Generator, steps: int) -> Course:
    return Course(even(rng, steps), steps // 20)


def warming_up(rng: np.random.Generator, steps: int) -> Course:
    return Course(even(rng, steps) * (1 + 2 * np.exp(-np.arange(steps) / 15)), steps // 20)


def evaluated_often(rng: np.random.Generator, steps: int) -> Course:
    return Course(even(rng, steps), steps // 100, 0.15 * STEP_S * (steps // 100))


def evaluated_within_epochs(rng: np.random.Generator, steps: int) -> Course:
    return Course(even(rng, steps), steps // 5, 0.15 * STEP_S * (steps // 200), apart=steps // 200)


def evaluated_as_told(rng: np.random.Generator, steps: int) -> Course:
    batches = steps // 20 // 5
    return Course(even(rng, steps), steps // 20, rng.uniform(0.25, 0.45) * STEP_S * batches, batches=batches)


def loader_behind(rng: np.random.Generator, steps: int) -> Course:
    waits = np.zeros(steps)
    waits[7::8] = 4 * STEP_S * rng.lognormal(0.0, 0.2, len(waits[7::8]))
    return Course(even(rng, steps) + waits, steps // 20, waits_s=waits)


def rare_waits(rng: np.random.Generator, steps: int) -> Course:
    waits = np.zeros(steps)
    waits[19::20] = 12 * STEP_S * rng.lognormal(0.0, 0.2, len(waits[19::20]))
    return Course(even(rng, steps) + waits, steps // 20, waits_s=waits)


def collecting_garbage(rng: np.random.Generator, steps: int) -> Course:
    return Course(even(rng, steps) + 2 * STEP_S * (rng.random(steps) < 1 / 70), steps // 20)


def uneven_lengths(rng: np.random.Generator, steps: int) -> Course:
    return Course(even(rng, steps, 0.4), steps // 20)


def small_last_batch(rng: np.random.Generator, steps: int) -> Course:
    costs = even(rng, steps)
    costs[9::10] *= 0.3
    return Course(costs, 10)


def accumulating(rng: np.random.Generator, steps: int) -> Course:
    costs = even(rng, steps)
    costs[3::4] *= 1.8
    return Course(costs, steps // 20)


def logging(rng: np.random.Generator, steps: int) -> Course:
    costs = even(rng, steps)
    costs[49::50] *= 4
    return Course(costs, steps // 20)


def growing_in_tokens(rng: np.random.Generator, steps: int) -> Course:
    tokens = np.round(np.linspace(256, 1024, steps) * rng.lognormal(0.0, 0.2, steps)).astype(np.int64)
    costs = even(rng, steps) * tokens / 640
    return Course(costs, steps // 20, units=tokens)


def evaluated_seldom(rng: np.random.Generator, steps: int) -> Course:
    return Course(even(rng, steps), steps // 10, 0.1 * STEP_S * (steps // 10))


def checkpoints(rng: np.random.Generator, steps: int) -> Course:
    waits = np.zeros(steps)
    waits[steps // 12 :: steps // 12] = 0.04 * STEP_S * (steps // 12)
    return Course(even(rng, steps) + waits, steps // 20, waits_s=waits)


def first_epoch_from_disk(rng: np.random.Generator, steps: int) -> Course:
    costs = even(rng, steps)
    costs[: steps // 20] *= 1.3
    return Course(costs, steps // 20)


def growing_in_steps(rng: np.random.Generator, steps: int) -> Course:
    return Course(growing_in_tokens(rng, steps).steps_s, steps // 20)


KNOWABLE: tuple[Make, ...] = (
    plain, warming_up, evaluated_often, evaluated_within_epochs, evaluated_as_told, loader_behind, rare_waits,
    collecting_garbage, uneven_lengths, small_last_batch, accumulating, logging, growing_in_tokens,
)  # fmt: skip
NOT_SHOWN: tuple[Make, ...] = (evaluated_seldom, checkpoints, first_epoch_from_disk, growing_in_steps)


class Bed:
    """A sink with a clock of its own; joules follow what the machine does."""

    least_apart_s, most_apart_s = 0.05, 1.0

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.clock = self.joules = 0.0

    def spend(self, seconds: float, watts: float) -> None:
        self.clock += seconds
        self.joules += seconds * watts

    @property
    def energy(self) -> Estimate:
        return Estimate.exact(self.joules, "J", Provenance.ESTIMATED, NODE)

    def now(self) -> float:
        return self.clock

    def look(self, steps: int, paused_s: float) -> bool:
        return self.watcher.look(self.clock, self.energy, steps, paused_s)

    def forecast(self) -> Saying | None:
        return self.watcher.now(self.clock, self.energy)

    def close(self, steps: int, paused_s: float, left: bool = False) -> None:
        self.watcher.end(self.clock, self.energy, steps)


@dataclass(frozen=True)
class Found:
    """Errors of one first forecast, as shares of what came out."""

    time: float
    energy: float
    covered: bool
    first_epoch: float


def run(course: Course) -> Found:
    """Through to the end."""
    units = np.ones(len(course.steps_s), dtype=np.int64) if course.units is None else course.units
    total = int(units.sum())
    per_epoch = course.per_epoch if course.units is None else None
    watcher = Watcher("it", total, per_epoch, evaluation_steps=course.batches)
    bed = Bed(watcher)
    progress = Progress(bed, total)
    first_epoch_s = 0.0
    waits = np.zeros(len(units)) if course.waits_s is None else course.waits_s
    for step, (seconds, wait, count) in enumerate(zip(course.steps_s, waits, units.tolist(), strict=True), 1):
        bed.spend(float(seconds - wait), STEP_W)
        bed.spend(float(wait), WAIT_W)
        progress.step(count)
        if course.pause_s and step % (course.apart or course.per_epoch) == 0:
            bed.spend(course.pause_s, PAUSE_W)
            progress.pause()
        if step % course.per_epoch == 0:
            first_epoch_s = first_epoch_s or bed.clock
    progress.close()
    (first, *_) = watcher.to_json()["said"]
    covered = all(
        first[key]["low"] <= truth <= first[key]["high"]
        for key, truth in (("duration", bed.clock), ("energy", bed.joules))
    )
    by_first_epoch = first_epoch_s * len(units) / course.per_epoch / bed.clock - 1
    return Found(first["duration_error"], first["energy_error"], covered, by_first_epoch)


def made_up(seeds: int) -> None:
    for seconds in SECONDS:
        steps = round(seconds / STEP_S / 1000) * 1000
        print(f"\n| {seconds / 60:g} minutes | median error: time | energy | 95 % within | covered | first epoch |")
        print("| --- | --- | --- | --- | --- | --- |")
        for title, makes in (("knowable", KNOWABLE), ("not shown in the first 2 %", NOT_SHOWN)):
            together: list[Found] = []
            for make in makes:
                found = [run(make(np.random.default_rng(seed), steps)) for seed in range(seeds)]
                together += found
                print(_row(make.__name__.replace("_", " "), found))
            print(_row(f"**{title}**", together))


def _row(name: str, found: list[Found]) -> str:
    time, energy, first = (np.abs([getattr(one, key) for one in found]) for key in ("time", "energy", "first_epoch"))
    return (f"| {name} | {np.median(time):.1%} | {np.median(energy):.1%} | "
            f"{np.quantile(np.concatenate([time, energy]), 0.95):.1%} | "
            f"{np.mean([one.covered for one in found]):.0%} | {np.median(first):.1%} |")  # fmt: skip


def on_its_own_clock(trace: Trace) -> Floats:
    """CPU seconds of a recorded training as they would have been at the machine's mean speed.

    The speed beside a stretch is the mean of the readings within a tenth of a second of it.
    """
    seconds, steps = np.diff(trace.cpu_s), np.diff(trace.steps)
    at = np.flatnonzero(np.diff(trace.speeds[1]) > 0)
    slow = -np.log(np.diff(trace.speeds[0])[at] / np.diff(trace.speeds[1])[at])
    total = np.concatenate([[0.0], np.cumsum(slow)])
    first, last = (np.searchsorted(trace.cpu_s[at + 1], trace.cpu_s[1:] + side) for side in (-0.1, 0.1))
    first = np.minimum(first, len(slow) - 1)
    last = np.maximum(last, first + 1)
    beside = (total[last] - total[first]) / (last - first)
    beside -= np.average(beside, weights=seconds)
    power = like_work(float(seconds[steps > 0].sum() / steps.sum()))
    return np.concatenate([[0.0], np.cumsum(seconds * np.exp(-power * beside))])


def recorded(folder: Path) -> None:
    found = []
    print("| training | CPU seconds | on the machine's own clock | as recorded |")
    print("| --- | --- | --- | --- |")
    for trace in read(folder):
        errors = [_first_error(trace, readings) for readings in (on_its_own_clock(trace), trace.cpu_s)]
        found.append(errors)
        print(f"| {trace.label} | {trace.cpu_s[-1]:.0f} | {errors[0]:+.1%} | {errors[1]:+.1%} |")
    sizes = np.abs(found)
    median, most = np.median(sizes, axis=0), np.quantile(sizes, 0.95, axis=0)
    print(f"| median | | {median[0]:.1%} | {median[1]:.1%} |\n| 95 % within | | {most[0]:.1%} | {most[1]:.1%} |")


def _first_error(trace: Trace, readings: Floats) -> float:
    """Of the forecast at 2 % after warm-up, nothing known of the machine."""
    return float(judged(replace(trace, wall_s=readings, cpu_s=readings), NOTHING)["at_0.02"]["time_error"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--traces", type=Path)
    options = parser.parse_args()
    if options.traces is not None:
        recorded(options.traces)
    else:
        made_up(options.seeds)


if __name__ == "__main__":
    main()
