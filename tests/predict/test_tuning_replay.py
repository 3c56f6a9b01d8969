"""Searches replayed on a made-up bed of the structure of the Zeus measurements, which are not shipped."""

from __future__ import annotations

import csv
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "tuning"


@pytest.fixture(scope="module")
def modules() -> Iterator[tuple[ModuleType, ModuleType, ModuleType]]:
    sys.path.insert(0, str(FOLDER))
    names = ("bed", "policies", "replay")
    yield tuple(importlib.import_module(name) for name in names)  # type: ignore[misc]
    sys.path.remove(str(FOLDER))
    for name in names:
        sys.modules.pop(name)


def test_a_training_is_the_sum_of_its_epochs_wherever_its_power_limits_were_timed(modules) -> None:
    bed = modules[0].synthetic()
    plain = bed.train(64.0, np.random.default_rng(3), limit=150.0)
    timed = bed.train(64.0, np.random.default_rng(3), profile=True)
    assert plain.epochs == timed.epochs
    assert plain.energy_j == pytest.approx(plain.epochs * bed.cells[64.0, 150.0].epoch_j)
    best = bed.cells[64.0, bed.best_limit(64.0)]
    worst = max(bed.cells[64.0, limit].power_w for limit in bed.limits) * modules[0].PROFILE_S * len(bed.limits)
    assert timed.epochs * best.epoch_j <= timed.energy_j <= timed.epochs * best.epoch_j + worst


def test_a_training_is_given_up_at_its_limit_and_no_later(modules) -> None:
    bed = modules[0].synthetic()
    run = bed.train(64.0, np.random.default_rng(0), profile=True, give_up=5000.0)
    assert not run.reached
    assert run.energy_j == pytest.approx(5000.0)


def test_a_size_that_never_converges_costs_the_cap_and_is_never_chosen(modules) -> None:
    beds, policies, _ = modules
    bed = beds.synthetic()
    hopeless = max(bed.sizes)
    assert bed.expected_epochs(hopeless) == np.inf
    for search in (policies.each_size_once, policies.zeus, policies.ours):
        assert search(bed, np.random.default_rng(0)).size not in (None, hopeless)


def test_the_cheapest_is_found_within_a_twentieth_for_less_than_half_of_exhaustive(modules) -> None:
    beds, policies, replay = modules
    for seed in range(3):
        bed = beds.synthetic(seed=seed)
        found = [policies.ours(bed, np.random.default_rng(s)) for s in range(10)]
        everything = policies.exhaustive(bed, np.random.default_rng(seed)).energy_j
        assert np.mean([replay.regret(bed, one) <= 0.05 for one in found]) >= 0.8
        assert np.mean([one.energy_j for one in found]) < 0.5 * everything


def test_zeus_explores_twice_prunes_what_failed_and_then_settles_on_a_cheap_arm(modules) -> None:
    beds, policies, replay = modules
    bed = beds.synthetic()
    explored = policies.zeus(bed, np.random.default_rng(0))
    assert explored.trainings <= 2 * len(bed.sizes)
    long = policies.zeus(bed, np.random.default_rng(0), recurrences=60)
    assert long.trainings == 60
    assert replay.regret(bed, long) <= 0.1
    # With time weighed alone, the policy takes a higher power limit than with energy alone.
    assert bed.best_limit(64.0, 0.0) > bed.best_limit(64.0, 1.0)


def test_every_search_is_compared_over_the_same_seeds_and_told_in_one_table(modules) -> None:
    beds, _, replay = modules
    bed = beds.synthetic()
    found = replay.compare(bed, 2)
    lines = [*replay.rows(bed, found), *replay.summary([bed], [found])]
    assert all(line.startswith("|") and "nan" not in line for line in lines)
    assert len(replay.rows(bed, found)) == len(found) == 6


def test_beds_are_read_from_tables_of_the_published_form(modules, tmp_path: Path) -> None:
    with (tmp_path / "zeus_training_power.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("task", "batch_size", "device", "device_tdp_w", "power_limit_w", "latency_ms", "energy_j",
                        "power_w", "extra"))  # fmt: skip
        for size in (512, 1024):
            for limit in (100, 200):
                extra = json.dumps({"optimizer": "adadelta"})
                table.writerow(("cifar100", size, "card", 250, limit, 2000, 10 * limit, limit / 2, extra))
    with (tmp_path / "zeus_training_epochs.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("dataset", "batch_size", "optimizer", "target_metric", "target_epoch"))
        table.writerows([("cifar100", 512, "adadelta", 0.6, 5), ("cifar100", 1024, "adadelta", 0.6, ""),
                         ("cifar100", 1024, "adadelta", 0.6, 20), ("cifar100", 512, "adadelta", 0.5, 40)])  # fmt: skip
    (bed,) = modules[0].load(tmp_path)
    assert (bed.sizes, bed.limits, bed.cap, bed.default) == ([512.0, 1024.0], [100.0, 200.0], 40.0, 1024.0)
    assert bed.expected_epochs(1024.0) == 60.0
    assert bed.best() == (5000.0, 512.0, 100.0)
