"""Serving a trained model: held-out accuracy, closed loop (next request when the last is done), open loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from setsuden.errors import InputError
from setsuden.workload._torch_state import borrowed_threads, computing_in, evaluating, synchronise, usable_device
from setsuden.workload.data._dataset import Array
from setsuden.workload.queueing import Arrivals, Clock, OpenLoopResult, RealClock, arrival_times, open_loop
from setsuden.workload.settings import InferenceConfig, Precision


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Quality on held-out samples: correct share (0-1), mean cross-entropy in nats (None when not finite)."""

    accuracy: float
    loss: float | None
    samples: int


def evaluate(
    model: nn.Module,
    x: Array,
    y: NDArray[np.int64],
    batch_size: int = 256,
    *,
    precision: Precision = "fp32",
    threads: int | None = None,
    device: str = "cpu",
) -> Evaluation:
    """Accuracy and loss over all of ``x``; the model's mode, torch's threads and random state stay as they were."""
    config = InferenceConfig(batch_size=batch_size, precision=precision, threads=threads, device=device)
    place = usable_device(config.device)
    model.to(place)
    correct, loss = torch.zeros(2, dtype=torch.float64, device=place)
    with borrowed_threads(config.threads), evaluating(model), computing_in(config.precision, place):
        for start in range(0, len(x), batch_size):
            inputs = torch.from_numpy(x[start : start + batch_size]).to(place)
            labels = torch.from_numpy(y[start : start + batch_size]).to(place)
            logits = model(inputs).float()
            correct += (logits.argmax(dim=1) == labels).sum()
            loss += nn.functional.cross_entropy(logits, labels, reduction="sum")
    mean = float(loss) / len(x)
    return Evaluation(accuracy=float(correct) / len(x), loss=mean if np.isfinite(mean) else None, samples=len(x))


@dataclass(frozen=True, slots=True)
class BatchesDone:
    """What a slice of closed-loop serving did: batches, samples, and the seconds each batch took."""

    batches: int
    samples: int
    latencies_s: NDArray[np.float64]
    seconds: float

    def latency_s(self, share: float) -> float:
        """The latency that ``share`` (0-1) of the batches stay within."""
        return float(np.quantile(self.latencies_s, share))


class InferenceSession:
    """A model that serves in slices: each request is a batch, the next is sent when the last is answered.

    Requests walk through ``x`` in order and start again at its end. Threads are set during a slice only.
    """

    def __init__(
        self, model: nn.Module, x: Array, config: InferenceConfig, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        if len(x) == 0:
            raise InputError("there are no samples to serve", place="x", remedy="Give at least one.")
        self.config = config
        self._device = usable_device(config.device)
        self._model = model.to(self._device)
        self._x = x
        self._clock = clock
        self._next = 0

    def run_batches(self, batches: int) -> BatchesDone:
        """Serve so many batches, at least 1."""
        if batches < 1:
            raise InputError("must be at least 1", place="batches", value=batches)
        latencies = np.empty(batches)
        size = self.config.batch_size
        with (
            borrowed_threads(self.config.threads),
            evaluating(self._model),
            computing_in(self.config.precision, self._device),
        ):
            began = self._clock()
            for index in range(batches):
                start = self._clock()
                self._answer(self._next, size)
                latencies[index] = self._clock() - start
                self._next = (self._next + size) % len(self._x)
            seconds = self._clock() - began
        return BatchesDone(batches, batches * size, latencies, seconds)

    def run_open(
        self,
        rate_per_s: float,
        window_s: float,
        *,
        arrivals: Arrivals = "poisson",
        seed: int = 0,
        clock: Clock | None = None,
    ) -> OpenLoopResult:
        """Serve requests of one sample that arrive at their own pace; up to ``batch_size`` waiting ones together."""
        times = arrival_times(rate_per_s, window_s, arrivals, seed)
        with (
            borrowed_threads(self.config.threads),
            evaluating(self._model),
            computing_in(self.config.precision, self._device),
        ):
            return open_loop(
                self._answer, times, window_s, max_batch=self.config.batch_size, clock=clock or RealClock()
            )

    def _answer(self, first: int, count: int) -> None:
        """Run the samples first .. first + count - 1, numbered around the end of ``x``."""
        start = first % len(self._x)
        if start + count <= len(self._x):
            samples = self._x[start : start + count]
        else:
            samples = self._x[np.arange(first, first + count) % len(self._x)]
        self._model(torch.from_numpy(samples).to(self._device))
        synchronise(self._device)


def serve_closed(
    model: nn.Module, x: Array, batch_size: int, *, batches: int, config: InferenceConfig | None = None
) -> BatchesDone:
    """One slice of closed-loop serving; ``config`` adds precision, threads and device."""
    return InferenceSession(model, x, _with_batch(config, batch_size)).run_batches(batches)


def serve_open(
    model: nn.Module,
    x: Array,
    *,
    rate_per_s: float,
    window_s: float,
    max_batch: int = 1,
    arrivals: Arrivals = "poisson",
    seed: int = 0,
    config: InferenceConfig | None = None,
    clock: Clock | None = None,
) -> OpenLoopResult:
    """Open-loop serving by one server for ``window_s`` seconds at ``rate_per_s`` requests of one sample each."""
    session = InferenceSession(model, x, _with_batch(config, max_batch))
    return session.run_open(rate_per_s, window_s, arrivals=arrivals, seed=seed, clock=clock)


def _with_batch(config: InferenceConfig | None, batch_size: int) -> InferenceConfig:
    base = config or InferenceConfig()
    return InferenceConfig(batch_size=batch_size, precision=base.precision, threads=base.threads, device=base.device)
