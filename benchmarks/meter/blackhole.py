"""Commands on a network that swallows every packet, beside the same with no network at all.

    sudo python benchmarks/meter/blackhole.py [--repeats 7]

Both run in a network namespace of their own (``unshare -n``, hence root). One has nothing but a loopback that is down,
so that every look-up fails at once. In the other the default route leads back into the machine, which drops what is not
for it, and the name server lies there: everything that asks waits for its time-out. The last row asks on purpose, to
show that it does.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CLOSED = 'exec "$@"'
SWALLOWED = """set -e
ip link set lo up; ip addr add 198.51.100.1/32 dev lo; ip route add default dev lo src 198.51.100.1
mount --bind "$RESOLV" /etc/resolv.conf; exec "$@"
"""
SETSUDEN = [sys.executable, "-m", "setsuden"]
LOOK_UP = """
import socket
try:
    socket.create_connection(("example.org", 80), timeout=2)
except OSError:
    pass
"""
CLOCK = """
import subprocess, sys, time
begun = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - begun)
"""
COMMANDS = {
    "a meter": [sys.executable, "-c", "import setsuden\nwith setsuden.meter('x'): pass"],
    "run -- true": [*SETSUDEN, "run", "--", "true"],
    "watch --count 1": [*SETSUDEN, "watch", "--count", "1", "--interval", "0.05"],
    "doctor": [*SETSUDEN, "doctor"],
    "show last": [*SETSUDEN, "show", "last"],
    "footprint": [*SETSUDEN, "footprint", "--kwh", "1", "--site", "JP"],
    "(a look-up, for comparison)": [sys.executable, "-c", LOOK_UP],
}


def seconds(setting: str, command: list[str], env: dict[str, str]) -> float:
    """Wall time of a command inside, without the time that the namespace takes."""
    inside = ["unshare", "-n", "-m", "sh", "-c", setting, "sh", sys.executable, "-c", CLOCK, *command]
    return float(subprocess.run(inside, env=env, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    print("| command | no network s | packets swallowed s | difference ms |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        resolv = Path(folder) / "resolv.conf"
        resolv.write_text("nameserver 198.51.100.53\n")
        env = dict(os.environ, SETSUDEN_LEDGER=f"{folder}/ledger.sqlite", RESOLV=str(resolv))
        for name, command in COMMANDS.items():
            seconds(CLOSED, command, env)
            pairs = [(seconds(CLOSED, command, env), seconds(SWALLOWED, command, env)) for _ in range(options.repeats)]
            apart = statistics.median(after - before for before, after in pairs)
            closed, swallowed = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"| {name} | {closed:.2f} | {swallowed:.2f} | {1e3 * apart:+.0f} |", flush=True)


if __name__ == "__main__":
    main()
