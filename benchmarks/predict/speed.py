"""How long an answer takes: one job after import, and a table of 10,000 rows, shipped models alone and with rows.

    python benchmarks/predict/speed.py [TABLE.csv]

TABLE.csv: measured rows to fit on; default: the sample in the tests.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

from setsuden.predict.job import predict, work_of
from setsuden.predict.table import fit
from setsuden.workload.profile import profile

SAMPLE = Path(__file__).parents[2] / "tests/predict/data/networks.csv"


def timed(what: str, call: object, repeats: int = 5) -> None:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()  # type: ignore[operator]
        times.append(time.perf_counter() - start)
    print(f"{what}: median {1e3 * sorted(times)[len(times) // 2]:.1f} ms, first {1e3 * times[0]:.1f} ms")


def main() -> None:
    with Path(sys.argv[1] if len(sys.argv) > 1 else SAMPLE).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    work = work_of(profile("resnet-18", batch_size=1))
    timed("profile of resnet-18 on meta", lambda: profile("resnet-18", batch_size=1))
    timed("one job from a data sheet", lambda: predict(work, "NVIDIA GeForce RTX 3090", samples=1000, batch_size=32))
    table = [dict(rows[i % len(rows)], batch_size=1 + i % 512) for i in range(10_000)]
    alone = fit(None, "seconds_per_unit")
    timed("10,000 rows, shipped models", lambda: alone.predict(table))
    timed("10,000 rows, shipped models, with intervals", lambda: alone.interval(table))
    start = time.perf_counter()
    learned = fit(rows, "seconds_per_unit")
    learned.predict(rows[:1])
    print(f"fit on {len(rows)} rows: {1e3 * (time.perf_counter() - start):.1f} ms")
    timed("10,000 rows, fitted", lambda: learned.predict(table))
    timed("10,000 rows, fitted, with intervals", lambda: learned.interval(table))


if __name__ == "__main__":
    main()
