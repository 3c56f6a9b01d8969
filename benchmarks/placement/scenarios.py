"""How long one thousand payloads and rates of ten thousand draws take, and whether they come out the same twice.

    python benchmarks/placement/scenarios.py [--scenarios 1000] [--draws 10000] [--write FILE.md]

The question is the example of ``setsuden place``. Each situation gets the whole decision of one view: probabilities,
regret, runner-up, flips. Both views are timed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import time
from pathlib import Path

import numpy as np

from setsuden.decision import Decision
from setsuden.placement.inference import decide_each
from setsuden.placement.inference.reading import read_example
from setsuden.placement.network import VIEWS, View
from setsuden.quantity import Estimate, Provenance

SEED = 7


def situations(count: int) -> list[tuple[Estimate, Estimate]]:
    rng = np.random.default_rng(SEED)
    return [
        (
            Estimate.exact(float(10 ** rng.uniform(-1, 4)), "kB/request", Provenance.ASSUMED),
            Estimate.exact(float(10 ** rng.uniform(-5, 0)), "request/s", Provenance.ASSUMED),
        )
        for _ in range(count)
    ]


def decide(args: argparse.Namespace, view: View) -> tuple[float, float, list[Decision]]:
    start, cpu_start = time.perf_counter(), time.process_time()
    found = decide_each(read_example(), view, situations(args.scenarios), n=args.draws, seed=SEED)
    return time.perf_counter() - start, time.process_time() - cpu_start, found


def digest(decisions: list[Decision]) -> str:
    return hashlib.sha256(json.dumps([item.to_json() for item in decisions], sort_keys=True).encode()).hexdigest()[:16]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    rows = []
    for view in VIEWS:
        first, second = decide(args, view), decide(args, view)
        same = digest(first[2]) == digest(second[2])
        wall, cpu = (f"{min(first[i], second[i]):.2f}-{max(first[i], second[i]):.2f}" for i in (0, 1))
        rows.append(f"| {view} | {wall} | {cpu} | {'yes' if same else 'NO'} | {digest(first[2])} |")
    text = "\n".join(
        [
            "# Placement: scenarios per second",
            "",
            f"{args.scenarios} payloads and rates x {args.draws} draws, seed {SEED}; "
            f"Python {platform.python_version()}, "
            f"numpy {np.__version__}, {os.cpu_count()} logical cores, {platform.machine()}.",
            "",
            "| view | wall, s (two runs) | CPU, s | same decisions | digest |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )
    print(text)
    if args.write:
        args.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
