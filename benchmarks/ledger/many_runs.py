"""A sum over ten thousand runs: how long it takes beside the bare list, apart in time and as ranks of eight.

python benchmarks/ledger/many_runs.py [--runs 10000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest.mock import patch

from setsuden.ledger import ChannelEnergy, ChannelRecord, Ledger, Measurement, Utilisation
from setsuden.quantity import DEVICE, Estimate, Provenance, total

RANKS, TURNS = 8, 5
CHANNELS = (("rapl/package-0", "cpu"), ("rapl/dram-0", "dram"), ("nvml/GPU-{rank}", "gpu"))
LENGTH_S = 60.0


def write(ledger: Ledger, number: int, begin_s: float, rank: int) -> None:
    """A run of a minute at 50 W a channel, a sample a second."""
    gross = Estimate.relative(50 * LENGTH_S, 0.05, "J", Provenance.MEASURED, DEVICE)
    names = [(name.format(rank=rank), component) for name, component in CHANNELS]
    records = [
        ChannelRecord(name, component, name, "counter", Provenance.MEASURED, DEVICE, 0.05, "")
        for name, component in names
    ]
    parts = tuple(ChannelEnergy(name, component, name, "counter", gross, None, None, True) for name, component in names)
    found = Measurement(
        1, f"run {number}", None, "2026-01-01T00:00:00+00:00", begin_s, LENGTH_S, total([gross] * 3), None, parts,
        Utilisation(),
    )  # fmt: skip
    with patch("os.urandom", lambda count: number.to_bytes(count)):  # ids that differ, though thousands a second begin
        run = ledger.start_run("meter", "run", tags=["t"], environment={})
    run.add_channels(records)
    rows = [(t_s, 50 * t_s, 50 * t_s, 50 * t_s, None) for t_s in (begin_s + second for second in range(61))]
    run.write_blocks([(position, rows, ()) for position in range(len(names))])
    run.finish(summary=found)


def cpu_s(work: Callable[[], object]) -> float:
    """Process CPU seconds of one call."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    for said, ranks in (("one after the other", 1), (f"ranks of {RANKS}", RANKS)):
        with tempfile.TemporaryDirectory() as scratch, Ledger.open(Path(scratch) / "ledger.sqlite") as ledger:
            with ledger.transaction():
                for number in range(runs):
                    write(ledger, number, 100.0 * (number // ranks) + 0.2 * (number % ranks), number % ranks)

            def listed(ledger: Ledger = ledger) -> object:
                return total(run.energy for run in ledger.runs(tag="t") if run.energy is not None)

            def summed(ledger: Ledger = ledger) -> object:
                return ledger.total(tag="t").energy

            turns = [(cpu_s(listed), cpu_s(summed)) for _ in range(TURNS)]
            bare, once = (median(column) for column in zip(*turns, strict=True))
            print(
                f"{runs:,} runs {said}: listed and added {bare:.2f} s, each joule once {once:.2f} s of CPU time "
                f"(ratio {median(b / a for a, b in turns):.2f})"
            )


if __name__ == "__main__":
    main()
