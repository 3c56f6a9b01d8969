"""Our counter beside its peers on the same cases, in one run; writes the table that the docs show.

    python benchmarks/profilers/run.py --peers DIR [--output FILE]

``DIR/NAME`` holds each peer, installed by itself so that none disturbs another, or torch:

    pip install --no-deps --target DIR/fvcore fvcore==0.1.5.post20221221 iopath yacs termcolor tabulate portalocker
    pip install --no-deps --target DIR/ptflops ptflops==0.7.5
    pip install --no-deps --target DIR/thop thop==0.1.1.post2209072238
    pip install --no-deps --target DIR/torchinfo torchinfo==1.8.0
    pip install --no-deps --target DIR/torchprofile torchprofile==0.1.0
    pip install --no-deps --target DIR/calflops calflops==0.3.2 accelerate
    DS_BUILD_OPS=0 pip install --no-deps --no-build-isolation --target DIR/deepspeed deepspeed==0.19.8
    pip install --no-deps --target DIR/deepspeed hjson py-cpuinfo einops msgpack ninja

A peer that is not there or cannot be imported is listed as such.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TOOLS = (
    "setsuden",
    "FlopCounterMode",
    "deepspeed",
    "fvcore",
    "ptflops",
    "thop",
    "torchinfo",
    "calflops",
    "torchprofile",
)


def measured(tool: str, device: str, peers: Path) -> tuple[str, list[dict[str, Any]], str]:
    paths = [str(ROOT), str(HERE), str(peers / tool)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(HERE / "measure.py"), tool, device], env=environment, capture_output=True, text=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    problem = done.stderr.strip().splitlines()[-1] if done.returncode and done.stderr.strip() else ""
    return (lines[0]["version"] if lines else "?"), lines[1:], problem


def verdict(record: dict[str, Any]) -> str:
    """``=`` within 0.05 %, ``x0`` for a silent zero, else the error in per cent."""
    if "error" in record:
        return "fails"
    reference, macs = record["reference"], record["macs"]
    if not reference:
        return "=" if not macs else f"{macs:.0f} for 0"
    if not macs:
        return "x0"
    off = macs / reference - 1
    if abs(off) <= 0.0005:
        return "="
    return f"{100 * off:+.1f} %" if abs(off) < 1 else f"x{macs / reference:.1f}"


def summary(records: list[dict[str, Any]]) -> list[str]:
    good = wrong = failed = 0
    for record in records:
        if "error" in record:
            failed += 1
            continue
        reference, macs = record["reference"], record["macs"]
        off = abs(macs / reference - 1) if reference else (1.0 if macs else 0.0)
        good += off <= 0.01
        wrong += off > 0.15
    costs = [record["cost"] for record in records if "cost" in record]
    return [str(good), str(wrong), str(failed), f"{median(costs):.1f}" if costs else "-"]


def table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in body])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=HERE / "table.md")
    options = parser.parse_args()
    results: dict[str, dict[str, list[dict[str, Any]]]] = {}
    versions: dict[str, str] = {}
    absent: list[str] = []
    for tool in TOOLS:
        for device in ("cpu", "meta"):
            version, records, problem = measured(tool, device, options.peers.resolve())
            if not records:
                absent.append(f"{tool} ({problem})")
                break
            versions[tool] = version
            results.setdefault(tool, {})[device] = records
            print(tool, device, *summary(records), problem, file=sys.stderr)
    count = len(next(iter(results.values()))["cpu"])
    lines = [f"Forward multiply-accumulates of {count} cases with closed-form references (`tests/profile/cases.py`)."]
    lines += [
        "Number of cases within 1 %, more than 15 % off, and failing; cost is the median of counter over forward,",
        "cases above ten million MACs.",
        "",
    ]
    head = [
        "tool",
        "version",
        *(f"{device}: {what}" for device in ("CPU", "meta") for what in ("1 %", "> 15 %", "fails", "cost")),
    ]
    rows = [
        [tool, versions[tool], *summary(found["cpu"]), *summary(found.get("meta", []))]
        for tool, found in results.items()
    ]
    lines += [table([head, *rows]), ""]
    for device in ("cpu", "meta"):
        lines += [f"Error by case on {device}: `=` within 0.05 %, `x0` counted as zero.", ""]
        by_tool = {tool: {r["case"]: r for r in found.get(device, [])} for tool, found in results.items()}
        cases = [record["case"] for record in next(iter(results.values()))[device]]
        body = [
            [case, *(verdict(found[case]) if case in found else "-" for found in by_tool.values())] for case in cases
        ]
        lines += [table([["case", *by_tool], *body]), ""]
    lines.append(
        f"Command: `python benchmarks/profilers/run.py --peers DIR`; {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, one thread each, other work on the machine; Python {platform.python_version()}, "
        f"torch {versions.get('FlopCounterMode', '?')}. Costs are ratios of short times and vary by a few tenths."
    )
    if absent:
        lines.append("Could not be run here: " + "; ".join(absent) + ".")
    options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
