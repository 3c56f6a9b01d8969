"""The Flower engine: the same task, trained by Flower's clients, simulated on Ray or as processes of their own."""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from setsuden.errors import InputError
from setsuden.federated.engine.result import RoundDone
from setsuden.federated.flower import bundle
from setsuden.federated.flower.deployment import SuperNodes
from setsuden.federated.flower.processes import Brood, brood
from setsuden.federated.flower.result import FlowerResult, finished
from setsuden.federated.flower.server import RESULT_FILE, ROUNDS_FILE, Ended, Job
from setsuden.federated.flower.watch import Watch
from setsuden.federated.world import EqualWorld, World

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask

_POLL_S = 0.1


def run(
    task: FederatedTask,
    world: World | None = None,
    *,
    workers: int | None = None,
    checkpoint: Path | None = None,
    on_round: Callable[[RoundDone], None] | None = None,
    deploy: bool = False,
) -> FlowerResult:
    """Train ``task`` over Flower: the same model and the same bytes as the embedded engine.

    world       by default all clients alike and always awake
    workers     Ray actors of one thread each; by default as many as this process may use processors
    checkpoint  a file that is replaced after every round; where it exists the run goes on from it
    on_round    called after every round
    deploy      one SuperLink and a SuperNode for each client as local processes, instead of a simulation

    Joules are the node's processors', divided by the CPU seconds of each client; in a deployment they are those of the
    whole SuperNode, process starts included. Every process is ended at the end, also after an error. Between peers the
    server stands in for the links: it hands each peer's model to that peer's node and mixes what comes back; the trace
    counts what the peers' own links would carry. InputError for a checkpoint where clients keep something that it does
    not hold.
    """
    _check(task, checkpoint, workers)
    surroundings = EqualWorld(task.clients) if world is None else world
    count = workers if workers is not None else _processors()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="setsuden-", ignore_cleanup_errors=True)))
        kept = None if checkpoint is None else checkpoint.absolute()
        bundle.save(folder, Job(task, surroundings, kept, count))
        processes = stack.enter_context(brood(folder))
        rounds = _rounds(folder / ROUNDS_FILE)
        if deploy:
            nodes = SuperNodes(processes, task.clients)
            watch = stack.enter_context(Watch(nodes.start()))
            nodes.submit()
        else:
            watch = stack.enter_context(Watch({}))
            processes.start("simulation", [sys.executable, "-m", "setsuden.federated.flower.simulated"])
        ended = _awaited(processes, folder, rounds, on_round)
        watch.stop()
    if ended.failure is not None:
        raise ended.failure
    assert ended.result is not None
    return finished(ended.result, ended.calls, watch.watched(), deployed=deploy)


def _awaited(
    processes: Brood, folder: Path, rounds: Iterator[RoundDone | None], on_round: Callable[[RoundDone], None] | None
) -> Ended:
    """What the server leaves, once it has left it; rounds are told as they come."""
    while True:
        lost = processes.lost()
        there = (folder / RESULT_FILE).is_file()
        while (done := next(rounds)) is not None:
            if on_round is not None:
                on_round(done)
        if there:
            ended: Ended = pickle.loads((folder / RESULT_FILE).read_bytes())
            return ended
        if lost is not None:
            raise lost
        time.sleep(_POLL_S)


def _rounds(path: Path) -> Iterator[RoundDone | None]:
    """Rounds as they are written to the file; None where there is no whole one yet."""
    position = 0
    while True:
        found: RoundDone | None = None
        if path.is_file():
            with path.open("rb") as file:
                file.seek(position)
                try:
                    found = pickle.load(file)
                    position = file.tell()
                except (EOFError, pickle.UnpicklingError):
                    found = None
        yield found


def _check(task: FederatedTask, checkpoint: Path | None, workers: int | None) -> None:
    if checkpoint is not None and (task.compression.keeps_residual or task.algorithm.keeps_control):
        raise InputError(
            "clients keep residuals or control variates, which end with their processes",
            place="checkpoint",
            remedy="Leave the checkpoint out, or use the embedded engine.",
        )
    if workers is not None and workers < 1:
        raise InputError("must be at least 1", place="workers", value=workers)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
