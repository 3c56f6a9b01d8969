"""A team's database: sending and fetching many runs, and one long one; nothing of it is on the way of measuring.

python benchmarks/ledger/team.py [--runs 1000] [--samples 1000000]

A PostgreSQL server of its own in a temporary folder, with the disk waited for at every commit as in service; seconds of
this process's CPU beside those of the wall.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.ledger.support import channel, measurement
from tests.team.server import Server, running, why_not

from setsuden.ledger import Ledger
from setsuden.ledger.codec import Row
from setsuden.team import Address, Outcome, Remote, Selection, choose, fetch, send

_BLOCK = 50  # half a second at 100 Hz
_WINDOWS = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=1_000_000)
    given = parser.parse_args()
    reason = why_not()
    if reason is not None:
        print(f"not run: {reason}")
        return 0
    with running(fsync="on") as server, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _short(server, folder, given.runs)
        _long(server, folder, given.samples)
    return 0


def _short(server: Server, folder: Path, runs: int) -> None:
    path = folder / "many.sqlite"
    with Ledger.open(path) as ledger, ledger.transaction():
        for number in range(runs):
            _run(ledger, f"run {number}", 1000)
    print(f"{runs:,} runs of 1,000 samples and {_WINDOWS} windows, {path.stat().st_size / 1e6:.1f} MB")
    _measure(server, "many", path, folder / "many-team.sqlite", runs, "runs")


def _long(server: Server, folder: Path, samples: int) -> None:
    path = folder / "long.sqlite"
    with Ledger.open(path) as ledger, ledger.transaction():
        _run(ledger, "long", samples)
    print(f"one run of {samples:,} samples in blocks of {_BLOCK}, {path.stat().st_size / 1e6:.1f} MB")
    _measure(server, "long", path, folder / "long-team.sqlite", samples, "samples")


def _run(ledger: Ledger, name: str, samples: int) -> None:
    run = ledger.start_run("meter", name)
    run.add_channels([channel()])
    for first in range(0, samples, _BLOCK):
        block: list[Row] = [(k / 100, k / 10, k / 10, k / 10, 10.0) for k in range(first, first + _BLOCK)]
        run.write_samples(0, block)
    run.close_windows([measurement(number) for number in range(1, _WINDOWS + 1)])
    run.finish(summary=measurement(1))


def _measure(server: Server, name: str, path: Path, team: Path, count: int, unit: str) -> None:
    server.execute(f"CREATE DATABASE {name}")
    address = Address.parse(server.url(name))

    def sending() -> Iterator[Outcome]:
        with Ledger.open(path) as ledger, Remote(address, to_write=True) as remote:
            yield from send(ledger, remote, choose(ledger, Selection()).runs)

    def fetching() -> Iterator[Outcome]:
        with Remote(address, to_write=False) as remote, Ledger.open(team) as ledger:
            yield from fetch(remote, ledger, Selection())

    steps: tuple[tuple[str, Callable[[], Iterator[Outcome]], str], ...] = (
        ("send", sending, "sent"),
        ("send again", sending, "there"),
        ("fetch", fetching, "fetched"),
        ("fetch again", fetching, "there"),
    )
    for label, step, expected in steps:
        before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, cpu = time.perf_counter(), time.process_time()
        assert {outcome.result for outcome in step()} == {expected}
        wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
        print(
            f"  {label:<12} {wall_s:6.2f} s, {cpu_s:6.2f} s of CPU, {count / wall_s:11,.0f} {unit}/s, "
            f"memory grew by {grown_mb:.1f} MB"
        )


if __name__ == "__main__":
    sys.exit(main())
