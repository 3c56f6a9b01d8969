"""How far forecasts of a pilot are from what the longer training really drew, and how often the interval held it.

A pilot measures a few configurations as `setsuden pilot` does; then each is really trained for much longer under the
same meter, in another random order. The sensor is the same on both sides, so its systematic error cancels and is taken
out of the interval: what is tested is scatter and drift. Beside it stands the simplest forecast: the first
window alone.

Run: python benchmarks/forecast/run.py [--seconds 30] [--out benchmarks/forecast/results.json]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import sys
from pathlib import Path
from typing import Any

from setsuden.ledger import Ledger
from setsuden.meter import Meter
from setsuden.quantity import Estimate
from setsuden.sensors import SystemClock
from setsuden.study import Surroundings, checked, parse_yaml, run_pilot
from setsuden.study.forecast import systematic
from setsuden.study.plan import configurations
from setsuden.study.record import known_energy
from setsuden.study.torch_workshop import TorchWorkshop

STUDY = """\
name: forecast-benchmark
models: [logistic, mlp, lenet, small-cnn, depthwise-cnn]
batch_sizes: [16, 256]
phases: [train]
quality: {time_share: 0}
measure: {minutes: 3, max_repeats: 3, idle_s: 1}
question: {epochs: 1}
"""


def interval_without_sensor(item: dict[str, Any]) -> tuple[float, float]:
    """Shares by which the forecast may be off for scatter and drift alone, downwards and upwards."""
    energy = Estimate.from_json(item["forecast"]["energy"])
    sensor = systematic([Estimate.from_json(repeat["energy"]) for repeat in item["repeats"]])
    up = energy.high / energy.value - 1
    rest = math.sqrt(max(0.0, up**2 - sensor.up**2))
    return min(1.0, rest), rest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each full training")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results.json"))
    asked = parser.parse_args()
    declared = parse_yaml(STUDY, "benchmark")
    study = checked(declared)
    clock = SystemClock()
    rows: list[dict[str, Any]] = []
    load_before = os.getloadavg()
    with Ledger.open(asked.out.with_suffix(".sqlite")) as ledger:
        document = run_pilot(study, declared, ledger, surroundings=Surroundings(clock=clock))
        measured = {item["id"]: item for item in document["configurations"]}
        workshop = TorchWorkshop.of(study, declared, clock.elapsed)
        order = list(configurations(study))
        random.Random(20).shuffle(order)
        with Meter("forecast-benchmark-full", ledger=ledger, idle_s=0, clock=clock) as meter:
            for configuration in order:
                task = workshop.task(configuration, 0)
                task.work(study.measure.warmup_s)
                with meter.window(configuration.id) as window:
                    work = task.work(asked.seconds)
                task.close()
                assert window.measurement is not None
                rows.append(compared(measured[configuration.id], window.measurement, work.samples))
                print(json.dumps(rows[-1]), file=sys.stderr)
    asked.out.with_suffix(".sqlite").unlink(missing_ok=True)
    result = {
        "what": __doc__.splitlines()[0],
        "pilot_windows": "3 of 1 s each",
        "full_run_s": asked.seconds,
        "load_average_before": load_before,
        "load_average_after": os.getloadavg(),
        "machine": document["machine"]["cpu"],
        "measured_share": document["machine"]["measured_share"],
        "rows": rows,
        "summary": summary(rows),
    }
    asked.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result["summary"], indent=1))


def compared(item: dict[str, Any], full: Any, samples: int) -> dict[str, Any]:
    """Forecast against truth for one configuration; errors are signed shares of the truth."""
    truth_j = known_energy(full).value / samples
    truth_s = full.duration_s / samples
    forecast_j = item["forecast"]["energy"]["value"] / item["forecast"]["samples"]
    forecast_s = item["forecast"]["duration"]["value"] / item["forecast"]["samples"]
    time = Estimate.from_json(item["forecast"]["duration"])
    first = item["repeats"][0]
    down, up = interval_without_sensor(item)
    return {
        "id": item["id"],
        "samples": samples,
        "energy_error": forecast_j / truth_j - 1,
        "time_error": forecast_s / truth_s - 1,
        "first_window_error": first["energy"]["value"] / first["samples"] / truth_j - 1,
        "interval_down": down,
        "interval_up": up,
        "energy_covered": forecast_j * (1 - down) <= truth_j <= forecast_j * (1 + up),
        "time_covered": time.low <= truth_s * item["forecast"]["samples"] <= time.high,
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Median and largest absolute error, and the share of intervals that held the truth."""
    found: dict[str, Any] = {"configurations": len(rows)}
    for key in ("energy_error", "time_error", "first_window_error"):
        sizes = [abs(row[key]) for row in rows]
        found[key] = {"median": statistics.median(sizes), "largest": max(sizes)}
    for key in ("energy_covered", "time_covered"):
        found[key] = sum(row[key] for row in rows) / len(rows)
    found["median_interval_up"] = statistics.median(row["interval_up"] for row in rows)
    return found


if __name__ == "__main__":
    main()
