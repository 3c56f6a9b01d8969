"""Which samples make up which step, and how they reach the training loop.

A step's samples follow from the seed and the step's number alone, so a loop can stop, be restored and go on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.workload.data import Dataset

if TYPE_CHECKING:
    import torch

    Batch: TypeAlias = tuple[torch.Tensor, torch.Tensor]


class BatchOrder:
    """Sample numbers of each step: every epoch is a new seeded permutation of all samples, cut into batches.

    The last batch of an epoch is shorter when the division leaves a rest; a rest of one sample is left out, because
    batch normalisation cannot learn from it.
    """

    def __init__(self, samples: int, batch_size: int, seed: int) -> None:
        if batch_size > samples:
            raise InputError(
                f"there are only {samples} training samples",
                place="batch_size",
                value=batch_size,
                remedy="Choose a smaller batch or keep more samples.",
            )
        self.samples, self.batch_size, self.seed = samples, batch_size, seed
        full, rest = divmod(samples, batch_size)
        self.steps_per_epoch = full + (1 if rest > 1 else 0)
        self._epoch = -1
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)

    def of_step(self, step: int) -> NDArray[np.intp]:
        """Sample numbers of step 0, 1, 2, ... counted from the start of training."""
        epoch, position = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._order = np.random.default_rng([self.seed, epoch]).permutation(self.samples)
            self._epoch = epoch
        start = position * self.batch_size
        return self._order[start : start + self.batch_size]


class BatchFeed:
    """Batches from ``first_step`` on, without end: sliced here, or fetched ahead by worker processes."""

    def __init__(self, dataset: Dataset, order: BatchOrder, workers: int, first_step: int = 0) -> None:
        source = _StepSource(dataset, order)
        self._batches: Iterator[Batch]
        if workers == 0:
            self._batches = map(source.__getitem__, itertools.count(first_step))
        else:
            import torch
            from torch.utils.data import DataLoader

            loader: DataLoader[Batch] = DataLoader(
                source,  # type: ignore[arg-type]  # a map from step numbers is all that is used
                batch_size=None,
                sampler=_From(first_step),
                num_workers=workers,
                generator=torch.Generator().manual_seed(order.seed),  # or it would draw from the user's random state
            )
            self._batches = iter(loader)

    def next_batch(self) -> Batch:
        """Inputs and labels of the next step, on the CPU."""
        return next(self._batches)

    def close(self) -> None:
        """Stop the worker processes."""
        stop = getattr(self._batches, "_shutdown_workers", None)
        if stop is not None:
            stop()
        self._batches = iter(())


class _StepSource:
    """Step number to batch; what a worker process gets a copy of."""

    def __init__(self, dataset: Dataset, order: BatchOrder) -> None:
        self._x, self._y, self._order = dataset.x_train, dataset.y_train, order

    def __getitem__(self, step: int) -> Batch:
        import torch

        chosen = self._order.of_step(step)
        return torch.from_numpy(self._x[chosen]), torch.from_numpy(self._y[chosen])


class _From:
    """The step numbers first, first + 1, ... without end."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __iter__(self) -> Iterator[int]:
        return itertools.count(self._first)
