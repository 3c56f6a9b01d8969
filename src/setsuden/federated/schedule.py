"""Which samples several clients take in which step, side by side, for training them together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from setsuden.federated.local import steps_of
from setsuden.federated.shuffle import orders

_KEPT_SAMPLES = 20_000  # of a group, epochs counted; larger ones cost more to keep than to make


class Layout(NamedTuple):
    """What follows from how many samples and steps clients have, whoever they are.

    Clients stand by falling number of steps: those still at work in a step are the first ``active[step]``.

    place    (clients,): where each client of the input stands
    taken    (steps, clients, batch): places in the clients' shuffled samples, one client and epoch after the other;
             where a batch is shorter, a sample of the client again
    sizes    (steps, clients): samples of each batch, 0 where a client is done
    shares   (steps, clients, batch) float32: of a sample in the mean over its batch, 0 for those that fill up
    active   clients at work in each step
    samples, steps   (clients,): in all
    """

    place: NDArray[np.int64]
    taken: NDArray[np.int64]
    sizes: NDArray[np.int64]
    shares: NDArray[np.float32]
    active: list[int]
    samples: list[int]
    steps: list[int]

    def placed(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows of the input in the order of the layout; the input itself where that is the same."""
        as_given = bool((self.place[1:] > self.place[:-1]).all())
        return rows if as_given else rows.index_select(0, torch.from_numpy(self.place))


class Schedule(NamedTuple):
    """A layout with the rows of the data set that are taken, (steps, clients, batch)."""

    layout: Layout
    rows: NDArray[np.int64]


class _Group(NamedTuple):
    """What of some clients' schedule is the same in every round; arrays in the order of the layout.

    held     (clients, most samples): rows of each, then zeros; first: (clients, 1), where each begins when flat
    """

    layout: Layout
    clients: NDArray[np.int64]
    counts: NDArray[np.int64]
    held: NDArray[np.int64]
    first: NDArray[np.int64]


class Scheduler:
    """Makes the steps of ``local.batches`` for several clients at once; rows: of each client."""

    def __init__(self, rows: Sequence[NDArray[np.int64]], batch_size: int, epochs: int, seed: int) -> None:
        self._rows, self._batch_size, self._epochs, self._seed = rows, batch_size, epochs, seed
        self._kept_group, self._kept_layout = lru_cache(maxsize=64)(self._group), lru_cache(maxsize=64)(_layout)

    def __call__(self, clients: tuple[int, ...], limits: tuple[int | None, ...], round_: int) -> Schedule:
        """Of clients with samples in a round; limits: steps at most."""
        small = sum(len(self._rows[client]) for client in clients) * self._epochs <= _KEPT_SAMPLES
        group = self._kept_group(clients, limits) if small else self._group(clients, limits)
        shuffled = np.concatenate(
            [
                orders(group.counts, self._seed, round_, group.clients, epoch) + group.first
                for epoch in range(self._epochs)
            ]
        )
        return Schedule(group.layout, group.held.ravel().take(shuffled.ravel().take(group.layout.taken)))

    def _group(self, clients: tuple[int, ...], limits: tuple[int | None, ...]) -> _Group:
        counts = tuple(len(self._rows[client]) for client in clients)
        small = sum(counts) * self._epochs <= _KEPT_SAMPLES
        layout = (self._kept_layout if small else _layout)(counts, limits, self._batch_size, self._epochs)
        placed = np.array(clients)[layout.place]
        held = np.zeros((len(clients), max(counts)), dtype=np.int64)
        for row, client in zip(held, placed.tolist(), strict=True):
            row[: len(self._rows[client])] = self._rows[client]
        first = np.arange(0, held.size, held.shape[1])[:, np.newaxis]
        return _Group(layout, placed, np.array(counts)[layout.place], held, first)


def _layout(counts: tuple[int, ...], limits: tuple[int | None, ...], batch_size: int, epochs: int) -> Layout:
    each_in = np.array([steps_of(count, batch_size, 1) for count in counts])
    steps_in = np.array(
        [
            epochs * each if limit is None else min(limit, epochs * each)
            for each, limit in zip(each_in.tolist(), limits, strict=True)
        ]
    )
    place = np.argsort(-steps_in, kind="stable")
    each, steps, held = each_in[place], steps_in[place], np.array(counts)[place]
    most, who = max(counts), np.arange(len(counts))
    step = np.arange(int(steps.max(initial=0)))[:, np.newaxis]
    epoch, inner = np.divmod(step, np.maximum(each, 1))
    first = inner * batch_size
    sizes = np.where(step < steps, np.minimum(held - first, batch_size), 0)
    inside = np.arange(min(batch_size, most)) < sizes[:, :, np.newaxis]
    start = (np.minimum(epoch, epochs - 1) * len(counts) + who) * most
    taken = start[:, :, np.newaxis] + np.where(inside, first[:, :, np.newaxis] + np.arange(inside.shape[2]), 0)
    shares = np.where(inside, 1.0 / np.maximum(sizes, 1)[:, :, np.newaxis], 0.0).astype(np.float32)
    active, samples = (sizes > 0).sum(axis=1), sizes.sum(axis=0)
    return Layout(place, taken, sizes, shares, active.tolist(), samples.tolist(), steps.tolist())
