"""Pages over ten thousand runs: CPU seconds of each, looked at first and again.

python benchmarks/dashboard/many_runs.py [--runs 10000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from setsuden.dashboard import Dashboard, Settings
from setsuden.ledger import ChannelEnergy, ChannelRecord, Ledger, Measurement, Utilisation
from setsuden.quantity import DEVICE, NODE, Estimate, Provenance

WINDOWS, LENGTH_S = 8, 1800.0
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
AGAIN = 3


def write(ledger: Ledger, number: int) -> None:
    """A run of half an hour with its windows of training, one after the other, two samples."""
    begun, begin_s = BEGUN + timedelta(seconds=number * LENGTH_S), 100.0 + number * LENGTH_S
    channel = ChannelRecord("rapl/package-0", "cpu", "CPU", "counter", Provenance.MEASURED, DEVICE, 0.05, "")

    def window(identity: int, parent: int | None, share: float, about: dict[str, object]) -> Measurement:
        gross = Estimate.relative(100 * LENGTH_S * share, 0.05, "J", Provenance.MEASURED, DEVICE)
        part = ChannelEnergy(channel.id, "cpu", "CPU", "counter", gross, gross * 0.4, gross * 0.6, True)
        return Measurement(
            identity, "window", parent, begun.isoformat(), begin_s, LENGTH_S * share, gross.within(NODE),
            (gross * 0.6).within(NODE), (part,), Utilisation(cpu_share=0.5), (), about,
        )  # fmt: skip

    with patch("os.urandom", lambda count: number.to_bytes(count)):  # ids that differ, though thousands a second begin
        run = ledger.start_run(
            "command", f"job_{number % 40}.py", tags=[f"tag{number % 25}"], environment={}, started_at=begun.isoformat()
        )
    run.add_channels([channel])
    run.write_samples(0, [(begin_s + t_s, 100 * t_s, 100 * t_s, 100 * t_s, None) for t_s in (0.0, LENGTH_S)])
    whole = window(1, None, 1.0, {})
    run.close_windows([whole, *(window(2 + k, 1, 1 / WINDOWS, {"phase": "train"}) for k in range(WINDOWS))])
    run.finish(summary=whole)


def cpu_s(dashboard: Dashboard, target: str) -> float:
    """Process CPU seconds of one page."""
    started = time.process_time()
    assert dashboard.reply("GET", target, "localhost").status == 200
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "ledger.sqlite"
        with Ledger.open(file) as ledger, ledger.transaction():
            for number in range(runs):
                write(ledger, number)
        dashboard = Dashboard(Settings(ledger=file, site="FR"))
        print(f"{runs:,} runs of {WINDOWS} windows")
        for target in ("/", "/?period=30d", "/runs", "/runs?q=job_3&sort=energy&page=9", "/run/last", "/home.json"):
            first = cpu_s(dashboard, target)
            again = min(cpu_s(dashboard, target) for _ in range(AGAIN))
            print(f"{target:<36} at first {first:.2f} s, again {again:.2f} s of CPU time")


if __name__ == "__main__":
    main()
