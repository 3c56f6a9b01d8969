"""What being measured costs: start, stop, memory, CPU while the program sleeps (slow-down: see slowdown.py).

Every figure comes from fresh processes; a baseline process with numpy loaded runs beside each and is subtracted.

    python benchmarks/meter/overhead.py [--repeats 5] [--seconds 5] [--peer NAME=FOLDER ...] [--tool NAME ...]

A peer is looked for in FOLDER (``pip install --target FOLDER NAME``), so that nothing of it enters this environment.

"setsuden" measures with what this machine has; without a sensor that is models, which are sampled ten times a second at
most. "setsuden, counters" also reads a fake powercap tree of two sockets, whose files another process keeps counting.

A start that leaves work to a thread is cheap only if that work is: the CPU of the first half second counts it too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

RATES_HZ = (1.0, 10.0, 100.0)
BYTECODE = f"{tempfile.gettempdir()}/setsuden-overhead-{os.getuid()}"

# Each tool in three steps; RATE is replaced. "prepare" is paid by everybody who measures, so it counts as start.
TOOLS: dict[str, tuple[str, str, str]] = {
    "baseline": ("pass", "pass", "pass"),
    # The least that any thread can take which wakes up on schedule: it does nothing else.
    "bare thread": (
        "import threading, time",
        "over = []\n"
        "def ticking(rest=time.sleep, now=time.monotonic, period=1 / RATE):\n"
        "    deadline = now()\n"
        "    while not over:\n"
        "        deadline += period\n"
        "        rest(max(0.0, deadline - now()))\n"
        "threading.Thread(target=ticking, daemon=True).start()",
        "over.append(True)",
    ),
    "setsuden": ("import setsuden", "m = setsuden.meter('bench', rate_hz=RATE).start()", "m.stop()"),
    "setsuden, counters": (
        "import setsuden",
        "from setsuden.sensors import Host, UtilisationProbe, discover\n"
        "from setsuden.sensors.place import Folder\n"
        "from setsuden.sensors.power_models import cache_folder\n"
        "found = discover(Host(sysfs=Folder('COUNTERS'), cache=cache_folder()))\n"
        "probe = UtilisationProbe(Host(), found.sensors, found.limits)\n"
        "m = setsuden.meter('bench', rate_hz=RATE, sensors=found.sensors, probe=probe).start()\n"
        "assert any(channel.id == 'rapl/package-1' for channel in found.channels)",
        "m.stop()",
    ),
    "codecarbon": (
        "from codecarbon import OfflineEmissionsTracker",
        "m = OfflineEmissionsTracker(country_iso_code='JPN', measure_power_secs=1 / RATE, log_level='critical',"
        " allow_multiple_runs=True); m.start()",
        "m.stop()",
    ),
    "pyJoules": (
        "from pyJoules.energy_meter import EnergyMeter\nfrom pyJoules.device import DeviceFactory",
        "m = EnergyMeter(DeviceFactory.create_devices()); m.start()",
        "m.stop()",
    ),
}

OWN = ("bare thread", "setsuden", "setsuden, counters")

# Two sockets of 50 W each; the counters move every 4 ms until somebody closes standard input.
COUNTING = """
import select, sys, time
from pathlib import Path
from setsuden.testing import FakeClock, FakePowercap
tree = FakePowercap(Path(sys.argv[1]), FakeClock())
zones = [tree.zone(f"intel-rapl:{socket}", f"package-{socket}", 50.0) for socket in (0, 1)]
print("ready", flush=True)
begun_s = time.monotonic()
while not select.select([sys.stdin], [], [], 0.004)[0]:
    for zone in zones:
        zone.count_uj = 1e9 + 50e6 * (time.monotonic() - begun_s)
        zone.write()
