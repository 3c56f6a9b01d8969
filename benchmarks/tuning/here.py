"""A search on this machine beside training every configuration of its space to the floor, for real.

    python benchmarks/tuning/here.py [SEEDS]

Runs the example study of ``setsuden tune`` with one and two threads for each seed of weights, then every configuration
alone. The joules are those of whatever counts them here, so they are printed with their provenance; where the sensor
counts the whole machine, only a quiet one gives figures worth keeping.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from setsuden.ledger import Ledger
from setsuden.places import Declared, parse_yaml
from setsuden.study.example import tune_example_text
from setsuden.study.reading import checked
from setsuden.study.tuning.run import run_tune

TRAININGS = 500


def search(ledger: Ledger, seed: int, *, alone: bool = False, **changed: Any) -> dict[str, Any]:
    """One search of the example study with some keys changed; ``alone`` without the warm-up of its one training."""
    declared: Declared = parse_yaml(tune_example_text(), "example", "tune")
    for name, value in {"seed": seed, "threads": [1, 2], **changed}.items():
        declared.override("here", (name,), value)
    declared.override("here", ("measure", "idle_s"), 0)
    if alone:
        declared.override("here", ("measure", "warmup_s"), 0)
    study = checked(declared)
    return run_tune(study, declared, ledger)


def main(seeds: int) -> None:
    """Print what the search took and found, and what every batch size takes."""
    print(f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} CPUs", flush=True)
    question = {"trainings": TRAININGS}
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
        search(ledger, 0, question={"trainings": 1})  # start-up of the libraries is paid here
        found = [search(ledger, seed, question=question) for seed in range(1, seeds + 1)]
        sizes = found[0]["space"][1]["values"]
        each: dict[tuple[int, int], list[float]] = {(size, threads): [] for size in sizes for threads in (1, 2)}
        spent_j = 0.0
        for seed in range(1, seeds + 1):
            for size, threads in each:
                one = {"batch_sizes": [size], "threads": [threads], "question": {"trainings": 1}}
                trial = search(ledger, seed, alone=True, **one)["trials"][0]
                spent_j += trial["energy"]["value"]
                if trial["ended"] == "reached":
                    each[size, threads].append(trial["training_energy"]["value"])
    print("joules counted by:", ", ".join(f"{s['channel']} ({s['provenance']})" for s in found[0]["sensors"]))
    for (size, threads), joules in each.items():
        told = f"{np.mean(joules):.3g} J" if joules else "never met the floor"
        print(f"batch {size}, threads {threads}: {told}, met in {len(joules)} of {seeds} trainings")
    everything = spent_j / seeds
    for seed, one in enumerate(found, 1):
        best = one["recommendation"]
        print(
            f"search {seed}: {best['settings'] if best else None}, {one['search_energy']['value']:.3g} J, "
            f"{one['search_energy']['value'] / everything:.0%} of trying everything once; "
            f"{len(one['trials'])} trainings, ended: {one['ended']}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
