"""Replay searches on the Zeus measurements and write a table beside this file.

    python benchmarks/tuning/replay.py FOLDER [SEEDS]

FOLDER holds zeus_training_power.csv and zeus_training_epochs.csv: the traces of ml-energy/zeus (Apache-2.0), one row a
measurement. They are not shipped. Without measurements, tests run the same code on a made-up bed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from bed import OTHER_TARGETS, TARGETS, Bed, load
from policies import Found, at_random, each_size_once, exhaustive, ours, zeus

HERE = Path(__file__).parent
SEEDS = 40
TRAININGS = 50.0
ZEUS = "Zeus, exploration"
HEADER = (
    "| workload | device | search | within 5 % | regret, mean | worst | energy / exhaustive | energy / each size once "
    "| trainings |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def regret(bed: Bed, found: Found) -> float:
    """Expected energy of what was found, above the best, as a share; inf where nothing was found."""
    if found.size is None or found.limit is None:
        return float("inf")
    return bed.expected_j(found.size, found.limit) / bed.best()[0] - 1


def compare(bed: Bed, seeds: int) -> dict[str, list[Found]]:
    """Every search on one bed, over the same seeds."""
    searches: dict[str, Callable[[Bed, np.random.Generator], Found]] = {
        "exhaustive": exhaustive,
        "each size once": each_size_once,
        ZEUS: zeus,
        "Zeus, 2 B P jobs": lambda b, rng: zeus(b, rng, recurrences=2 * len(b.sizes) * len(b.limits)),
        "setsuden": lambda b, rng: ours(b, rng, trainings=TRAININGS),
    }
    found = {
        name: [search(bed, np.random.default_rng(seed)) for seed in range(seeds)] for name, search in searches.items()
    }
    budget = float(np.mean([one.energy_j for one in found["setsuden"]]))
    found["random, same energy"] = [at_random(bed, np.random.default_rng(seed), budget) for seed in range(seeds)]
    return found


def rows(bed: Bed, found: dict[str, list[Found]]) -> list[str]:
    """Lines of the table."""
    all_of_it, once = (np.mean([one.energy_j for one in found[name]]) for name in ("exhaustive", "each size once"))
    lines = []
    for name, results in found.items():
        regrets = np.array([regret(bed, one) for one in results])
        energy = np.mean([one.energy_j for one in results])
        lines.append(
            f"| {bed.name} | {bed.device} | {name} | {np.mean(regrets <= 0.05):.0%} | {regrets.mean():.1%} "
            f"| {regrets.max():.1%} | {energy / all_of_it:.1%} | {energy / once:.0%} "
            f"| {np.mean([one.trainings for one in results]):.1f} |"
        )
    return lines


def summary(beds: Sequence[Bed], found: Sequence[dict[str, list[Found]]]) -> list[str]:
    """One line a search over all beds; the last two columns hold it against Zeus's exploration, bed by bed."""
    lines = [
        "| search | within 5 %, mean over beds | worst bed | regret, mean | energy / exhaustive, mean | largest "
        "| energy / each size once, mean | largest | energy / Zeus's, mean | regret less Zeus's, mean |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    regrets = [
        {name: np.array([regret(bed, one) for one in results]) for name, results in own.items()}
        for bed, own in zip(beds, found, strict=True)
    ]
    spent = [
        {name: float(np.mean([one.energy_j for one in results])) for name, results in own.items()} for own in found
    ]
    for name in found[0]:
        within = [np.mean(own[name] <= 0.05) for own in regrets]
        mean = np.mean([own[name].mean() for own in regrets])
        energy = {base: [own[name] / own[base] for own in spent] for base in ("exhaustive", "each size once", ZEUS)}
        shares = " | ".join(f"{np.mean(energy[base]):.1%} | {np.max(energy[base]):.1%}" for base in list(energy)[:2])
        beside = np.mean([own[name].mean() - own[ZEUS].mean() for own in regrets])
        lines.append(
            f"| {name} | {np.mean(within):.0%} | {np.min(within):.0%} | {mean:.1%} | {shares} "
            f"| {np.mean(energy[ZEUS]):.1%} | {beside:+.1%} |"
        )
    return lines


def main(folder: Path, seeds: int) -> None:
    """Write RESULTS.md."""
    parts = [
        "# Searches replayed on the Zeus measurements",
        f"`python benchmarks/tuning/replay.py FOLDER {seeds}`: {seeds} seeds a line; what the searches are is in "
        "`docs/tuning.md`.",
    ]
    for title, targets in (("The paper's targets", TARGETS), ("Easier targets, not looked at before", OTHER_TARGETS)):
        beds = load(folder, targets)
        found = [compare(bed, seeds) for bed in beds]
        told = ", ".join(f"{name} {target:g}" for name, (target, _) in targets.items())
        parts += [f"## {title}", f"{told}. {len(beds)} pairs of workload and device.", "\n".join(summary(beds, found))]
        each = [line for bed, own in zip(beds, found, strict=True) for line in rows(bed, own)]
        parts.append("\n".join([HEADER, *each]))
        print(title, *summary(beds, found), sep="\n", flush=True)
    (HERE / "RESULTS.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else SEEDS)
