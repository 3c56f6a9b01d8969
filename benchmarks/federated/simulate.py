"""A million clients for a thousand rounds: closed form and event form, how long, how much memory, how far apart.

    python benchmarks/federated/simulate.py [--seeds 5] [--quick] [--write FILE.json]

Six kinds of devices in 40 countries with their own hours, log-normal speed, network and data size, clients awake by
their time zone, 1.3 asked for each update wanted, stragglers cut off, 5 % drop-outs. Each form runs in a process of its
own, so that its memory is its own; seconds are CPU seconds of that process after imports, with the building of the
fleet. Also the exact pricer of traces on small courses, and the fit carbon = k x rounds x concurrency on small runs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from setsuden.federated.fleet import Device, Fleet, Group, Link, Place, Server, build
from setsuden.federated.price import price
from setsuden.federated.simulate import (
    Buffered,
    Synchronous,
    Work,
    closed_form,
    closed_form_buffered,
    drawn_trace,
    events,
    events_buffered,
    fit,
    log_normal_samples,
)
from setsuden.placement.network import link, radio
from setsuden.quantity import Estimate, Provenance

COUNTRIES, CLIENTS = 40, 1_000_000
POPULATIONS = {
    "mixed": {"spread": 0.5, "seed": 1, "clients": CLIENTS},
    "alike": {"spread": 0.1, "seed": 2, "clients": CLIENTS},
    "wild": {"spread": 0.9, "seed": 3, "clients": CLIENTS},
    "small": {"spread": 0.5, "seed": 4, "clients": 20_000},
}
CASES = {
    "mixed, 1,000 rounds of 1,000": ("mixed", Synchronous(rounds=1000, cohort=1000, over_selection=1.3, timeout_s=900)),
    "alike, 1,000 rounds of 1,000": ("alike", Synchronous(rounds=1000, cohort=1000, over_selection=1.3, timeout_s=900)),
    "wild, 1,000 rounds of 1,000": ("wild", Synchronous(rounds=1000, cohort=1000, over_selection=1.3, timeout_s=900)),
    "mixed, 20,000 rounds of 100": ("mixed", Synchronous(rounds=20000, cohort=100, over_selection=1.3, timeout_s=900)),
    "small, 1,000 rounds of 1,000": ("small", Synchronous(rounds=1000, cohort=1000, over_selection=1.3, timeout_s=900)),
    "mixed, 200 rounds of 1,000, hourlong": (
        "mixed-long",
        Synchronous(rounds=200, cohort=1000, over_selection=1.3, timeout_s=40_000, waiting=True),
    ),
    "mixed, buffered 1,000 x 100 at 1,000": (
        "mixed",
        Buffered(rounds=1000, concurrency=1000, buffer=100, timeout_s=900),
    ),
}


def exact(value: float, unit: str) -> Estimate:
    return Estimate.exact(value, unit, Provenance.ASSUMED)


def fleet(spread: float, seed: int, clients: int) -> Fleet:
    rng = np.random.default_rng(seed)
    devices = [
        Device(name=f"class {i}", macs_per_s=speed, active_w=exact(watts, "W"), idle_w=exact(watts / 8, "W"))
        for i, (speed, watts) in enumerate([(1e9, 1.5), (2e9, 2.5), (4e9, 4), (8e9, 6), (1.6e10, 9), (3e10, 15)])
    ]
    groups = []
    for country in range(COUNTRIES):
        base, swing, phase = rng.uniform(30, 700), rng.uniform(0.05, 0.4), rng.uniform(0, 24)
        hours = np.arange(24)
        place = Place(f"C{country}", tuple(base * (1 + swing * np.cos(2 * np.pi * (hours - phase) / 24))), 0.9, 1.1)
        zone = int(rng.integers(24))
        awake = tuple(0.7 if (hour + zone) % 24 in (22, 23, 0, 1, 2, 3, 4, 5) else 0.15 for hour in range(24))
        rate = rng.uniform(1e6, 1e7)
        path = Link(name="fixed", down=rate, up=rate / 4, network=link("fixed"), radio=radio("wifi"))
        groups += [
            Group(
                name=f"{device.name} in C{country}",
                device=device,
                link=path,
                place=place,
                available=awake,
                drop_out=0.05,
                speed_spread=spread,
                rate_spread=spread,
            )
            for device in devices
        ]
    shares = rng.dirichlet(np.full(len(groups), 2.0))
    counts = np.floor(shares * clients).astype(int)
    counts[0] += clients - int(counts.sum())
    node = Device(name="node", macs_per_s=1e11, active_w=exact(200, "W"), idle_w=exact(90, "W"))
    server = Server(device=node, place=groups[0].place, pue=exact(1.2, "1"))
    return build(groups, counts.tolist(), server, seed=seed)


def workload(on: Fleet, spread: float, longer: bool) -> Work:
    samples = log_normal_samples(on.clients, 4000.0 if longer else 34.0, spread, 7)
    return Work(samples=samples, macs_per_sample=2e9, bytes_down=5_000_000, bytes_up=5_000_000)


def one(case: str, form: str, seed: int) -> dict[str, float]:
    population, schedule = CASES[case]
    facts = POPULATIONS[population.removesuffix("-long")]
    base_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, wall = time.process_time(), time.perf_counter()
    on = fleet(**facts)
    work = workload(on, facts["spread"], population.endswith("-long"))
    built = time.process_time()
    if isinstance(schedule, Buffered):
        found = (
            closed_form_buffered(on, work, schedule)
            if form == "closed"
            else events_buffered(on, work, schedule, seed=seed)
        )
    else:
        found = closed_form(on, work, schedule) if form == "closed" else events(on, work, schedule, seed=seed)
    return {
        "cpu_s": time.process_time() - start,
        "cpu_s_without_the_fleet": time.process_time() - built,
        "wall_s": time.perf_counter() - wall,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "mb_before": base_mb,
        "carbon_kg": found.carbon_g / 1e3,
        "energy_mj": found.energy_j / 1e6,
        "days": found.duration_s / 86400,
    }


def apart(case: str, form: str, seed: int = 0) -> dict[str, float]:
    """The same in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", case, form, str(seed)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def small_courses() -> list[dict[str, float | str]]:
    """The event form against the pricer of traces: the same course, priced twice."""
    rows = []
    for clients, rounds, cohort, waiting in ((200, 50, 20, False), (1000, 30, 50, True), (3000, 20, 200, False)):
        on = fleet(0.5, 5, clients)
        work = workload(on, 0.5, False)
        schedule = Synchronous(
            rounds=rounds, cohort=cohort, over_selection=1.3, timeout_s=900, waiting=waiting, server_macs=1e9
        )
        drawn = events(on, work, schedule, seed=1)
        trace = drawn_trace(on, work, schedule, seed=1)
        start = time.process_time()
        bill = price(trace, on, clock="trace")
        rows.append(
            {
                "course": f"{clients} clients, {rounds} rounds of {cohort}",
                "rows": len(trace.turns.round) + len(trace.sends.round),
                "difference": drawn.carbon_g / bill.carbon.value - 1,
                "priced_in_cpu_s": time.process_time() - start,
            }
        )
    return rows


