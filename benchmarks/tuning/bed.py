"""A test bed for tuning: recorded joules and seconds of an epoch, and recorded epochs to a target, drawn as if run now.

    beds = load(folder)        from zeus_training_power.csv and zeus_training_epochs.csv
    beds = (synthetic(),)      a made-up bed of the same structure, for tests

A training draws one of the recorded repeats of its batch size. Each power limit is timed for five seconds of the
training itself the first time a batch size runs (Zeus, section 4.2), so it costs what the worse limits draw too much.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PROFILE_S = 5.0
# Target and default batch size of each workload: table 1 of You, Chung, Chowdhury (NSDI 2023).
TARGETS = {"cifar100": (0.60, 1024.0), "imagenet": (0.65, 256.0), "librispeech": (40.0, 192.0)}
# Easier targets, never looked at while the constants of the surrogate were chosen.
OTHER_TARGETS = {"cifar100": (0.50, 1024.0), "imagenet": (0.55, 256.0), "librispeech": (50.0, 192.0)}


@dataclass(frozen=True)
class Cell:
    """One batch size under one power limit."""

    epoch_j: float
    epoch_s: float
    power_w: float


@dataclass(frozen=True)
class Run:
    """One simulated training: epochs done, whether the target was met, joules and seconds."""

    epochs: float
    reached: bool
    energy_j: float
    seconds: float


@dataclass(frozen=True)
class Bed:
    """One workload on one device.

    epochs   batch size -> epochs to the target of every recorded repeat, None where it was never met
    cap      epochs after which a training is given up in any case: the longest that met any target of the workload
    """

    name: str
    device: str
    cells: Mapping[tuple[float, float], Cell]
    epochs: Mapping[float, Sequence[float | None]]
    cap: float
    default: float
    max_power_w: float

    @property
    def sizes(self) -> list[float]:
        return sorted(self.epochs)

    @property
    def limits(self) -> list[float]:
        return sorted({limit for _, limit in self.cells})

    def expected_epochs(self, size: float) -> float:
        """Epochs until the target is met, failed attempts included; inf where it never is."""
        runs = self.epochs[size]
        met = sum(run is not None for run in runs)
        return sum(self.cap if run is None else run for run in runs) / met if met else float("inf")

    def expected_j(self, size: float, limit: float) -> float:
        return self.expected_epochs(size) * self.cells[size, limit].epoch_j

    def best(self) -> tuple[float, float, float]:
        """(joules, batch size, power limit) of the cheapest configuration."""
        return min((self.expected_j(size, limit), size, limit) for size, limit in self.cells)

    def draw(self, size: float, rng: np.random.Generator) -> float | None:
        runs = self.epochs[size]
        return runs[int(rng.integers(len(runs)))]

    def price(self, cell: Cell, eta: float) -> float:
        """Cost of an epoch: eta x joules + (1 - eta) x highest power x seconds."""
        return eta * cell.epoch_j + (1 - eta) * self.max_power_w * cell.epoch_s

    def best_limit(self, size: float, eta: float = 1.0) -> float:
        return min(self.limits, key=lambda limit: self.price(self.cells[size, limit], eta))

    def train(
        self,
        size: float,
        rng: np.random.Generator,
        *,
        limit: float | None = None,
        profile: bool = False,
        give_up: float | None = None,
        eta: float = 1.0,
    ) -> Run:
        """A training to the target at one limit, or at the best; ``give_up`` is a bound on its cost."""
        wanted = self.draw(size, rng)
        epochs = self.cap if wanted is None else wanted
        plan = [(own, PROFILE_S / self.cells[size, own].epoch_s) for own in self.limits] if profile else []
        plan.append((self.best_limit(size, eta) if limit is None else limit, float("inf")))
        done = energy = seconds = cost = 0.0
        for own, most in plan:
            cell = self.cells[size, own]
            step = min(most, epochs - done)
            if give_up is not None:
                step = min(step, max(0.0, give_up - cost) / self.price(cell, eta))
            done += step
            energy += step * cell.epoch_j
            seconds += step * cell.epoch_s
            cost += step * self.price(cell, eta)
        return Run(done, wanted is not None and done >= epochs - 1e-9, energy, seconds)


def load(folder: Path, targets: Mapping[str, tuple[float, float]] = TARGETS) -> tuple[Bed, ...]:
    """Every workload and device of the published tables for which epochs to the target are recorded."""
    cells: dict[tuple[str, str, str], dict[tuple[float, float], Cell]] = defaultdict(dict)
    power: dict[tuple[str, str, str], float] = {}
    with (folder / "zeus_training_power.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (row["task"], json.loads(row["extra"])["optimizer"], row["device"])
            cell = Cell(float(row["energy_j"]), float(row["latency_ms"]) / 1e3, float(row["power_w"]))
            cells[key][float(row["batch_size"]), float(row["power_limit_w"])] = cell
            power[key] = float(row["device_tdp_w"])
    epochs: dict[tuple[str, str], dict[float, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    longest: dict[str, float] = defaultdict(float)
    with (folder / "zeus_training_epochs.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            told = float(row["target_epoch"]) if row["target_epoch"] else None
            longest[row["dataset"]] = max(longest[row["dataset"]], told or 0.0)
            if float(row["target_metric"]) == targets[row["dataset"]][0]:
                epochs[row["dataset"], row["optimizer"]][float(row["batch_size"])].append(told)
    found = []
    for (task, optimizer, device), table in cells.items():
        sizes = {size for size, _ in table} & set(epochs[task, optimizer])
        if not sizes:
            continue
        own = {key: cell for key, cell in table.items() if key[0] in sizes}
        runs = {size: epochs[task, optimizer][size] for size in sizes}
        converged = [size for size in sizes if any(run is not None for run in runs[size])]
        default = max((size for size in converged if size <= targets[task][1]), default=min(converged))
        found.append(Bed(task, device, own, runs, longest[task], default, power[task, optimizer, device]))
    return tuple(found)


def synthetic(sizes: int = 8, seed: int = 0) -> Bed:
    """A bed that owes nothing to a measurement: a valley along the batch size, another along the power limit."""
    rng = np.random.default_rng(seed)
    cells: dict[tuple[float, float], Cell] = {}
    epochs: dict[float, list[float | None]] = {}
    for k in range(sizes):
        size = float(8 * 2**k)
        needed = 12 * (1 + size / 200) * (1 + 8 / size)
        epochs[size] = [float(np.ceil(needed * rng.normal(1.0, 0.06))) for _ in range(5)]
        for limit in (100.0, 150.0, 200.0, 250.0):
            drawn = min(limit, 90 + 25 * k)
            seconds = 60 * (0.3 + 20 / size) * (1 + max(0.0, 90 + 25 * k - limit) / 200) ** 1.4
            cells[size, limit] = Cell(drawn * seconds, seconds, drawn)
    epochs[float(8 * 2 ** (sizes - 1))] = [None, None, None]
    return Bed("synthetic", "made up", cells, epochs, 150.0, 512.0 if sizes > 7 else float(8 * 2 ** (sizes - 2)), 250.0)
