"""Kill a metered program at random moments: does every run open, how much is lost, does anything stay behind?

python benchmarks/meter/kill.py [--kills 100] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from setsuden.ledger import Ledger

PROGRAM = """
import sys
from setsuden.meter import Meter
with Meter(sys.argv[1]) as meter:
    print("ready", flush=True)
    while True:
        with meter.window("step"):
            sum(range(100_000))
"""


def kill_one(name: str, after_s: float) -> tuple[float, float]:
    """Start, kill after a while; returns seconds from the start to the kill and its moment on the elapsed clock."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, name], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline()
    started_s = time.monotonic()
    time.sleep(after_s)
    killed_s = time.monotonic()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return killed_s - started_s, killed_s


def left_behind(folder: str) -> int:
    """Processes that still have the ledger of this benchmark open."""
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                links = [os.readlink(link) for link in (entry / "fd").iterdir()]
            except OSError:
                continue
            count += any(link.startswith(folder) for link in links)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SETSUDEN_LEDGER"] = f"{folder}/ledger.sqlite"
        killed = {str(k): kill_one(str(k), rng.uniform(0.0, 1.5)) for k in range(options.kills)}
        lost: list[float] = []
        found: set[str] = set()
        with Ledger.open() as ledger:
            for summary in ledger.runs():
                record = ledger.run(summary.id)
                assert record.status == "cut off", record.status
                found.add(record.name)
                after_s, killed_s = killed[record.name]
                last_s = [float(t_s) for channel in record.channels for t_s in record.samples(channel.id).t_s[-1:]]
                lost.append(killed_s - max(last_s) if last_s else after_s)
        lost.sort()
        behind = left_behind(folder)
        print(f"{options.kills} kills: {len(found)} runs opened as cut off, processes left behind: {behind}")
        early = [after_s for name, (after_s, _) in killed.items() if name not in found]
        if early:
            print(f"killed before there was a run: {len(early)}, at most {1e3 * max(early):.0f} ms after the start")
        print(f"seconds lost: median {lost[len(lost) // 2]:.3f}, largest {lost[-1]:.3f}")


if __name__ == "__main__":
    main()
