"""Run the benchmarks that need nothing but this package, one after the other, and say where each leaves its table.

    python benchmarks/run_all.py            all of them
    python benchmarks/run_all.py meter      those whose path contains "meter"

Figures are only worth keeping from a quiet machine; the load is printed first. Comparisons with other tools need those
tools and are started by hand, see the page that shows their table.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = (
    "campaign/million.py",
    "dashboard/many_runs.py",
    "decision/scenarios.py",
    "federated/price.py",
    "federated/simulate.py",
    "forecast/run.py",
    "ledger/many_runs.py",
    "ledger/team.py",
    "ledger/ten_million.py",
    "meter/kill.py",
    "meter/overhead.py",
    "placement/scenarios.py",
    "predict/early.py",
    "profilers/run.py",
)


def main(only: str) -> int:
    """Exit code 0 when every script that was asked for ended well."""
    print(f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} CPUs", flush=True)
    failed = []
    for script in (name for name in SCRIPTS if only in name):
        print(f"\n== benchmarks/{script}", flush=True)
        if subprocess.run([sys.executable, str(HERE / script)], check=False).returncode:
            failed.append(script)
    print("\nfailed: " + ", ".join(failed) if failed else "\nall ran")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
