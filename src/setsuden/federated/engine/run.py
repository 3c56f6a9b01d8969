"""The embedded engine: from a task to a trace and a model, on the processors of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from setsuden.errors import InputError
from setsuden.federated.algorithms import FedBuff
from setsuden.federated.engine.asynchronous import AsynchronousRounds
from setsuden.federated.engine.closing import client_accuracy, personalised
from setsuden.federated.engine.federation import Federation
from setsuden.federated.engine.gossip import GossipRounds
from setsuden.federated.engine.keeping import Keeper
from setsuden.federated.engine.orders import Answering
from setsuden.federated.engine.pool import Pool
from setsuden.federated.engine.result import Clients, FederatedResult, RoundDone
from setsuden.federated.engine.rounds import Rounds
from setsuden.federated.engine.shared import SharedArray
from setsuden.federated.engine.synchronous import SynchronousRounds
from setsuden.federated.engine.timeline import usual
from setsuden.federated.engine.worker import Memory, kit_of
from setsuden.federated.facts import WorkFacts, header_of
from setsuden.federated.local import initial_parameters, trainer_of
from setsuden.federated.stop import StopWatch
from setsuden.federated.topology import Hierarchical, Peers, mixing_gap
from setsuden.federated.world import EqualWorld, World

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask


def run(
    task: FederatedTask,
    world: World | None = None,
    *,
    workers: int | None = None,
    checkpoint: Path | None = None,
    on_round: Callable[[RoundDone], None] | None = None,
) -> FederatedResult:
    """Train ``task`` for real, with the clock of ``world``; the same result for any number of workers.

    world        by default all clients alike and always awake
    workers      processes of one thread each, >= 1; by default as many as this process may use processors
    checkpoint   a file that is replaced after every round; where it exists the run goes on from it
    on_round     called after every round

    A client whose model raises, hangs, ends its process or gives NaN is counted, left out and named in ``faults``.
    InputError for parts that do not fit together, or a checkpoint of another task.
    """
    count = len(os.sched_getaffinity(0)) if workers is None and hasattr(os, "sched_getaffinity") else workers
    count = max(1, count if count is not None else os.cpu_count() or 1)
    if workers is not None and workers < 1:
        raise InputError("must be at least 1", place="workers", value=workers)

    @contextmanager
    def processes(memory: Memory, work: tuple[WorkFacts, ...]) -> Iterator[Answering]:
        with Pool(kit_of(task, memory, work), count, task.failures.hang_s) as pool:
            yield pool

    return run_over(processes, task, world, workers=count, checkpoint=checkpoint, on_round=on_round)


def run_over(
    pool_of: Callable[[Memory, tuple[WorkFacts, ...]], AbstractContextManager[Answering]],
    task: FederatedTask,
    world: World | None = None,
    *,
    workers: int = 1,
    checkpoint: Path | None = None,
    on_round: Callable[[RoundDone], None] | None = None,
) -> FederatedResult:
    """As ``run``, with turns done by whatever ``pool_of`` opens over the vectors of the run."""
    surroundings = EqualWorld(task.clients) if world is None else world
    if surroundings.clients != task.clients:
        raise InputError(
            f"the world has {surroundings.clients} clients, the partition {task.clients}",
            place="world",
            remedy="Declare as many clients in the fleet as the partition has.",
        )
    _check_budgets(task, surroundings)
    trainer = trainer_of(task)
    memory = _memory(task, trainer.size, trainer.trainable, workers)
    with pool_of(memory, trainer.work) as pool:
        return _Run(task, surroundings, trainer.work, pool, memory, checkpoint, on_round).to_the_end()


class _Run:
    """One run: its parts, and the loop over its rounds."""

    def __init__(
        self,
        task: FederatedTask,
        world: World,
        work: tuple[WorkFacts, ...],
        pool: Answering,
        memory: Memory,
        checkpoint: Path | None,
        on_round: Callable[[RoundDone], None] | None,
    ) -> None:
        self.task, self.on_round = task, on_round
        self.keeper = Keeper(checkpoint, task, world)
        progress, recorder = self.keeper.begun(task.clients)
        self.resumed_from = progress.round
        samples = np.array([len(rows) for rows in task.partition.indices], dtype=np.int64)
        self.fed = Federation(task, world, work, pool, memory, progress, recorder, samples, usual(task, work))
        self.rounds = _rounds(self.fed)
        self.keeper.restore(self.rounds, memory)
        self.watch = StopWatch(task.stop)
        self.watch.in_a_row = progress.in_a_row

    def to_the_end(self) -> FederatedResult:
        """Rounds until a bound is met, then the closing looks."""
        progress = self.fed.progress
        reason = self._over() if self.resumed_from else None
        while reason is None:
            reason = self._round(progress.round + 1)
        return self._closed(reason)

    def _over(self) -> str | None:
        """Whether a run that was resumed had already ended."""
        progress, stop = self.fed.progress, self.task.stop
        if stop.target is not None and progress.in_a_row >= stop.held:
            self.watch.reached_round = progress.round
            return "target"
        return StopWatch(stop).look(progress.round, None, progress.spent)

    def _round(self, round_: int) -> str | None:
        fed, progress = self.fed, self.fed.progress
        start_s, faults = progress.time_s, len(progress.faults)
        asked, replied = self.rounds.round(round_)
        progress.round = round_
        ends = self.watch.look(round_, None, progress.spent) is not None
        accuracy = loss = None
        if ends or round_ % self.task.evaluate_every == 0:
            accuracy, loss = fed.evaluate(round_, self.rounds.evaluation_rows())
            progress.accuracy, progress.test_loss = accuracy, loss
        reason = self.watch.look(round_, accuracy, progress.spent)
        progress.in_a_row = self.watch.in_a_row
        fed.recorder.round(round_, start_s, progress.time_s, asked, replied, accuracy, loss)
        self.keeper.save(self.fed, self.rounds)
        if self.on_round is not None:
            new = tuple(progress.faults[faults:])
            self.on_round(RoundDone(round_, asked, replied, accuracy, loss, progress.train_loss, progress.spent, new))
        return reason

    def _closed(self, reason: str) -> FederatedResult:
        task, fed, progress = self.task, self.fed, self.fed.progress
        peers = task.topology.peer_to_peer
        self.rounds.end()
        accuracy, consensus = client_accuracy(fed, self.rounds.parameters)
        personal = None
        if task.personalise_epochs:
            rows = list(range(task.clients)) if peers else self.rounds.evaluation_rows() * task.clients
            personal = personalised(fed, rows)
        gap = None
        if isinstance(task.topology, Peers):
            gap = mixing_gap(task.topology, task.clients, task.seed, progress.round)
        header = header_of(
            task,
            fed.work[0],
            engine="embedded",
            clock="virtual",
            regions=fed.world.regions,
            reached_round=self.watch.reached_round,
            stop_reason=reason,
            spectral_gap=gap,
        )
        epsilon = None
        if task.privacy is not None:
            epsilon = task.privacy.epsilon(progress.round, task.selection.participation(task.clients))
        return FederatedResult(
            trace=fed.recorder.trace(header),
            parameters=self.rounds.parameters.copy(),
            accuracy=progress.accuracy,
            loss=progress.test_loss,
            spent=progress.spent,
            faults=tuple(progress.faults),
            clients=Clients(progress.asked, progress.replied, progress.faulted, accuracy, personal, fed.world.regions),
            consensus=consensus if peers else None,
            epsilon=epsilon,
            resumed_from=self.resumed_from,
        )


def _rounds(federation: Federation) -> Rounds:
    initial = initial_parameters(federation.task)
    if federation.task.topology.peer_to_peer:
        return GossipRounds(federation, initial)
    if isinstance(federation.task.algorithm, FedBuff):
        return AsynchronousRounds(federation, initial)
    return SynchronousRounds(federation, initial)


def _memory(task: FederatedTask, size: int, trainable: int, workers: int) -> Memory:
    clients = task.clients
    if task.topology.peer_to_peer:
        models, sums = clients + 1, clients
    elif isinstance(task.algorithm, FedBuff):
        models, sums = task.algorithm.concurrency + 2, task.algorithm.buffer
    else:
        edges = task.topology.aggregators if isinstance(task.topology, Hierarchical) else 0
        models, sums = 1 + edges, clients
    keeps = task.algorithm.keeps_control
    return Memory(
        models=SharedArray((models, size), np.float32),
        sums=SharedArray((max(sums, clients), size), np.float32),
        progress=SharedArray((workers, 2), np.int64),
        residuals=SharedArray((2, clients, size), np.float32) if task.compression.keeps_residual else None,
        own_controls=SharedArray((2, clients, trainable), np.float32) if keeps else None,
        control=SharedArray((trainable,), np.float32) if keeps else None,
    )


def _check_budgets(task: FederatedTask, world: World) -> None:
    wants_j, wants_g = task.stop.energy_j is not None, task.stop.carbon_g is not None
    if (wants_j or wants_g) and world.turn_j(0, 1.0, 1, 1, 1) is None:
        raise InputError(
            "a budget in joules or grams needs a world that counts joules",
            place="stop.energy_j" if wants_j else "stop.carbon_g",
            remedy="Declare a fleet, or set a budget of rounds or seconds.",
        )
    if wants_g and world.intensity_g_per_kwh(0.0) is None:
        raise InputError(
            "a budget in grams needs the grid of each client", place="stop.carbon_g", remedy="Declare a fleet."
        )
