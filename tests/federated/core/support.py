"""Small federations for tests: two classes of points, a model that misbehaves at marked samples."""

from __future__ import annotations

import os
import signal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from setsuden.federated.partition import Partition
from setsuden.federated.stop import Stop
from setsuden.federated.task import FederatedTask, LocalTraining
from setsuden.workload.data import Dataset

MODEL = "tests.federated.core.support:build"
RAISES, HANGS, NOT_FINITE, DIES, DIES_ONCE = 1e3, 2e3, 3e3, 4e3, 5e3
FLAG = "SETSUDEN_TEST_FLAG"


class Touchy(nn.Module):
    """Logistic regression that looks at its samples."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.inner = nn.Linear(inputs, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Misbehave where the first feature says so."""
        mark = float(x[:, 0].max())
        if mark == RAISES:
            raise RuntimeError("cannot stand this sample")
        while mark == HANGS:
            pass
        if mark == DIES or (mark == DIES_ONCE and not Path(os.environ[FLAG]).exists()):
            if mark == DIES_ONCE:
                Path(os.environ[FLAG]).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        scale = torch.nan if mark == NOT_FINITE else 1.0
        marked = mark == DIES_ONCE
        found: torch.Tensor = self.inner(x.clamp(max=10.0) if marked else x) * scale
        return found


def build(input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """The factory that tasks name."""
    return Touchy(input_shape[0], num_classes)


def points(samples: int = 240, features: int = 6, seed: int = 0) -> Dataset:
    """Three classes around three centres."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(3, features)) * 2.0
    y = random.integers(0, 3, size=samples)
    x = (centres[y] + random.normal(size=(samples, features))).astype(np.float32)
    test_y = random.integers(0, 3, size=90)
    test_x = (centres[test_y] + random.normal(size=(90, features))).astype(np.float32)
    return Dataset(
        name="points",
        domain="tabular",
        x_train=x,
        y_train=y.astype(np.int64),
        x_test=test_x,
        y_test=test_y.astype(np.int64),
        num_classes=3,
        classes=("a", "b", "c"),
        source="drawn in the test",
        licence="none",
        description="three clouds",
    )


def parted(sizes: list[int], name: str = "given") -> Partition:
    """Consecutive rows, so many a client."""
    ends = np.cumsum([0, *sizes])
    return Partition(indices=tuple(np.arange(a, b, dtype=np.int64) for a, b in pairwise(ends)), name=name)


def task(**changes: Any) -> FederatedTask:
    """Six clients of 40 points, logistic regression, three rounds."""
    parts: dict[str, Any] = {
        "study": "test",
        "model": "logistic",
        "data": points(),
        "partition": parted([40] * 6),
        "local": LocalTraining(batch_size=10, learning_rate=0.1),
        "stop": Stop(rounds=3),
    }
    return FederatedTask(**(parts | changes))


def marked(clients: dict[int, float]) -> Dataset:
    """Points of which the first of each named client (40 each) carries a mark."""
    data = points()
    for client, mark in clients.items():
        data.x_train[40 * client, 0] = mark
    return data


def softmax_gradient(weights: NDArray[Any], bias: NDArray[Any], x: NDArray[Any], y: NDArray[Any]) -> tuple[Any, Any]:
    """Of the mean cross-entropy of logistic regression, in float64: the oracle."""
    logits = x @ weights.T + bias
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1.0
    p /= len(y)
    return p.T @ x, p.sum(axis=0)


def images() -> Dataset:
    """Forty small noise images of three classes."""
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 1, 20, 20)).astype(np.float32)
    y = random.integers(0, 3, 40)
    return Dataset("noise", "image", x, y, x, y, 3, ("a", "b", "c"), "drawn", "none", "noise")
