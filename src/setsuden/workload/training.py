"""Training in slices that can be measured: run some steps, stop, measure, go on; or ``train`` for a whole run."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import torch
from torch import nn

from setsuden.workload._optimizer import optimizer_of
from setsuden.workload._torch_state import PrivateRandom, borrowed_threads, computing_in, synchronise, usable_device
from setsuden.workload.data import Dataset
from setsuden.workload.inference import Evaluation, evaluate
from setsuden.workload.loader import BatchFeed, BatchOrder
from setsuden.workload.settings import TrainConfig, at_least

OnStep = Callable[[int, float], None]
# Reading the loss waits for the device; on CUDA it is read rarely so that the queue stays full.
_CUDA_STEPS_PER_LOOK = 50


@dataclass(frozen=True, slots=True)
class StepsDone:
    """What a slice of training did.

    steps, samples    done in this slice
    loss              mean cross-entropy per sample in nats, None when it is not finite or nothing was done
    loader_seconds    waiting for batches and copying them to the device
    compute_seconds   forward, backward, update, and waiting for the device at the end
    """

    steps: int
    samples: int
    loss: float | None
    loader_seconds: float
    compute_seconds: float

    @property
    def loader_share(self) -> float | None:
        """Share of the time (0-1) spent on batches; near 1 the input pipeline is the bottleneck."""
        total = self.loader_seconds + self.compute_seconds
        return self.loader_seconds / total if total > 0 else None


@dataclass(frozen=True, slots=True)
class SessionState:
    """Everything needed to go on from a step: weights, optimiser, random state, step number; copies."""

    step: int
    samples: int
    model: dict[str, Any]
    optimizer: dict[str, Any]
    random: list[torch.Tensor]
    diverged: bool


class TrainingSession:
    """A training that is run in slices and continues where it stopped.

    The order of samples follows from the seed; torch's threads and random state are borrowed during a slice only.
    Steps beyond the planned number are allowed; the cosine schedule then stays at its end.
    """

    def __init__(
        self,
        model: nn.Module,
        dataset: Dataset,
        config: TrainConfig,
        *,
        clock: Callable[[], float] = time.perf_counter,
        on_step: OnStep | None = None,
    ) -> None:
        self.config = config
        self.model = model
        self.dataset = dataset
        self.step = 0
        self.samples = 0
        self.diverged = False
        self._clock = clock
        self._on_step = on_step
        self._order = BatchOrder(len(dataset.x_train), config.batch_size, config.seed)
        self._device = usable_device(config.device)
        self.model.to(self._device)
        self._optimizer = optimizer_of(model, config)
        self._random = PrivateRandom(config.seed, self._device)
        self._feed: BatchFeed | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Steps that see every sample once."""
        return self._order.steps_per_epoch

    @property
    def planned_steps(self) -> int:
        """Steps of the whole training as configured."""
        if self.config.steps is not None:
            return self.config.steps
        assert self.config.epochs is not None
        return self.config.epochs * self.steps_per_epoch

    @property
    def epoch(self) -> float:
        """Passes over the training samples so far, with fraction."""
        return self.step / self.steps_per_epoch

    def run_steps(self, steps: int, stop: Callable[[], bool] | None = None) -> StepsDone:
        """Train for so many steps (at least 1), fewer when ``stop()`` turns true or the loss stops being finite."""
        at_least("steps", steps, 1)
        done = samples = 0
        loader_seconds = compute_seconds = 0.0
        total = torch.zeros((), dtype=torch.float64, device=self._device)
        look = _CUDA_STEPS_PER_LOOK if self._device.type == "cuda" else 1
        self.model.train()
        feed = self._open_feed()
        with borrowed_threads(self.config.threads), self._random.used():
            while done < steps and not self.diverged:
                started = self._clock()
                inputs, labels = feed.next_batch()
                inputs, labels = inputs.to(self._device), labels.to(self._device)
                loaded = self._clock()
                loss = self._update(inputs, labels)
                total += loss * len(labels)
                done += 1
                samples += len(labels)
                self.step += 1
                if done % look == 0 or done == steps:
                    self.diverged = not math.isfinite(float(total))
                loader_seconds += loaded - started
                compute_seconds += self._clock() - loaded
                if self._on_step is not None:
                    self._on_step(self.step, float(loss))
                if stop is not None and stop():
                    break
            queued = self._clock()
            synchronise(self._device)
            compute_seconds += self._clock() - queued
        self.samples += samples
        mean = float(total) / samples if samples else math.nan
        return StepsDone(done, samples, mean if math.isfinite(mean) else None, loader_seconds, compute_seconds)

    def evaluate(self, batch_size: int = 256) -> Evaluation:
        """Quality on the held-out part, in the precision and with the threads of the training."""
        config = self.config
        return evaluate(
            self.model,
            self.dataset.x_test,
            self.dataset.y_test,
            batch_size,
            precision=config.precision,
            threads=config.threads,
            device=config.device,
        )

    def state(self) -> SessionState:
        """A copy of everything that training changes."""
        return SessionState(
            step=self.step,
            samples=self.samples,
            model=copy.deepcopy(self.model.state_dict()),
            optimizer=copy.deepcopy(self._optimizer.state_dict()),
            random=[state.clone() for state in self._random.states],
            diverged=self.diverged,
        )

    def restore(self, state: SessionState) -> None:
        """Go back (or forward) to a state of a session of the same model, data and configuration."""
        self.close()
        self.model.load_state_dict(state.model)
        self._optimizer.load_state_dict(copy.deepcopy(state.optimizer))
        self._random.states = [held.clone() for held in state.random]
        self.step, self.samples, self.diverged = state.step, state.samples, state.diverged

    def close(self) -> None:
        """Stop worker processes; the session can still go on and then starts them again."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def __enter__(self) -> TrainingSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_feed(self) -> BatchFeed:
        if self._feed is None:
            self._feed = BatchFeed(self.dataset, self._order, self.config.loader_workers, self.step)
        return self._feed

    def _update(self, inputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate()
        self._optimizer.zero_grad(set_to_none=True)
        with computing_in(self.config.precision, self._device):
            logits = self.model(inputs)
        loss = nn.functional.cross_entropy(logits.float(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return loss.detach()

    def _learning_rate(self) -> float:
        if self.config.schedule == "constant":
            return self.config.learning_rate
        progress = min(1.0, self.step / self.planned_steps)
        return self.config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * progress))


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One pass over the training samples (or the part of it that was run), and the quality after it."""

    epoch: int
    steps: int
    samples: int
    train_loss: float | None
    evaluation: Evaluation
    loader_seconds: float
    compute_seconds: float


