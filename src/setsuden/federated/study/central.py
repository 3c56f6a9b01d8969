"""The other side of the comparison: the same model trained in one place, on all samples, to the same target."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from setsuden.federated.stop import Spent, StopWatch
from setsuden.federated.study.declaration import CentralChoice
from setsuden.federated.task import FederatedTask
from setsuden.workload import zoo
from setsuden.workload.settings import TrainConfig


@dataclass(frozen=True, slots=True)
class Look:
    """Quality after so many samples. accuracy is a share (0-1) of the held-out samples."""

    samples: int
    accuracy: float


@dataclass(frozen=True, slots=True)
class Centralised:
    """What training in one place took.

    looks            quality along the way, ``evaluations_per_epoch`` times an epoch
    samples          trained on, every epoch counted, up to the end or to where the target was reached and held
    evaluated        held-out samples looked at along the way
    epochs, steps    with fraction; of ``samples``
    reached          whether the target was met; None where there was no target
    cpu_s, wall_s    on this machine
    """

    looks: tuple[Look, ...]
    samples: int
    evaluated: int
    epochs: float
    steps: int
    reached: bool | None
    cpu_s: float
    wall_s: float

    @property
    def accuracy(self) -> float:
        """At the end."""
        return self.looks[-1].accuracy


def train_centrally(
    task: FederatedTask, choice: CentralChoice, on_look: Callable[[Look], None] | None = None
) -> Centralised:
    """Train as ``choice`` says until the task's target holds as long as the task asks, or the epochs are over.

    The weights start as those of the federation of the same seed. One torch thread, as a worker of the engine has.
    """
    from setsuden.workload.training import TrainingSession

    data = task.data
    model = zoo.build(
        task.model,
        input_shape=data.input_shape,
        num_classes=data.num_classes,
        vocabulary=data.vocabulary,
        seed=task.seed,
    )
    config = TrainConfig(
        learning_rate=choice.learning_rate,
        momentum=choice.momentum,
        weight_decay=task.local.weight_decay,
        batch_size=min(choice.batch_size, len(data.y_train)),
        epochs=choice.epochs,
        threads=1,
        seed=task.seed,
    )
    watch = StopWatch(task.stop)
    looks: list[Look] = []
    started, started_cpu = time.perf_counter(), time.process_time()
    with TrainingSession(model, data, config) as session:
        slice_ = max(1, session.steps_per_epoch // choice.evaluations_per_epoch)
        while session.step < session.planned_steps and not session.diverged and watch.reached_round is None:
            session.run_steps(min(slice_, session.planned_steps - session.step))
            look = Look(session.samples, session.evaluate().accuracy)
            looks.append(look)
            watch.look(len(looks), look.accuracy, Spent(0.0, None, None))
            if on_look is not None:
                on_look(look)
        return Centralised(
            tuple(looks),
            session.samples,
            len(looks) * len(data.y_test),
            session.epoch,
            session.step,
            None if task.stop.target is None else watch.reached_round is not None,
            time.process_time() - started_cpu,
            time.perf_counter() - started,
        )
