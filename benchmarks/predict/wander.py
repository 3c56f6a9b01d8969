"""How much this machine's own speed wanders, and what that leaves to any forecast, by the length of the run.

    OMP_NUM_THREADS=1 python benchmarks/predict/wander.py [--minutes 30] [--out FILE.npy]

Three pieces of work take turns, fifty times a second: the interpreter's loop that forecasts read
(``setsuden.predict.speed``), a training step of a small network and a product of larger matrices. Printed is, for runs
of several lengths laid over the recording, how far the mean over their first 2 % is from the mean over all of them:
median and 95th percentile. That is the floor for whoever looks at the steps alone, with the scatter of so few pieces in
it. The last column sets the training step right by the loop, as a forecast would, with the mean of the whole recording
as the machine's usual speed.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from setsuden.predict.speed import like_work, reading

Floats = npt.NDArray[np.float64]
APART_S = 0.02
LENGTHS_S = (30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
SHARE = 0.02
WORK = ("loop", "training step", "matrix product")


def pieces() -> tuple[Callable[[], float], ...]:
    """Each returns the seconds it took."""
    torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters())
    x, y, left = torch.randn(32, 64), torch.randint(0, 10, (32,)), torch.randn(320, 320)

    def step() -> None:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def timed(work: Callable[[], object]) -> Callable[[], float]:
        def run() -> float:
            before = time.perf_counter()
            work()
            return time.perf_counter() - before

        return run

    return (lambda: 1 / reading()), timed(step), timed(lambda: left @ left)


def recorded(seconds: float) -> Floats:
    """Seconds of the three pieces, n x 3, one row every APART_S."""
    work = pieces()
    for _ in range(100):
        for piece in work:
            piece()
    rows = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        due = time.perf_counter() + APART_S
        rows.append([piece() for piece in work])
        time.sleep(max(due - time.perf_counter(), 0.0))
    return np.array(rows)


def floors(costs: Floats, length: int, usual: float) -> list[Floats]:
    """Errors of the mean of the first 2 % of every run, as shares: of each piece, then of the step set right."""
    total = np.concatenate([np.zeros((1, 3)), np.cumsum(costs, axis=0)])
    first = max(round(SHARE * length), 1)
    begins = np.arange(0, len(costs) - length + 1, max(length // 8, 1))
    early = (total[begins + first] - total[begins]) / first
    whole = (total[begins + length] - total[begins]) / length
    plain = np.abs(early / whole - 1)
    power = like_work(float(np.mean(costs[:, 1])))
    right = early[:, 1] * (usual / early[:, 0]) ** power
    return [*plain.T, np.abs(right / whole[:, 1] - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--out", type=Path, help="keep the recording here")
    parser.add_argument("--read", type=Path, help="a recording that was kept")
    options = parser.parse_args()
    if options.read is not None:
        costs = np.load(options.read)
    else:
        print(f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} CPUs", flush=True)
        costs = recorded(60 * options.minutes)
    if options.out is not None:
        np.save(options.out, costs)
    a_second = round(1 / APART_S)
    blocks = costs[: len(costs) // (10 * a_second) * (10 * a_second)].reshape(-1, 10 * a_second, 3).mean(axis=1)
    for name, spread in zip(WORK, np.log(blocks).std(axis=0), strict=True):
        print(f"{name}: means of ten seconds differ by {spread:.1%} (standard deviation)")
    usual = float(np.exp(np.mean(np.log(blocks[:, 0]))))
    print("\n| length of the run | " + " | ".join(WORK) + " | step set right by the loop |\n" + "| --- " * 5 + "|")
    for length_s in LENGTHS_S:
        length = round(length_s / APART_S)
        if length > len(costs):
            break
        found = floors(costs, length, usual)
        told = [f"{np.median(errors):.1%}, {np.quantile(errors, 0.95):.1%}" for errors in found]
        print(f"| {length_s:g} s | " + " | ".join(told) + " |")


if __name__ == "__main__":
    main()