def fitted() -> dict[str, float | None]:
    """k on three small runs, judged on larger ones, idle waiting and drop-outs on."""
    on = fleet(0.5, 6, 100_000)
    work = workload(on, 0.5, False)

    def carbon(rounds: int, cohort: int) -> float:
        schedule = Synchronous(rounds=rounds, cohort=cohort, over_selection=1.3, timeout_s=900, waiting=True)
        return events(on, work, schedule, seed=rounds).carbon_g

    small = [(20, 50), (40, 50), (30, 100)]
    large = [(200, 50), (200, 200), (500, 100), (100, 800), (1000, 50)]
    found = fit(
        [rounds * cohort for rounds, cohort in small],
        [carbon(*run) for run in small],
        judged_size=[rounds * cohort for rounds, cohort in large],
        judged_g=[carbon(*run) for run in large],
    )
    return {"k_g": found.k.value, "r_squared": found.r_squared, "mean_error": found.error, "worst_error": found.worst}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="the first case only")
    parser.add_argument("--one", nargs=3, metavar=("CASE", "FORM", "SEED"), help=argparse.SUPPRESS)
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(one(args.one[0], args.one[1], int(args.one[2]))))
        return
    rows = []
    for case in list(CASES)[: 1 if args.quick else None]:
        closed = apart(case, "closed")
        drawn = [apart(case, "event", seed) for seed in range(args.seeds)]
        kg = np.array([one["carbon_kg"] for one in drawn])
        error = float(kg.std(ddof=1) / len(kg) ** 0.5 / kg.mean()) if len(kg) > 1 else None
        rows.append(
            {
                "case": case,
                "closed": closed,
                "event": {name: float(np.median([one[name] for one in drawn])) for name in drawn[0]},
                "event_mean_kg": float(kg.mean()),
                "difference": closed["carbon_kg"] / float(kg.mean()) - 1,
                "standard_error": error,
            }
        )
        print(
            f"{case:40} closed {closed['cpu_s']:5.2f} s {closed['peak_mb']:4.0f} MB {closed['carbon_kg']:9.4f} kg  "
            f"event {rows[-1]['event']['cpu_s']:5.2f} s {rows[-1]['event']['peak_mb']:4.0f} MB {kg.mean():9.4f} kg  "
            f"{closed['days']:6.2f} d  difference {rows[-1]['difference']:+.3%}"
            + (f" (standard error {error:.3%})" if error is not None else ""),
            flush=True,
        )
    document = {
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load_average": os.getloadavg()[0],
        "cases": rows,
        "small_courses": small_courses(),
        "fit": fitted(),
    }
    print(json.dumps({name: document[name] for name in ("small_courses", "fit")}, indent=1))
    if args.write:
        args.write.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
