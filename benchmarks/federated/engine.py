"""Clients per second: the embedded engine, Flower with Ray, a plain loop over clients, and one central batch loop.

    python benchmarks/federated/engine.py                 CPU seconds, for a machine that does other work too
    python benchmarks/federated/engine.py --wall          wall seconds on all processors, for a quiet machine
    python benchmarks/federated/engine.py --no-flower     without the slow one

100 clients x 60 samples, batch 20, one local epoch of plain SGD, drawn samples. Every contender trains the same rounds
on the same samples; the best of some interleaved repetitions counts. CPU seconds are those of all processes that a
contender runs, between the end of its first round and the end of its last but one, so without start and evaluation.
Writes engine.json (or engine_wall.json) and engine.md beside this file; `--nets` alone only writes the page.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import psutil
import torch
from torch import nn

from setsuden.federated import engine
from setsuden.federated.partition import iid
from setsuden.federated.stop import Stop
from setsuden.federated.task import FederatedTask, LocalTraining
from setsuden.workload.data import Dataset

CLIENTS, SAMPLES, BATCH, RATE = 100, 60, 20, 0.01
SHAPES: dict[str, tuple[tuple[int, ...], int]] = {
    "logistic": ((1, 28, 28), 10),
    "mlp": ((1, 28, 28), 10),
    "cnn": ((1, 28, 28), 10),
    "keyword": ((40, 98), 35),
}
GOALS = {"logistic": (25, 1.0), "mlp": (15, 0.6), "cnn": (3, 0.8), "keyword": (3, 0.9)}
CENTRAL_BATCH = 500


def dataset(name: str) -> Dataset:
    shape, classes = SHAPES[name]
    random = np.random.default_rng(0)
    x = random.standard_normal((CLIENTS * SAMPLES, *shape), dtype=np.float32)
    y = random.integers(0, classes, CLIENTS * SAMPLES)
    labels = tuple(map(str, range(classes)))
    return Dataset("noise", "tabular", x, y, x[:50], y[:50], classes, labels, "drawn", "none", "noise")


def task(name: str, rounds: int) -> FederatedTask:
    data = dataset(name)
    return FederatedTask(
        study="engine benchmark",
        model=f"benchmarks.federated.nets:{name}",
        data=data,
        partition=iid(data, CLIENTS),
        local=LocalTraining(batch_size=BATCH, learning_rate=RATE),
        stop=Stop(rounds=rounds),
        evaluate_every=rounds,
    )


def spent() -> float:
    """CPU seconds of this process and of all below it that live."""
    total = 0.0
    here = psutil.Process()
    for process in (here, *here.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


class Meter:
    """Seconds from the end of the first round to the end of the last but one."""

    def __init__(self, rounds: int, clock: Callable[[], float]) -> None:
        self.rounds, self.clock, self.marks = rounds, clock, [0.0, 0.0]

    def __call__(self, done: object) -> None:
        number = done.round  # type: ignore[attr-defined]
        if number in (1, self.rounds - 1):
            self.marks[number != 1] = self.clock()

    @property
    def clients_per_s(self) -> float:
        return CLIENTS * (self.rounds - 2) / (self.marks[1] - self.marks[0])


def embedded(name: str, rounds: int, clock: Callable[[], float], workers: int | None) -> float:
    meter = Meter(rounds, clock)
    engine.run(task(name, rounds), workers=workers, on_round=meter)
    return meter.clients_per_s


def flower(name: str, rounds: int, clock: Callable[[], float]) -> float:
    from setsuden.federated import flower as by_flower

    meter = Meter(rounds, clock)
    by_flower.run(task(name, rounds), on_round=meter)
    return meter.clients_per_s


def loop(name: str, rounds: int, clock: Callable[[], float]) -> float:
    """One process: for every client a copy of the model, an optimiser, batches, and the mean at the end."""
    one = task(name, rounds)
    x, y = torch.from_numpy(one.data.x_train), torch.from_numpy(one.data.y_train)
    from benchmarks.federated import nets

    model = getattr(nets, name)()
    began = clock()
    for _ in range(rounds):
        mean = {key: torch.zeros_like(value) for key, value in model.state_dict().items()}
        for rows in one.partition.indices:
            own = copy.deepcopy(model)
            optimiser = torch.optim.SGD(own.parameters(), lr=RATE)
            order = torch.from_numpy(rows.copy())[torch.randperm(len(rows))]
            for chosen in order.split(BATCH):
                optimiser.zero_grad()
                nn.functional.cross_entropy(own(x[chosen]), y[chosen]).backward()
                optimiser.step()
            for key, value in own.state_dict().items():
                mean[key] += value / CLIENTS
        model.load_state_dict(mean)
    return CLIENTS * rounds / (clock() - began)


def central(name: str, rounds: int, clock: Callable[[], float], threads: int) -> float:
    """One model over the same samples in batches of 500, as many passes as rounds."""
    one = task(name, rounds)
    x, y = torch.from_numpy(one.data.x_train), torch.from_numpy(one.data.y_train)
    from benchmarks.federated import nets

    model = getattr(nets, name)()
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    began = clock()
    for _ in range(rounds):
        for chosen in torch.randperm(len(y)).split(CENTRAL_BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x[chosen]), y[chosen]).backward()
            optimiser.step()
    found = CLIENTS * rounds / (clock() - began)
    torch.set_num_threads(before)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wall", action="store_true", help="wall seconds on all processors; the machine must be idle")
    parser.add_argument("--no-flower", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--nets", nargs="*", default=list(SHAPES))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    clock = time.perf_counter if chosen.wall else spent
    cores = len(os.sched_getaffinity(0))
    results = {}
    for name in chosen.nets:
        rounds = {"logistic": 102, "mlp": 22, "cnn": 5, "keyword": 5}[name]
        contenders: dict[str, Callable[[], float]] = {
            "embedded": lambda name=name, rounds=rounds: embedded(name, rounds, clock, cores if chosen.wall else 2),
            "loop": lambda name=name, rounds=rounds: loop(name, max(2, rounds // 6), clock),
            "central": lambda name=name, rounds=rounds: central(
                name, max(2, rounds // 3), clock, cores if chosen.wall else 1
            ),
        }
        if not chosen.no_flower:
            contenders["flower"] = lambda name=name: flower(name, 4, clock)
        best = dict.fromkeys(contenders, 0.0)
        for repeat in range(chosen.repeats):
            for label, contender in contenders.items():
                if label == "flower" and repeat > 0:
                    continue  # its start alone takes longer than all others together
                best[label] = max(best[label], contender())
        ours = best["embedded"]
        against, of_central = GOALS[name]
        results[name] = {
            "clients_per_s": {label: round(rate, 1) for label, rate in best.items()},
            "embedded_over_flower": round(ours / best["flower"], 2) if "flower" in best else None,
            "goal_over_flower": against,
            "embedded_over_loop": round(ours / best["loop"], 2),
            "embedded_over_central": round(ours / best["central"], 3),
            "goal_over_central": of_central,
        }
        print(name, json.dumps(results[name]), flush=True)
        _keep(name, results[name], chosen.wall, cores)
    _page()


def _keep(name: str, result: dict[str, object], wall: bool, cores: int) -> None:
    """Replace one network's figures in the file of results."""
    path = Path(__file__).with_name("engine_wall.json" if wall else "engine.json")
    document = json.loads(path.read_text()) if path.exists() else {"results": {}}
    document["seconds"] = "wall, all processors" if wall else "CPU, all processes"
    document["results"][name] = result | {
        "taken": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{platform.machine()}, {cores} processors, torch {torch.__version__}",
        "load_average": round(os.getloadavg()[0], 1),
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def _page() -> None:
    """Write engine.md from the files of results."""
    here = Path(__file__).parent
    about = "Written by `python benchmarks/federated/engine.py`; see its docstring for what is compared."
    lines = ["# Clients per second", "", about, ""]
    for path in (here / "engine.json", here / "engine_wall.json"):
        if not path.exists():
            continue
        document = json.loads(path.read_text())
        lines += [f"## {document['seconds']}", ""]
        heads = ["network", "embedded", "Flower + Ray", "plain loop", "central, batch 500", "over Flower (goal)"]
        heads += ["of central (goal)", "taken, load"]
        lines += [f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
        for name, row in document["results"].items():
            rates = row["clients_per_s"]
            cells = [name, *(str(rates.get(label, "-")) for label in ("embedded", "flower", "loop", "central"))]
            cells.append(f"{row['embedded_over_flower'] or '-'} ({row['goal_over_flower']})")
            cells.append(f"{row['embedded_over_central']} ({row['goal_over_central']})")
            cells.append(f"{row['taken']}, {row['load_average']}")
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    lines.append("Where the load is above the number of processors others used the machine: read ratios, not seconds.")
    (here / "engine.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main()
