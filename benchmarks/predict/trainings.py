"""Small trainings on digits, recorded step by step: wall clock and CPU seconds of this process, evaluations apart.

    python benchmarks/predict/trainings.py development /tmp/traces [--seconds 60]

records one set of ten into a folder, one file each. The two sets share no network with batch size and optimiser;
methods are developed on the first and judged on the second.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from setsuden.predict.listeners import Here
from setsuden.predict.progress import APART
from setsuden.predict.speed import Speeds, reading
from setsuden.workload import zoo
from setsuden.workload.data import Dataset, load
from setsuden.workload.settings import TrainConfig
from setsuden.workload.training import EpochRecord, TrainingSession, train

P = ParamSpec("P")
R = TypeVar("R")
EPOCHS = 60  # at least: with fewer, 2 % of the run would be less than the first epoch


@dataclass(frozen=True, slots=True)
class Training:
    """One training: network of the zoo, batch size, optimiser, samples of digits used."""

    name: str
    batch: int
    optimizer: str
    samples: int = 1437

    @property
    def label(self) -> str:
        return f"{self.name}-{self.batch}-{self.optimizer}"


DEVELOPMENT = (
    Training("mlp", 64, "sgd"),
    Training("small-cnn", 16, "adam"),
    Training("lenet", 128, "adamw"),
    Training("resnet-20", 32, "sgd", 256),
    Training("logistic", 64, "rmsprop"),
    Training("small-cnn", 128, "sgd"),
    Training("depthwise-cnn", 32, "sgd", 512),
    Training("lenet", 48, "sgd"),
    Training("mobilenet", 16, "adam", 128),
    Training("mlp", 256, "adamw"),
)
JUDGED = (
    Training("logistic", 32, "sgd"),
    Training("mlp", 32, "sgd"),
    Training("mlp", 128, "adam"),
    Training("lenet", 32, "sgd"),
    Training("lenet", 64, "adam"),
    Training("small-cnn", 32, "sgd"),
    Training("small-cnn", 64, "adamw"),
    Training("lenet", 16, "rmsprop"),
    Training("logistic", 16, "adam"),
    Training("mlp", 16, "rmsprop"),
)
EARLIER, EARLIER_S = (DEVELOPMENT[0], DEVELOPMENT[7]), 30.0
"""What ran on the machine before, and for how many seconds."""
DENSE_S = 0.005
"""So often the machine's speed is read where steps are to be set against it."""
SETS = {"development": DEVELOPMENT, "judged": JUDGED}


@dataclass(frozen=True, slots=True)
class Trace:
    """Readings of one training, running totals since its begin.

    wall_s, cpu_s   after so many ``steps``; where a step number repeats, an evaluation lies between the two
    load            load average when it ended
    speeds          running totals of the machine's speed and its readings (``setsuden.predict.speed``), 2 x readings
    """

    label: str
    wall_s: npt.NDArray[np.float64]
    cpu_s: npt.NDArray[np.float64]
    steps: npt.NDArray[np.int64]
    per_epoch: int
    load: float
    speeds: npt.NDArray[np.float64]

    @property
    def steps_total(self) -> int:
        return int(self.steps[-1])

    @property
    def speed(self) -> float | None:
        """Mean speed of the machine, pieces of work a second; None in traces that do not tell."""
        return Speeds(float(self.speeds[0, -1]), int(self.speeds[1, -1])).since(Speeds())

    @property
    def epochs(self) -> int:
        return self.steps_total // self.per_epoch

    def thinned(self, least_s: float = 0.02) -> Trace:
        """Readings at least so far apart, evaluations and the first hundred steps kept as they are."""
        kept = [0]
        for i in range(1, len(self.steps)):
            beside = self.steps[i] == self.steps[i - 1] or (
                i + 1 < len(self.steps) and self.steps[i] == self.steps[i + 1]
            )
            if beside or i < 100 or self.wall_s[i] - self.wall_s[kept[-1]] >= least_s:
                kept.append(i)
        if kept[-1] != len(self.steps) - 1:
            kept.append(len(self.steps) - 1)
        return replace(
            self, wall_s=self.wall_s[kept], cpu_s=self.cpu_s[kept], steps=self.steps[kept], speeds=self.speeds[:, kept]
        )

    def save(self, folder: Path) -> None:
        """Differences in microseconds compress well."""
        parts = {
            "wall_us": np.diff(np.round(self.wall_s * 1e6)).astype(np.int32),
            "cpu_us": np.diff(np.round(self.cpu_s * 1e6)).astype(np.int32),
            "steps": np.diff(self.steps).astype(np.int16),
            "speeds": np.diff(self.speeds).astype(np.float32),
        }
        about = np.array([self.per_epoch, self.load])
        np.savez_compressed(folder / f"{self.label}.npz", about=about, **parts)

    @classmethod
    def read(cls, path: Path) -> Trace:
        with np.load(path) as parts:
            wall, cpu, steps = (
                np.concatenate([[0], np.cumsum(parts[key], dtype=np.int64)]) for key in ("wall_us", "cpu_us", "steps")
            )
            told = parts["speeds"] if "speeds" in parts else np.zeros((2, len(steps) - 1))
            speeds = np.concatenate([np.zeros((2, 1)), np.cumsum(told, axis=1, dtype=np.float64)], axis=1)
            about = parts["about"]
            return cls(path.stem, wall / 1e6, cpu / 1e6, steps, int(about[0]), float(about[1]), speeds)


