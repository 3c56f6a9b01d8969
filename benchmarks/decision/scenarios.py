"""How long one thousand scenarios of ten thousand draws take, and whether they come out the same twice.

    python benchmarks/decision/scenarios.py [--scenarios 1000] [--draws 10000] [--options 12] [--write FILE.md]

A scenario is a number of requests, a number of trainings and an accuracy floor. Each gets the whole decision: front by
best figures and by chance, probability of being best, expected regret, runner-up and everything that flips it; with
``--information`` also the worth of measuring more.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np

from setsuden.decision import Composite, Constraint, Decision, Objective, Option, Part, recommend_each
from setsuden.quantity import NODE, Estimate, Provenance

SEED = 7


def options(count: int) -> list[Option]:
    """Models of growing accuracy and cost, with measured spreads of 2 to 30 %."""
    rng = np.random.default_rng(SEED)
    made = []
    for i in range(count):
        train, serve = 1e4 * 1.6**i * rng.uniform(0.5, 2), 1e-3 * 1.5**i * rng.uniform(0.5, 2)
        spread = rng.uniform(0.02, 0.3)
        energy = Composite(
            (
                Part(Estimate.relative(train, spread, "J", Provenance.MEASURED, NODE), "trainings", f"train {i}"),
                Part(
                    Estimate.relative(serve, spread, "J/request", Provenance.MEASURED, NODE), "requests", f"serve {i}"
                ),
            )
        )
        accuracy = Estimate.relative(0.80 + 0.015 * i, 0.01, "1", Provenance.MEASURED)
        latency = Estimate.relative(2.0 + i, 0.05, "ms", Provenance.MEASURED)
        made.append(Option(f"model {i:02d}", {"energy": energy, "accuracy": accuracy, "latency": latency}))
    return made


def scenarios(count: int) -> list[tuple[dict[str, Estimate], list[Constraint]]]:
    rng = np.random.default_rng(SEED)
    return [
        (
            {
                "requests": Estimate.exact(float(10 ** rng.uniform(3, 10)), "request", Provenance.ASSUMED),
                "trainings": Estimate.exact(float(rng.integers(1, 20)), "1", Provenance.ASSUMED),
            },
            [
                Constraint("accuracy", float(rng.uniform(0.78, 0.95)), "at_least"),
                Constraint("latency", float(rng.uniform(4, 20)), "at_most"),
            ],
        )
        for _ in range(count)
    ]


def decide(args: argparse.Namespace) -> tuple[float, float, list[Decision]]:
    start, cpu_start = time.perf_counter(), time.process_time()
    found = recommend_each(
        options(args.options),
        Objective("energy"),
        scenarios(args.scenarios),
        shared_relative_error={"energy": 0.02},
        n=args.draws,
        seed=SEED,
        information=args.information,
    )
    return time.perf_counter() - start, time.process_time() - cpu_start, found


def fingerprint(decisions: list[Decision]) -> str:
    digest = hashlib.sha256()
    for decision in decisions:
        digest.update(json.dumps(decision.to_json(), sort_keys=True).encode())
    return digest.hexdigest()[:16]


def machine() -> str:
    names = [line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    cpu = names[0] if names else platform.processor()
    return f"{cpu}, {os.cpu_count()} logical cores, Python {platform.python_version()}, numpy {np.__version__}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenarios", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--options", type=int, default=12)
    parser.add_argument("--information", action="store_true")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    runs = [decide(args) for _ in range(args.repeats)]
    prints = {fingerprint(decisions) for _, _, decisions in runs}
    times = ", ".join(f"{seconds:.2f} s ({cpu:.2f} s of processor time)" for seconds, cpu, _ in runs)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    text = "\n".join(
        [
            f"- {args.scenarios} scenarios x {args.draws} draws, {args.options} options, three metrics"
            + (", with the worth of measuring more" if args.information else ""),
            f"- time: {times}",
            f"- fingerprint of all decisions, per run: {', '.join(sorted(prints))}"
            + (" (identical)" if len(prints) == 1 else " (NOT identical)"),
            f"- machine: {machine()}; load average {load}",
            f"- command: OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')} python {' '.join(sys.argv)}",
        ]
    )
    print(text)
    if args.write:
        args.write.write_text(f"# A thousand scenarios\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
