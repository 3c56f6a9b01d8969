"""How much a pure-Python loop slows down under the meter: pairs with and without it, in one process.

    python benchmarks/meter/slowdown.py [--pairs 15] [--seconds 1] [--rates 1 10 100] [--peer NAME=FOLDER] [-o FILE]

Blocks of the same loop alternate, with the meter and without, in an order drawn for each pair; one process has one
layout of memory and one history, which differ between processes by more than what is looked for. Three clocks:

    loop CPU      of the thread that loops: what the meter takes from it through the interpreter lock and the caches
    process CPU   of all threads: the same and what the meter works itself
    wall          what a user waits; on a machine with neighbours mostly theirs

Each figure is the median of the pairs' ratios with its 5-95 % bootstrap interval. The row without a meter on either
side is the noise.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from overhead import TOOLS

_SETTLE_S = 0.3  # the meter loads what the end of a window needs a tenth of a second after its start
_RESAMPLES = 2000


class Block(NamedTuple):
    """Seconds of one block on three clocks."""

    loop_s: float
    process_s: float
    wall_s: float


def loop(count: int) -> int:
    total = 0
    for i in range(count):
        total += i * i % 7
    return total


def block(count: int) -> Block:
    wall, process, own = time.perf_counter(), time.process_time(), time.thread_time()
    loop(count)
    return Block(time.thread_time() - own, time.process_time() - process, time.perf_counter() - wall)


def metered(count: int, tool: str, rate_hz: float) -> Block:
    """A block under a tool that has settled; the tool "baseline" is none, with the same pause."""
    prepare, start, stop = (step.replace("RATE", str(rate_hz)) for step in TOOLS[tool])
    names: dict[str, object] = {}
    exec(f"{prepare}\n{start}", names)
    time.sleep(_SETTLE_S)
    found = block(count)
    exec(stop, names)
    return found


def pair(count: int, tool: str, rate_hz: float, rng: random.Random) -> tuple[float, float, float]:
    """With over without, on the three clocks."""
    first = rng.random() < 0.5
    blocks = [metered(count, tool if with_tool else "baseline", rate_hz) for with_tool in (first, not first)]
    ours, plain = blocks if first else reversed(blocks)
    return (ours.loop_s / plain.loop_s, ours.process_s / plain.process_s, ours.wall_s / plain.wall_s)


def told(ratios: Sequence[float], rng: random.Random) -> str:
    """Median and interval, as percent beyond 1."""
    medians = sorted(statistics.median(rng.choices(ratios, k=len(ratios))) for _ in range(_RESAMPLES))
    low, high = medians[int(0.05 * _RESAMPLES)], medians[int(0.95 * _RESAMPLES)]
    return f"{statistics.median(ratios) - 1:+.2%} [{low - 1:+.2%}, {high - 1:+.2%}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.0, help="per block at least; two samples always fit")
    parser.add_argument("--rates", type=float, nargs="+", default=[1.0, 10.0, 100.0])
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    peers = dict(peer.split("=", 1) for peer in options.peer)
    sys.path += peers.values()
    rng = random.Random(options.seed)
    trial = 2_000_000
    per_second = trial / min(block(trial).loop_s for _ in range(3))
    lines = [
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, load "
        f"{os.getloadavg()[0]:.1f} at the start; {options.pairs} pairs each.",
        "",
        "| tool | rate Hz | loop CPU | process CPU | wall |",
        "| --- | --- | --- | --- | --- |",
    ]
    print("\n".join(lines), flush=True)
    cases = [("baseline", 0.0), *((tool, rate_hz) for tool in ("setsuden", *peers) for rate_hz in options.rates)]
    for tool, rate_hz in cases:
        count = int(per_second * max(options.seconds, 2.0 / rate_hz if rate_hz else 0.0))
        columns = zip(*(pair(count, tool, rate_hz, rng) for _ in range(options.pairs)), strict=True)
        name = f"{tool} | {rate_hz:g}" if rate_hz else "none | "
        lines.append(f"| {name} | {' | '.join(told(column, rng) for column in columns)} |")
        print(lines[-1], flush=True)
    if options.output is not None:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
