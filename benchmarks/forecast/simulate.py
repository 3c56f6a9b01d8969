"""Coverage of the forecast's interval where the truth is known: a machine whose speed wanders, simulated.

The logarithm of the speed is an Ornstein-Uhlenbeck process (standard deviation and correlation time below), with or
without a slow-down that settles within a quarter of an hour (heat). A pilot like the default one visits thirty
configurations in three rounds of random order, one second each and half a second between; then one of them runs for an
hour. Counted is how often the 90 % interval of the forecast holds that hour's seconds per sample, and how wide it is.

Run: python benchmarks/forecast/simulate.py [--trials 400]
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from numpy.typing import NDArray

from setsuden.quantity import NODE, Estimate, Provenance
from setsuden.study.forecast import NO_ERROR, drift, forecast
from setsuden.study.record import Repeat
from setsuden.study.spread import pooled_sd, spread

STEP_S = 0.1
FULL_S = 3600.0
CONFIGURATIONS, ROUNDS, WINDOW_S, GAP_S = 30, 3, 1.0, 0.5
CASES = [
    (sd, tau_s, slow) for sd in (0.02, 0.10) for tau_s in (1.0, 30.0, 300.0) for slow in (0.0, 0.05)
]  # fmt: skip


def speeds(sd: float, tau_s: float, slow: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Relative speed at every step; starts in the stationary state and settles ``slow`` lower within a quarter hour."""
    n = int(seconds / STEP_S)
    keep = math.exp(-STEP_S / tau_s)
    noise = rng.standard_normal(n) * sd * math.sqrt(1 - keep**2)
    noise[0] = rng.standard_normal() * sd
    log = np.empty(n)
    level = 0.0
    for i in range(n):
        level = keep * level + noise[i]
        log[i] = level
    t = np.arange(n) * STEP_S
    return np.asarray(np.exp(log - slow * (1 - np.exp(-t / 300.0))))


def trial(sd: float, tau_s: float, slow: float, rng: np.random.Generator) -> tuple[bool, float, float]:
    """Whether the interval held, its relative half-width, the relative error."""
    pilot_s = CONFIGURATIONS * ROUNDS * (WINDOW_S + GAP_S)
    speed = speeds(sd, tau_s, slow, pilot_s + FULL_S, rng)
    groups: list[list[Repeat]] = [[] for _ in range(CONFIGURATIONS)]
    at_s = 0.0
    for round_ in range(ROUNDS):
        for configuration in rng.permutation(CONFIGURATIONS):
            at_s += GAP_S
            begin = round(at_s / STEP_S)
            done = float(speed[begin : begin + round(WINDOW_S / STEP_S)].sum()) * STEP_S * 1000
            energy = Estimate.exact(WINDOW_S, "J", Provenance.MEASURED, NODE)
            groups[configuration].append(
                Repeat("", round_, 0, "", 0, at_s, 0.0, WINDOW_S, round(done), energy, None, {}, ())
            )  # fmt: skip
            at_s += WINDOW_S
    ratios = [([r.duration_s for r in group], [float(r.samples) for r in group]) for group in groups]
    seconds = spread(ratios[0], pooled=pooled_sd(spread(ratio) for ratio in ratios))
    like = [Estimate.exact(1.0, "s", Provenance.MEASURED)]
    found = forecast(seconds, NO_ERROR, drift(groups, time=True), 1.0, "s", like)
    truth = 1 / (1000 * float(speed[round(pilot_s / STEP_S) :].mean()))
    return found.low <= truth <= found.high, found.half_width / found.value, found.value / truth - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=400)
    asked = parser.parse_args()
    rng = np.random.default_rng(11)
    print("| speed sd | correlation time s | slow-down | coverage | median half-width | median error |")
    print("| --- | --- | --- | --- | --- | --- |")
    for sd, tau_s, slow in CASES:
        results = [trial(sd, tau_s, slow, rng) for _ in range(asked.trials)]
        held = sum(result[0] for result in results) / len(results)
        width = float(np.median([result[1] for result in results]))
        error = float(np.median([abs(result[2]) for result in results]))
        print(f"| {sd:.0%} | {tau_s:g} | {slow:.0%} | {held:.0%} | ±{width:.1%} | {error:.1%} |")


if __name__ == "__main__":
    main()
