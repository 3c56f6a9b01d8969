"""A run of ten million samples: how long its total takes, how much memory writing it takes.

python benchmarks/ledger/ten_million.py [--samples 10000000]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from setsuden.ledger import ChannelRecord, Ledger
from setsuden.ledger.codec import Row
from setsuden.quantity import DEVICE, Provenance

BLOCK = 50  # half a second at 100 Hz


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=10_000_000)
    samples = parser.parse_args().samples
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "ledger.sqlite"
        before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with Ledger.open(path) as ledger:
            run = ledger.start_run("meter", "week", environment={})
            run.add_channels([ChannelRecord("a", "cpu", "CPU", "counter", Provenance.MEASURED, DEVICE, 0.05, "")])
            started = time.perf_counter()
            for first in range(0, samples, BLOCK * 2000):
                with run.transaction():
                    for block in range(first, min(first + BLOCK * 2000, samples), BLOCK):
                        rows: list[Row] = [
                            (k / 100, k / 10, k / 10, k / 10, 10.0) for k in range(block, min(block + BLOCK, samples))
                        ]
                        run.write_samples(0, rows)
            written_s = time.perf_counter() - started
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
        with Ledger.open(path) as ledger:
            started = time.perf_counter()
            (summary,) = ledger.runs()
            total_ms = 1e3 * (time.perf_counter() - started)
            started = time.perf_counter()
            record = ledger.run("last")
            record_ms = 1e3 * (time.perf_counter() - started)
        assert record.sample_count == samples
        assert summary.energy is not None
        print(f"{samples:,} samples, {path.stat().st_size / 1e6:.0f} MB on disk, written in {written_s:.0f} s")
        print(f"memory grew by {grown_mb:.1f} MB while writing")
        print(f"total of the run: {summary.energy.value:,.1f} J in {total_ms:.1f} ms; whole record {record_ms:.1f} ms")


if __name__ == "__main__":
    main()
