"""One client's turn: the one place where a client trains, whatever engine asks it to.

Its result depends on the task, the round, the client and the model it was given, on nothing else: not on the machine's
other work, not on who trained before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.algorithms.base import Vector
from setsuden.federated.compression import Encoded, SubModel
from setsuden.federated.shuffle import orders

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask
    from setsuden.federated.trainer import Trainer

_CODE_STREAM, _DROPOUT_STREAM = 0xC0, 0xD0
_trainers: WeakKeyDictionary[FederatedTask, Trainer] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, eq=False)
class ClientResult:
    """What one turn gave.

    update        (parameters,) float32: new minus received model; zeros where a sub-model has no entry
    samples       processed, every epoch counted; steps: of SGD; macs: multiply-accumulates, backward included
    loss          mean cross-entropy per sample over the turn, in nats; NaN where nothing was processed
    weight        how much the update counts: samples held, or 1 where the task weighs alike
    finite        whether every number of the update is
    cpu_s         processor seconds of this process
    places        (entries,): which parameters a sub-model holds; None for the whole model
    control       (trainable,): change of the client's control variate, which own_control is now; SCAFFOLD only
    """

    client: int
    update: Vector
    samples: int
    steps: int
    macs: float
    loss: float
    weight: float
    finite: bool
    cpu_s: float
    places: NDArray[np.int64] | None = None
    control: Vector | None = None
    own_control: Vector | None = None


class Change(NamedTuple):
    """Of a ``ClientResult`` what is sent."""

    client: int
    update: Vector
    places: NDArray[np.int64] | None


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """An update on its way: the message, what the receiver makes of it, and what waits for the next round.

    update     (parameters,) float32 as the server sees it; residual: (parameters,), None without error feedback
    """

    message: Encoded
    update: Vector
    residual: Vector | None


def train_client(
    task: FederatedTask,
    client: int,
    parameters: Vector,
    round_: int,
    *,
    control: Vector | None = None,
    own_control: Vector | None = None,
    max_steps: int | None = None,
) -> ClientResult:
    """Train ``client`` from ``parameters`` (float32, whole model) as round ``round_`` (from 1) of ``task`` wants.

    control, own_control   the server's and the client's control variates, (trainable,); SCAFFOLD only, zeros if None
    max_steps              stop after so many steps of SGD

    What the model raises is let through. A client without samples gives an update of zeros and weight 0.
    """
    began = time.process_time()
    done = trainer_of(task).train(client, parameters, round_, control, own_control, max_steps)
    return ClientResult(
        client=client,
        update=done.update,
        samples=done.samples,
        steps=done.steps,
        macs=done.macs,
        loss=done.loss,
        weight=weight_of(task, client) if done.steps else 0.0,
        finite=done.finite,
        cpu_s=time.process_time() - began,
        places=done.places,
        control=done.control,
        own_control=done.own_control,
    )


def outgoing(task: FederatedTask, result: ClientResult | Change, round_: int, residual: Vector | None = None) -> Sent:
    """The update of ``result`` clipped and encoded as the task wants; ``residual`` is what waited at the client."""
    update = result.update if task.privacy is None else task.privacy.clip(result.update)
    if residual is not None:
        update = update + residual
    sent = update if result.places is None else update[result.places]
    message = task.compression.encode(sent, np.random.default_rng([task.seed, _CODE_STREAM, round_, result.client]))
    if task.compression.lossless:
        return Sent(message, update, None)
    seen = task.compression.decode(message)
    return Sent(message, seen, update - seen if task.compression.keeps_residual else None)


def initial_parameters(task: FederatedTask) -> Vector:
    """(parameters,) float32: the model before the first round, from the task's seed."""
    return trainer_of(task).initial.copy()


def trainer_of(task: FederatedTask) -> Trainer:
    """The model and the samples of a task, ready for training; made once per process."""
    found = _trainers.get(task)
    if found is None:
        from setsuden.federated.trainer import Trainer

        found = _trainers[task] = Trainer(task)
    return found


def weight_of(task: FederatedTask, client: int) -> float:
    """How much a client's update counts: its samples, or 1 where the task weighs all alike."""
    held = len(task.partition.indices[client])
    return float(min(held, 1) if task.uniform_weights else held)


def batches(
    rows: NDArray[np.int64],
    batch_size: int,
    epochs: int,
    seed: tuple[int, int, int],
    *,
    max_steps: int | None = None,
    least: int = 1,
) -> Iterator[NDArray[np.int64]]:
    """Rows of each step: every epoch a new permutation, cut into batches; a rest shorter than ``least`` is left out.

    seed   task's seed, round, client
    """
    left = steps_of(len(rows), batch_size, epochs, least) if max_steps is None else max_steps
    held = np.array([len(rows)])
    for epoch in range(epochs):
        order = rows[orders(held, seed[0], seed[1], np.array([seed[2]]), epoch)[0]]
        for start in range(0, len(rows), batch_size):
            batch = order[start : start + batch_size]
            if left <= 0 or (len(batch) < least and len(rows) > batch_size):
                break
            left -= 1
            yield batch


def dropout_seed(seed: int, round_: int, client: int) -> int:
    """What torch's random numbers start from in a client's turn."""
    return int(np.random.SeedSequence([seed, _DROPOUT_STREAM, round_, client]).generate_state(1, np.uint64)[0] >> 1)


def steps_of(samples: int, batch_size: int, epochs: int, least: int = 1) -> int:
    """Steps of SGD in a turn."""
    full, rest = divmod(samples, batch_size)
    return epochs * (full + (1 if rest >= least or (rest and not full) else 0))


def samples_of(samples: int, batch_size: int, epochs: int, steps: int, least: int = 1) -> int:
    """Samples that the first ``steps`` steps of a turn process."""
    each = steps_of(samples, batch_size, 1, least)
    whole = samples if each * batch_size >= samples else each * batch_size
    passes, begun = divmod(steps, each) if each else (0, 0)
    return passes * whole + min(begun * batch_size, samples)


def is_finite(update: Vector) -> bool:
    """Whether no number is NaN or infinite."""
    return math.isfinite(float(update.sum()))


def sub_model_of(task: FederatedTask, client: int) -> int:
    """The device class of a client; 0 where everybody trains the whole model."""
    return task.compression.class_of(client) if isinstance(task.compression, SubModel) else 0