def record(training: Training, seconds: float, most_apart_s: float = Here.most_apart_s) -> Trace:
    """Train to the end, about so many seconds, in a process of its own: what only a first step pays is in it.

    most_apart_s   the machine's speed is read at least so often
    """
    epoch_s = _apart(rehearse, training)
    return _apart(_record, training, max(EPOCHS, round(seconds / epoch_s)), most_apart_s)


def _record(training: Training, epochs: int, most_apart_s: float) -> Trace:
    """An evaluation follows every epoch, as in most trainings."""
    data, shape = _data(training)
    model = zoo.build(training.name, input_shape=shape, num_classes=10)
    readings: list[tuple[float, float, int, float, int]] = []
    started, started_cpu = time.perf_counter(), time.process_time()
    speeds, looked = Speeds(), -math.inf

    def note(step: int) -> None:
        nonlocal speeds, looked
        now = time.perf_counter() - started
        if now - looked >= min(max(APART * now, Here.least_apart_s), most_apart_s):
            speeds, looked = speeds + reading(), now
        readings.append(
            (time.perf_counter() - started, time.process_time() - started_cpu, step, speeds.total, speeds.readings)
        )

    def on_epoch(_: EpochRecord) -> None:
        note(readings[-1][2])

    note(0)
    train(model, data, _config(training, epochs), on_step=lambda step, _: note(step), on_epoch=on_epoch)
    wall, cpu, steps, *told = (np.array(column) for column in zip(*readings, strict=True))
    per_epoch = -(-len(data.x_train) // training.batch)
    return Trace(training.label, wall, cpu, steps, per_epoch, os.getloadavg()[0], np.array(told, dtype=np.float64))


def _config(training: Training, epochs: int) -> TrainConfig:
    return TrainConfig(
        optimizer=training.optimizer,  # type: ignore[arg-type]
        batch_size=training.batch,
        epochs=epochs,
        threads=1,
    )


def rehearse(training: Training) -> float:
    """Seconds of a second epoch."""
    data, shape = _data(training)
    model = zoo.build(training.name, input_shape=shape, num_classes=10)
    with TrainingSession(model, data, _config(training, 2)) as session:
        session.run_steps(session.steps_per_epoch)
        started = time.perf_counter()
        session.run_steps(session.steps_per_epoch)
        session.evaluate()
        return time.perf_counter() - started


def _apart(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        return fresh.submit(work, *args, **kwargs).result()


def _data(training: Training) -> tuple[Dataset, tuple[int, ...]]:
    """Digits as a vector, or as 16 x 16 pixels, the least that these networks take."""
    data = load("digits", seed=0)
    tabular = len(zoo.entry(training.name).input_shape) == 1
    change = (lambda x: x.reshape(len(x), -1)) if tabular else _enlarged
    most = training.samples
    return replace(
        data, x_train=change(data.x_train[:most]), y_train=data.y_train[:most], x_test=change(data.x_test)
    ), ((64,) if tabular else (1, 16, 16))


def _enlarged(images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.repeat(np.repeat(images, 2, axis=2), 2, axis=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=SETS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--thin", action="store_true", help="keep a reading every 20 ms only")
    parser.add_argument("--dense", action="store_true", help="read the machine's speed every 5 ms to the end")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for training in SETS[options.set]:
        trace = record(training, options.seconds, DENSE_S if options.dense else Here.most_apart_s)
        (trace.thinned() if options.thin else trace).save(options.folder)
        print(f"{trace.label}: {trace.steps_total} steps, {trace.epochs} epochs, {trace.wall_s[-1]:.1f} s wall, "
              f"{trace.cpu_s[-1]:.1f} s CPU, load {trace.load:.1f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
