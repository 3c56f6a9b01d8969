"""A worker process: one torch thread, the task and its samples, and orders one after the other until told to stop."""

from __future__ import annotations

import os
import sys
import time
import traceback
from dataclasses import dataclass, fields
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.algorithms.base import Vector
from setsuden.federated.engine.orders import (
    Answer,
    EvaluateJob,
    Job,
    Personal,
    PersonaliseJob,
    Score,
    TrainJob,
    Turn,
    TurnReport,
    hear,
    tell,
)
from setsuden.federated.engine.shared import SharedArray
from setsuden.federated.local import Change, outgoing
from setsuden.federated.trace import Outcome
from setsuden.workload.data import Dataset

if TYPE_CHECKING:
    import torch

    from setsuden.federated.facts import WorkFacts
    from setsuden.federated.task import FederatedTask
    from setsuden.federated.trainer import Together, Trainer

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What all processes of a run see. models, sums: (rows, parameters).

    residuals     (2, clients, parameters): what waits at each client for its next update; None without error feedback
    own_controls  (2, clients, trainable), control: (trainable,): SCAFFOLD only
    progress      (workers, 2): jobs that a worker has done; turns it has begun of the next, 0 where they train together
    """

    models: SharedArray[np.float32]
    sums: SharedArray[np.float32]
    progress: SharedArray[np.int64]
    residuals: SharedArray[np.float32] | None = None
    own_controls: SharedArray[np.float32] | None = None
    control: SharedArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Kit:
    """All that a worker needs to start: the task in parts, its samples shared, where the user's modules are found."""

    task: dict[str, Any]
    data: dict[str, Any]
    arrays: dict[str, SharedArray[Any]]
    memory: Memory
    work: tuple[WorkFacts, ...]
    paths: tuple[str, ...]
    folder: str


def kit_of(task: FederatedTask, memory: Memory, work: tuple[WorkFacts, ...]) -> Kit:
    """Pack a task for the workers; its samples are copied to shared memory once."""
    parts = {part.name: getattr(task, part.name) for part in fields(task) if part.name != "data"}
    about = {part.name: getattr(task.data, part.name) for part in fields(task.data) if part.name not in _ARRAYS}
    arrays = {name: SharedArray.of(getattr(task.data, name)) for name in _ARRAYS}
    return Kit(parts, about, arrays, memory, work, tuple(sys.path), os.getcwd())


def serve(kit: Kit, index: int, connection: Connection) -> None:
    """The life of a worker: build the model, say so, then answer jobs until the connection ends."""
    sys.path[:] = list(kit.paths)
    os.chdir(kit.folder)
    import torch

    from setsuden.federated.task import FederatedTask
    from setsuden.federated.trainer import Trainer

    torch.set_num_threads(1)
    try:
        parts: dict[str, Any] = kit.data | {name: shared.array for name, shared in kit.arrays.items()}
        data = Dataset(**parts)
        task = FederatedTask(data=data, **kit.task)
        worker = Worker(task, Trainer(task, kit.work), kit.memory, index)
        tell(connection, None)
        while True:
            tell(connection, tuple(worker.answer(job) for job in hear(connection)))
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return


