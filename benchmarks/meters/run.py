"""Meters on a fake processor whose joules are known: what each reports over what was drawn.

    sudo python benchmarks/meters/run.py [--peer NAME=FOLDER ...] [-o table.md]

Every tool runs unchanged, in a process and a mount namespace of its own (``unshare -m``, hence root) in which ``/sys``
is a fake tree that a driver advances in real time while the tool measures. A peer is looked for in FOLDER (``pip
install --target FOLDER NAME``) and run by the interpreter below this environment, so that nothing of either enters the
other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

from scenarios import FAULT_AT_S, SCENARIOS, Scenario, at_ready
from tools import TOOLS, program

from setsuden.testing import FakeClock
from setsuden.testing.powercap import FakePowercap

STEP_S = 0.005
PATIENCE_S = 60.0
INSIDE = """set -e
mkdir -p {hold}; mount --rbind /sys {hold}
mount -t tmpfs none /sys
mkdir -p /sys/class /sys/devices/virtual /sys/devices/system /sys/fs
mount --bind {tree}/class /sys/class; mount --bind {tree}/devices/virtual /sys/devices/virtual
mount --rbind {hold}/devices/system /sys/devices/system; mount --rbind {hold}/fs /sys/fs
exec setpriv --bounding-set=-dac_override,-dac_read_search {python} {script} {folder}
"""


def run(tool: str, scenario: Scenario, folder: str | None) -> str:
    """One cell of the table."""
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        tree = FakePowercap(base / "sys", FakeClock())
        scenario.build(tree)
        (base / "program.py").write_text(program(tool, "gpu" if scenario.cards else "cpu"))
        # Peers do not see what is installed beside setsuden: with torch in reach, for one, Zeus waits for CUDA.
        python = sys._base_executable if folder else sys.executable
        inside = INSIDE.format(
            hold=base / "hold", tree=base / "sys", python=python, script=base / "program.py", folder=base
        )
        env = dict(os.environ, HOME=str(base), SETSUDEN_LEDGER=str(base / "ledger.sqlite"))
        if folder:
            env["PYTHONPATH"] = folder
        if scenario.cards:
            env |= scenario.cards.prepare(base)
        with (base / "log").open("w") as log:
            process = subprocess.Popen(
                ["unshare", "-m", "--propagation", "private", "sh", "-c", inside],
                env=env, cwd=base, stdout=log, stderr=log,
            )  # fmt: skip
            truth = drive(scenario, tree, base, process)
        answer = base / "answer.json"
        if truth is None or not answer.exists():
            lines = (base / "log").read_text().strip().splitlines()
            return f"raises {_brief(lines[-1])}" if lines else "no answer"
        with_dram = not scenario.cards and TOOLS[tool][3] != "package"
        dram_j = sum(tree[entry].truth_j for entry in scenario.dram) if with_dram else 0.0
        return judged(json.loads(answer.read_text()), truth + dram_j)


def _brief(line: str) -> str:
    """The name of an error and the beginning of what it says."""
    kind, _, said = line.partition(": ")
    return f"{kind.rpartition('.')[2]} ({said[:40].strip()})" if said else kind


def drive(scenario: Scenario, tree: FakePowercap, base: Path, process: subprocess.Popen[bytes]) -> float | None:
    """Let energy flow in real time from "go" to "stop"; joules drawn meanwhile. None when it never came to that.

    The counters stand still before and after, so what was drawn is known to the last count and does not hang on when
    exactly the program woke up.
    """
    begun = time.monotonic()
    went: float | None = None
    done: set[str] = set()
    while process.poll() is None and time.monotonic() - begun < PATIENCE_S:
        now = time.monotonic()
        if went is None:
            if "begin" not in done and (base / "ready").exists():
                at_ready(scenario, tree)
                (base / "begin").touch()
                done.add("begin")
            if (base / "go").exists():
                went = last = now
        elif "stop" not in done:
            if scenario.watts is not None:
                for entry in scenario.cpu:
                    tree[entry].watts = scenario.watts(now - went)
            tree.advance(now - last)
            last = now
            for name, at_s in (("fault", FAULT_AT_S), ("mend", FAULT_AT_S + 2.0), ("stop", scenario.end_s)):
                if now - went >= at_s and name not in done:
                    done.add(name)
                    if name != "stop":
                        getattr(scenario, name)(tree)
                    (base / name).touch()
        time.sleep(STEP_S)
    if process.poll() is None:
        process.kill()
    process.wait()
    if "stop" not in done:
        return None
    if scenario.cards is not None:
        return scenario.cards.watts * ((base / "stop").stat().st_mtime - (base / "go").stat().st_mtime)
    return sum(tree[entry].truth_j for entry in scenario.cpu)


def judged(answer: dict[str, object], true_j: float) -> str:
    """Reported over true; for a figure with an interval also whether the truth is inside, and the flags."""
    joules = answer["joules"]
    if not isinstance(joules, int | float):
        return "none"
    text = f"{joules / true_j:.3f}"
    if isinstance(answer["low"], int | float) and isinstance(answer["high"], int | float):
        inside = "inside" if answer["low"] <= true_j <= answer["high"] else "OUTSIDE"
        flags = [flag for flag in answer["flags"] if flag not in EXPECTED]  # type: ignore[attr-defined]
        text += f" ({inside}{'; ' + ', '.join(flags) if flags else ''})"
    return text


# What this machine is flagged for in every case: DRAM that is modelled, and a processor that does nothing.
EXPECTED = ("SET-UNSATURATED", "SET-NOISY", "SET-TOO-SHORT")


def version(name: str, folder: str | None) -> str:
    found = distributions(path=[folder]) if folder else distributions()
    return next((d.version for d in found if d.metadata["Name"].casefold() == name.casefold()), "?")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--at-once", type=int, default=4, help="so many tools beside each other")
    parser.add_argument("--only", action="append", metavar="SCENARIO", help="default: all")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    tools: dict[str, str | None] = {"setsuden": None, **dict(peer.split("=", 1) for peer in options.peer)}
    head = [f"{tool} {version(tool, folder)}" for tool, folder in tools.items()]
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start.",
        "",
        f"| scenario | {' | '.join(head)} |",
        "| --- |" + " --- |" * len(head),
    ]
    print("\n".join(lines), flush=True)
    for scenario in SCENARIOS:
        if options.only and scenario.name not in options.only:
            continue
        with ThreadPoolExecutor(options.at_once) as pool:
            cells = list(pool.map(lambda tool, case=scenario: run(tool, case, tools[tool]), tools))  # type: ignore[misc]
        lines.append(f"| {scenario.name} | {' | '.join(text.replace('|', '/') for text in cells)} |")
        print(lines[-1], flush=True)
    if options.output is not None:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
