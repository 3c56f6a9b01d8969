"""The model of a task with its samples as tensors, and SGD over one client's part of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from setsuden.federated.algorithms.base import Vector
from setsuden.federated.compression import SubModel
from setsuden.federated.dense import Descent, dense_layers, descend
from setsuden.federated.facts import WorkFacts, build_model, work_facts
from setsuden.federated.flat import FlatModel
from setsuden.federated.grouped import descend_grouped, grouped_stack
from setsuden.federated.local import batches, dropout_seed, is_finite, sub_model_of
from setsuden.federated.narrow import narrowed
from setsuden.federated.schedule import Layout, Scheduler
from setsuden.workload._torch_state import evaluating

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask


class Trained(NamedTuple):
    """As the fields of ``local.ClientResult``."""

    update: Vector
    samples: int
    steps: int
    macs: float
    loss: float
    finite: bool
    places: NDArray[np.int64] | None
    control: Vector | None
    own_control: Vector | None


class Together(NamedTuple):
    """Turns of several clients: their places in the input, and as ``Trained``, one entry each.

    updates   (turns, parameters); overwritten when the next turns are asked for
    """

    turns: list[int]
    updates: torch.Tensor
    samples: list[int]
    steps: list[int]
    macs: list[float]
    losses: list[float]
    finite: list[bool]


class SubTrainer(NamedTuple):
    """A model of one width: itself, its entries in the whole vector (None: all), its work per sample."""

    model: FlatModel
    places: NDArray[np.int64] | None
    work: WorkFacts


class Trainer:
    """One per task and process; holds one model per width and no state between turns."""

    def __init__(self, task: FederatedTask, work: tuple[WorkFacts, ...] | None = None) -> None:
        module = build_model(task)
        self.work = work if work is not None else work_facts(task, module)
        parts = narrowed(task, module)
        works = self.work[1:] if len(self.work) > 1 else self.work
        self.x = torch.from_numpy(task.data.x_train)
        self.y = torch.from_numpy(task.data.y_train)
        self._local, self._seed = task.local, task.seed
        self._proximal = task.algorithm.proximal
        self._keeps_control = task.algorithm.keeps_control
        self._extras = bool(task.local.momentum or task.local.weight_decay or self._proximal or self._keeps_control)
        self._rows = task.partition.indices
        self._schedule = Scheduler(self._rows, task.local.batch_size, task.local.epochs, task.seed)
        self._classes = tuple(sub_model_of(task, client) for client in range(task.clients))
        whole = FlatModel(module.train())
        whole_only = not isinstance(task.compression, SubModel)
        self._dense = dense_layers(module) if whole_only else None
        self._grouped = grouped_stack(module) if whole_only and self._dense is None else None
        self.initial: Vector = whole.numpy.copy()
        self._whole = whole
        self.size, self.trainable = whole.size, whole.trainable
        self._x_test, self._y_test = torch.from_numpy(task.data.x_test), torch.from_numpy(task.data.y_test)
        self._classes_of_labels = task.data.num_classes
        self.subs = tuple(
            SubTrainer(FlatModel(part.module.train()) if part.places is not None else whole, part.places, facts)
            for part, facts in zip(parts, works, strict=True)
        )

    def sub(self, client: int) -> SubTrainer:
        """The model that a client trains."""
        return self.subs[self._classes[client]]

    def train(
        self,
        client: int,
        parameters: Vector,
        round_: int,
        control: Vector | None,
        own_control: Vector | None,
        max_steps: int | None,
        epochs: int | None = None,
    ) -> Trained:
        """One turn; see ``local.train_client``."""
        sub = self.sub(client)
        model, places = sub.model, sub.places
        model.load(parameters if places is None else parameters[places])
        received = model.vector.clone()
        step = self._step(model, received, control, own_control)
        steps = samples = 0
        total = 0.0
        least = 2 if model.normalises else 1
        with torch.random.fork_rng(devices=[], enabled=not model.steady):
            if not model.steady:
                torch.manual_seed(dropout_seed(self._seed, round_, client))
            for rows in batches(
                self._rows[client],
                self._local.batch_size,
                self._local.epochs if epochs is None else epochs,
                (self._seed, round_, client),
                max_steps=max_steps,
                least=least,
            ):
                chosen = torch.from_numpy(rows)
                total += step(self.x[chosen], self.y[chosen]) * len(rows)
                steps += 1
                samples += len(rows)
        moved: Vector = (model.vector - received).numpy()
        changes = self._controls(moved, steps, control, own_control)
        if places is None:
            update = moved
        else:
            update = np.zeros(self.size, dtype=np.float32)
            update[places] = moved
        macs = sub.work.training_macs * samples
        loss = total / samples if samples else float("nan")
        return Trained(update, samples, steps, macs, loss, is_finite(update), places, *changes)

    def score(self, parameters: Vector, first: int, last: int) -> tuple[tuple[int, ...], tuple[int, ...], float]:
        """Held-out samples first .. last - 1: right ones and all, per class, and the sum of their losses."""
        self._whole.load(parameters)
        labels = self._y_test[first:last]
        with evaluating(self._whole.module):
            logits = self._whole.module(self._x_test[first:last])
            loss = float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
            right = labels[logits.argmax(dim=1) == labels]
        count = self._classes_of_labels
        found = (torch.bincount(part, minlength=count).tolist() for part in (right, labels))
        return tuple(next(found)), tuple(next(found)), loss

    def train_together(
        self, clients: tuple[int, ...], received: torch.Tensor, limits: tuple[int | None, ...], round_: int
    ) -> Iterator[Together] | None:
        """Several clients by written-out SGD; None where autograd must do it.

        received   (clients, parameters); limits: most steps
        """
        alone = (self._dense is None and self._grouped is None) or self._extras
        if alone or not all(len(self._rows[client]) for client in clients):
            return None
        plan, rate = self._schedule(clients, limits, round_), self._local.learning_rate
        if self._dense is not None:
            done = descend(self._dense, received, self.x.view(len(self.x), -1), self.y, plan, rate)
        else:
            assert self._grouped is not None
            done = descend_grouped(self._grouped, received, self.x, self.y, plan, rate)
        return (self._told(plan.layout, part) for part in done)

    def _told(self, layout: Layout, part: Descent) -> Together:
        here = slice(part.places.start, part.places.stop)
        samples = layout.samples[here]
        return Together(
            turns=layout.place[here].tolist(),
            updates=part.updates,
            samples=samples,
            steps=layout.steps[here],
            macs=[self.work[0].training_macs * count for count in samples],
            losses=[total / count for total, count in zip(part.losses.tolist(), samples, strict=True)],
            finite=part.updates.sum(dim=1).isfinite().tolist(),
        )

    def _step(
        self, model: FlatModel, received: torch.Tensor, control: Vector | None, own_control: Vector | None
    ) -> _Plain | _General:
        plain = _Plain(model, self._local.learning_rate)
        if not self._extras:
            return plain
        drift = torch.zeros(model.trainable)
        if control is not None:
            drift += torch.from_numpy(control)
        if own_control is not None:
            drift -= torch.from_numpy(own_control)
        return _General(
            model, self._local.learning_rate, self._local.momentum, self._local.weight_decay, self._proximal, received,
            drift if self._keeps_control else None,
        )  # fmt: skip

    def _controls(
        self, moved: Vector, steps: int, control: Vector | None, own_control: Vector | None
    ) -> tuple[Vector | None, Vector | None]:
        if not self._keeps_control:
            return None, None
        own = np.zeros(self.trainable, dtype=np.float32) if own_control is None else own_control
        if not steps:
            return np.zeros_like(own), own
        new = own - moved[: self.trainable] / np.float32(steps * self._local.learning_rate)
        if control is not None:
            new -= control
        return new - own, new


class _Plain:
    """One step of plain SGD."""

    def __init__(self, model: FlatModel, rate: float) -> None:
        self._model, self._rate = model, rate

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> float:
        """Mean loss before the step."""
        loss = nn.functional.cross_entropy(self._model.module(x), y)
        gradients = torch.autograd.grad(loss, self._model.leaves, allow_unused=True)
        with torch.no_grad():
            for leaf, gradient in zip(self._model.leaves, gradients, strict=True):
                if gradient is not None:
                    leaf.add_(gradient, alpha=-self._rate)
        return float(loss.detach())


class _General:
    """One step with momentum, weight decay, a proximal pull or SCAFFOLD's correction, over the flat vector."""

    def __init__(
        self,
        model: FlatModel,
        rate: float,
        momentum: float,
        decay: float,
        proximal: float,
        received: torch.Tensor,
        drift: torch.Tensor | None,
    ) -> None:
        self._model, self._rate, self._momentum, self._decay, self._proximal = model, rate, momentum, decay, proximal
        self._weights = model.vector[: model.trainable]
        self._received = received[: model.trainable]
        self._drift = drift
        self._velocity = torch.zeros(model.trainable) if momentum else None

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> float:
        """Mean cross-entropy before the step, without the proximal term."""
        loss = nn.functional.cross_entropy(self._model.module(x), y)
        gradients = torch.autograd.grad(loss, self._model.leaves, allow_unused=True)
        with torch.no_grad():
            slope = torch.cat(
                [
                    (torch.zeros_like(leaf) if gradient is None else gradient).reshape(-1)
                    for leaf, gradient in zip(self._model.leaves, gradients, strict=True)
                ]
            )
            if self._decay:
                slope.add_(self._weights, alpha=self._decay)
            if self._proximal:
                slope.add_(self._weights, alpha=self._proximal).sub_(self._received, alpha=self._proximal)
            if self._drift is not None:
                slope.add_(self._drift)
            if self._velocity is not None:
                slope = self._velocity.mul_(self._momentum).add_(slope)
            self._weights.add_(slope, alpha=-self._rate)
        return float(loss.detach())