class Worker:
    """Answers jobs with a trainer and the shared memory of a run."""

    def __init__(self, task: FederatedTask, trainer: Trainer, memory: Memory, index: int) -> None:
        self._task, self._trainer, self._memory, self._index = task, trainer, memory, index
        self._sends_plain = task.compression.lossless and task.privacy is None

    def answer(self, job: Job) -> Answer:
        """Do a job."""
        if isinstance(job, TrainJob):
            answer: Answer = self._train(job)
        elif isinstance(job, EvaluateJob):
            answer = self._score(self._memory.models.array[job.model], job.first, job.last)
        else:
            answer = self._personalise(job)
        progress = self._memory.progress.array[self._index]
        progress[1] = 0
        progress[0] += 1
        return answer

    def _train(self, job: TrainJob) -> tuple[TurnReport, ...]:
        fresh = {turn.out for turn in job.turns}
        self._memory.sums.array[sorted(fresh)] = 0.0
        together = self._together(job)
        if together is not None:
            return together
        reports = []
        for turn in job.turns:
            self._memory.progress.array[self._index, 1] += 1
            reports.append(self._turn(turn, job.whole))
        return tuple(reports)

    def _together(self, job: TrainJob) -> tuple[TurnReport, ...] | None:
        """All turns at once, where the trainer has a faster way for such a model."""
        began = time.process_time()
        done = self._trainer.train_together(
            tuple(turn.client for turn in job.turns),
            self._received(job.turns),
            tuple(turn.max_steps for turn in job.turns),
            job.turns[0].round,
        )
        if done is None:
            return None
        reports: dict[int, TurnReport] = {}
        for part in done:
            ends = self._deliver_together(job, part)
            columns = (ends, part.samples, part.steps, part.macs, part.losses)
            for at, (outcome, message), samples, steps, macs, loss in zip(part.turns, *columns, strict=True):
                client = job.turns[at].client
                reports[at] = TurnReport(client, outcome, samples, steps, macs, loss, message=message)
        each = (time.process_time() - began) / len(reports)
        return tuple(reports[at]._replace(cpu_s=each) for at in range(len(reports)))

    def _received(self, turns: tuple[Turn, ...]) -> torch.Tensor:
        """(turns, parameters): a copy, or one row that all share."""
        import torch

        models = torch.from_numpy(self._memory.models.array)
        rows = [turn.model for turn in turns]
        if len(set(rows)) == 1:
            return models[rows[0]].expand(len(rows), -1)
        return models[rows]

    def _deliver_together(self, job: TrainJob, part: Together) -> list[tuple[Outcome, str | None]]:
        """As ``_deliver``; one weighted sum where updates are sent as they are and all enter one row."""
        import torch

        turns = [job.turns[at] for at in part.turns]
        if self._sends_plain and not job.whole and all(part.finite) and len({turn.out for turn in turns}) == 1:
            row = torch.from_numpy(self._memory.sums.array[turns[0].out])
            row.addmv_(part.updates.t(), torch.tensor([turn.weight for turn in turns]))
            return [(Outcome.DONE, None)] * len(turns)
        updates = zip(turns, part.updates.numpy(), part.finite, strict=True)
        return [self._deliver(turn, job.whole, update, finite) for turn, update, finite in updates]

    def _turn(self, turn: Turn, whole: bool) -> TurnReport:
        memory = self._memory
        own = None if memory.own_controls is None else memory.own_controls.array[turn.version, turn.client]
        began = time.process_time()
        try:
            trained = self._trainer.train(
                turn.client,
                memory.models.array[turn.model],
                turn.round,
                None if memory.control is None else memory.control.array,
                own,
                turn.max_steps,
                turn.epochs,
            )
        except Exception as error:  # a user's model may raise anything; it costs this client's turn, not the run
            cpu_s = time.process_time() - began
            return TurnReport(turn.client, Outcome.RAISED, cpu_s=cpu_s, message=_told(error))
        outcome, message = self._deliver(
            turn, whole, trained.update, trained.finite, trained.places, trained.own_control
        )
        cpu_s = time.process_time() - began
        facts = (trained.samples, trained.steps, trained.macs, trained.loss)
        return TurnReport(turn.client, outcome, *facts, cpu_s, message)

    def _deliver(
        self,
        turn: Turn,
        whole: bool,
        update: Vector,
        finite: bool,
        places: NDArray[np.int64] | None = None,
        own_control: Vector | None = None,
    ) -> tuple[Outcome, str | None]:
        """Encode what was trained, add it to its row, keep the client's memory; nothing where it is not finite."""
        if not finite:
            return Outcome.NOT_FINITE, "its update holds NaN or infinity"
        import torch

        memory, row = self._memory, self._memory.sums.array[turn.out]
        if whole:
            np.add(memory.models.array[turn.model], update, out=row)
        else:
            sent = update if self._sends_plain else self._sent(turn, update, places)
            torch.from_numpy(row).add_(torch.from_numpy(sent), alpha=turn.weight)
        if memory.own_controls is not None:
            assert own_control is not None
            memory.own_controls.array[1 - turn.version, turn.client] = own_control
        return Outcome.DONE, None

    def _sent(self, turn: Turn, update: Vector, places: NDArray[np.int64] | None) -> Vector:
        """The update as the server sees it."""
        kept = self._memory.residuals
        waiting = None if kept is None else kept.array[turn.version, turn.client]
        sent = outgoing(self._task, Change(turn.client, update, places), turn.round, waiting)
        if kept is not None:
            kept.array[1 - turn.version, turn.client] = sent.residual
        return sent.update

    def _personalise(self, job: PersonaliseJob) -> Personal:
        self._memory.progress.array[self._index, 1] += 1
        turn = job.turn
        self._memory.sums.array[turn.out] = 0.0
        report = self._turn(turn, whole=True)
        if report.outcome is not Outcome.DONE:
            return Personal(report, None)
        row = self._memory.sums.array[turn.out]
        return Personal(report, self._score(row, 0, len(self._task.data.y_test)))

    def _score(self, parameters: np.ndarray[Any, np.dtype[np.float32]], first: int, last: int) -> Score:
        began = time.process_time()
        right, seen, loss = self._trainer.score(parameters, first, last)
        return Score(right, seen, loss, time.process_time() - began)


def _told(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({os.path.basename(place.filename)}:{place.lineno})"[:500]