"""

PROGRAM = """
import json, resource, sys, time
import numpy
def usage():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime, own.ru_nvcsw + own.ru_nivcsw
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
t0 = time.perf_counter(); p0 = time.process_time()
{prepare}
t1 = time.perf_counter()
{start}
t2 = time.perf_counter(); p2 = time.process_time()
time.sleep(0.5)
settled = time.process_time()
(cpu0, n0), w0 = usage(), time.perf_counter()
time.sleep({seconds})
(cpu1, n1), w1 = usage(), time.perf_counter()
t3 = time.perf_counter(); p3 = time.process_time()
{stop}
t4 = time.perf_counter(); p4 = time.process_time()
print(json.dumps({{
    "import_ms": 1e3 * (t1 - t0), "start_ms": 1e3 * (t2 - t0), "stop_ms": 1e3 * (t4 - t3),
    "start_cpu_ms": 1e3 * (p2 - p0), "settled_cpu_ms": 1e3 * (settled - p0), "stop_cpu_ms": 1e3 * (p4 - p3),
    "rss_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - rss) / 1024,
    "cpu_ms_per_s": 1e3 * (cpu1 - cpu0) / (w1 - w0), "switches_per_s": (n1 - n0) / (w1 - w0),
}}))
"""


@contextmanager
def counting(folder: str) -> Iterator[None]:
    """Counters that move meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTING, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def measure(tool: str, rate_hz: float, seconds: float, folder: str | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as beside:
        steps = (step.replace("RATE", str(rate_hz)).replace("COUNTERS", scratch) for step in TOOLS[tool])
        prepare, start, stop = steps
        code = PROGRAM.format(prepare=prepare, start=start, stop=stop, seconds=seconds)
        if "counters" in tool:
            beside.enter_context(counting(scratch))
        env = dict(os.environ, SETSUDEN_LEDGER=f"{scratch}/ledger.sqlite", PYTHONPYCACHEPREFIX=BYTECODE)
        # As an installed package has it: compiled. Without this every start would compile the whole package anew.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        if folder:
            env["PYTHONPATH"] = folder
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env, cwd=scratch
        )
    if done.returncode:
        raise RuntimeError(f"{tool}: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(tool: str, rate_hz: float, repeats: int, seconds: float, folder: str | None) -> dict[str, float]:
    """Medians beyond the baseline. Pairs alternate."""
    ours, base = [], []
    measure(tool, rate_hz, 0.1, folder)  # compiles, and looks the processor up
    for _ in range(repeats):
        base.append(measure("baseline", rate_hz, seconds, None))
        ours.append(measure(tool, rate_hz, seconds, folder))

    def median(rows: Sequence[dict[str, float]], key: str) -> float:
        return statistics.median(row[key] for row in rows)

    return {key: median(ours, key) - median(base, key) for key in base[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--tool", action="append", choices=TOOLS, help="only this one; may be repeated")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    peers = dict(peer.split("=", 1) for peer in options.peer)
    lines = [
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, load "
        f"{os.getloadavg()[0]:.1f} at the start; medians of {options.repeats}, beyond a process with numpy loaded.",
        "",
        "| tool | rate Hz | import ms | import + start ms | its CPU | CPU of the first 0.5 s | stop ms | its CPU "
        "| memory MB | asleep ms/s | switches/s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    print("\n".join(lines), flush=True)
    for tool in options.tool or [*OWN, *peers]:
        folder = peers.get(tool)
        for rate_hz in RATES_HZ:
            try:
                row = compare(tool, rate_hz, options.repeats, options.seconds, folder)
            except RuntimeError as error:
                line = f"| {tool} | {rate_hz:g} | {error} | | | | | | | | |"
            else:
                line = (
                    f"| {tool} | {rate_hz:g} | {row['import_ms']:.0f} | {row['start_ms']:.0f} | "
                    f"{row['start_cpu_ms']:.1f} | {row['settled_cpu_ms']:.1f} | "
                    f"{row['stop_ms']:.1f} | {row['stop_cpu_ms']:.1f} | {row['rss_mb']:.1f} | "
                    f"{row['cpu_ms_per_s']:.2f} | {row['switches_per_s']:.1f} |"
                )
            lines.append(line)
            print(line, flush=True)
    if options.output is not None:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