@dataclass(frozen=True, slots=True)
class TrainResult:
    """A whole training: one record an epoch, and why it ended early if it did."""

    epochs: tuple[EpochRecord, ...]
    diverged: bool
    stopped: bool

    @property
    def steps(self) -> int:
        """Steps in all."""
        return sum(record.steps for record in self.epochs)

    @property
    def samples(self) -> int:
        """Samples in all; one seen twice counts twice."""
        return sum(record.samples for record in self.epochs)

    @property
    def evaluation(self) -> Evaluation:
        """Quality at the end."""
        return self.epochs[-1].evaluation


def train(
    model: nn.Module,
    dataset: Dataset,
    config: TrainConfig,
    *,
    stop: Callable[[], bool] | None = None,
    on_step: OnStep | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> TrainResult:
    """Train ``model`` in place as configured, evaluating after every epoch.

    stop       asked after every step; true ends the training there
    on_step    called with the step number (from 1) and the batch's mean loss
    on_epoch   called with each epoch's record

    A loss that is no longer finite ends the training with ``diverged`` true; it is a result, not an error.
    """
    records: list[EpochRecord] = []
    asked = False

    def stopping() -> bool:
        nonlocal asked
        asked = stop is not None and stop()
        return asked

    with TrainingSession(model, dataset, config, on_step=on_step) as session:
        while session.step < session.planned_steps and not session.diverged and not asked:
            done = session.run_steps(min(session.steps_per_epoch, session.planned_steps - session.step), stopping)
            record = EpochRecord(
                epoch=len(records) + 1,
                steps=done.steps,
                samples=done.samples,
                train_loss=done.loss,
                evaluation=session.evaluate(),
                loader_seconds=done.loader_seconds,
                compute_seconds=done.compute_seconds,
            )
            records.append(record)
            if on_epoch is not None:
                on_epoch(record)
        return TrainResult(tuple(records), session.diverged, asked and session.step < session.planned_steps)
