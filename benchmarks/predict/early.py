"""Ten trainings on this machine: the forecast from 2 % of the run after warm-up against the first epoch times epochs.

    python benchmarks/predict/early.py [--seconds 15] [--out benchmarks/predict/early.json]

Each training runs to its end; its steps are recorded (wall time and CPU seconds of this process, which is what a
utilisation model of a processor turns into joules) and the forecasts are read off the same record afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path

import numpy as np

from setsuden.predict.early import EarlyForecast
from setsuden.workload import zoo
from setsuden.workload.data import load
from setsuden.workload.settings import TrainConfig
from setsuden.workload.training import TrainingSession

# name, batch, optimiser
RUNS = (
    ("logistic", 32, "sgd"),
    ("mlp", 32, "sgd"),
    ("mlp", 128, "adam"),
    ("lenet", 32, "sgd"),
    ("lenet", 64, "adam"),
    ("small-cnn", 32, "sgd"),
    ("small-cnn", 64, "adamw"),
    ("lenet", 16, "rmsprop"),
    ("logistic", 16, "adam"),
    ("mlp", 16, "rmsprop"),
)
WATTS = 1.0  # joules below are CPU seconds times this; a constant drops out of relative errors
SHARE = 0.02
EPOCHS = 50  # at least: fewer, and 2 % of the run would be less than the first epoch


def record(name: str, batch: int, optimizer: str, seconds: float) -> dict[str, list[float]]:
    entry = zoo.entry(name)
    tabular = len(entry.input_shape) == 1
    data = load("digits", seed=0)
    shape = (64,) if tabular else (1, 16, 16)
    if not tabular:
        data = data.__class__(**{**_fields(data), "x_train": _enlarged(data.x_train), "x_test": _enlarged(data.x_test)})
    else:
        data = data.__class__(**{**_fields(data), "x_train": data.x_train.reshape(len(data.x_train), -1),
                                 "x_test": data.x_test.reshape(len(data.x_test), -1)})  # fmt: skip
    model = zoo.build(name, input_shape=shape, num_classes=10)
    config = TrainConfig(optimizer=optimizer, batch_size=batch, epochs=1, threads=1)  # type: ignore[arg-type]
    times, cpu = [time.perf_counter()], [time.process_time()]

    def on_step(_: int, __: float) -> None:
        times.append(time.perf_counter())
        cpu.append(time.process_time())

    with TrainingSession(model, data, config, on_step=on_step) as session:
        per_epoch = session.steps_per_epoch
        session.run_steps(per_epoch)
        epoch_s = times[-1] - times[0]
        epochs = max(EPOCHS, round(seconds / epoch_s))
        session.run_steps(per_epoch * (epochs - 1))
    return {
        "times": [t - times[0] for t in times],
        "cpu": [c - cpu[0] for c in cpu],
        "per_epoch": [per_epoch],
        "epochs": [epochs],
    }


def _enlarged(images: np.ndarray) -> np.ndarray:
    """8 x 8 pixels as 16 x 16, the least these networks take."""
    return np.repeat(np.repeat(images, 2, axis=2), 2, axis=3)


def _fields(data: object) -> dict[str, object]:
    return {name: getattr(data, name) for name in data.__dataclass_fields__}  # type: ignore[attr-defined]


def judged(trace: dict[str, list[float]]) -> dict[str, float | int | bool]:
    times, cpu = trace["times"], trace["cpu"]
    per_epoch, epochs = int(trace["per_epoch"][0]), int(trace["epochs"][0])
    total = len(times) - 1
    forecast = EarlyForecast(total)
    at = total
    for step, (t, c) in enumerate(zip(times, cpu, strict=True)):
        forecast.observe(t, WATTS * c, step)
        if forecast.ready and step - forecast.warm_up_steps >= SHARE * total:
            at = step
            break
    wall, joules = forecast.total_time(), forecast.total_energy()
    assert wall is not None
    assert joules is not None
    return {
        "steps": total,
        "seconds": round(times[-1], 2),
        "read_at_share": round(at / total, 4),
        "warm_up_steps": forecast.warm_up_steps,
        "time_error": round(wall.value / times[-1] - 1, 4),
        "time_covered": wall.low <= times[-1] <= wall.high,
        "energy_error": round(joules.value / (WATTS * cpu[-1]) - 1, 4),
        "energy_covered": joules.low <= WATTS * cpu[-1] <= joules.high,
        "first_epoch_time_error": round(times[per_epoch] * epochs / times[-1] - 1, 4),
        "first_epoch_energy_error": round(cpu[per_epoch] * epochs / cpu[-1] - 1, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    options = parser.parse_args()
    rows = []
    for name, batch, optimizer in RUNS:
        row: dict[str, object] = {"model": name, "batch_size": batch, "optimizer": optimizer}
        row |= judged(record(name, batch, optimizer, options.seconds))
        row["load_average"] = round(os.getloadavg()[0], 1)
        rows.append(row)
        print(row, flush=True)
    summary = {
        key: {
            "median": statistics.median(abs(float(row[key])) for row in rows),  # type: ignore[arg-type]
            "worst": max(abs(float(row[key])) for row in rows),  # type: ignore[arg-type]
        }
        for key in ("time_error", "energy_error", "first_epoch_time_error", "first_epoch_energy_error")
    }
    print(json.dumps(summary, indent=1))
    options.out.write_text(
        json.dumps({"cpus": os.cpu_count(), "runs": rows, "summary": summary}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
