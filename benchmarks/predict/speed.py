"""How long an answer takes: one job after import, and a table of 10,000 rows, shipped models alone and with rows.

    OMP_NUM_THREADS=1 python benchmarks/predict/speed.py [TABLE.csv]

TABLE.csv: measured rows, every second of which is fitted on; default: the sample in the tests. Seconds are those of the
processor, so that a busy machine tells the same; with one thread they are also those of the clock on a quiet one. The
first answer of a fitted predictor holds the covariance of the rows that answer it.
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
        start = time.process_time()
        call()  # type: ignore[operator]
        times.append(time.process_time() - start)
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
    start = time.process_time()
    learned = fit(rows[::2], "seconds_per_unit")
    print(f"fit on {len(learned.rows)} rows: {1e3 * (time.process_time() - start):.1f} ms")
    timed("10,000 rows, fitted", lambda: learned.predict(table))
    timed("10,000 rows, fitted, with intervals", lambda: learned.interval(table))


if __name__ == "__main__":
    main()
