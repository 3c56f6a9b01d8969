"""Which samples several clients take in which step, side by side, for training them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.local import steps_of
from setsuden.federated.shuffle import orders


class Schedule(NamedTuple):
    """Clients stand by falling number of steps: those still at work in a step are the first ``active[step]``.

    place    (clients,): where each client of the input stands
    rows     (steps, clients, batch): rows of the data set; where a batch is shorter any row of the client
    sizes    (steps, clients): samples of each batch, 0 where a client is done
    active   (steps,): clients at work
    """

    place: NDArray[np.int64]
    rows: NDArray[np.int64]
    sizes: NDArray[np.int64]
    active: NDArray[np.int64]


def schedule(
    held: Sequence[NDArray[np.int64]],
    clients: Sequence[int],
    limits: Sequence[int | None],
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    round_: int,
) -> Schedule:
    """The steps of ``local.batches`` for each client; held: rows of each; limits: steps at most."""
    counts_in = np.array([len(rows) for rows in held])
    each = np.array([steps_of(count, batch_size, 1) for count in counts_in.tolist()])
    steps = np.array(
        [epochs * own if limit is None else min(limit, epochs * own) for own, limit in zip(each, limits, strict=True)]
    )
    place = np.argsort(-steps, kind="stable")
    last, most, width = int(steps.max()), int(counts_in.max()), min(batch_size, int(counts_in.max()))
    padded = np.zeros((len(held), most), dtype=np.int64)
    for at, rows in enumerate(held):
        padded[at, : len(rows)] = rows
    table = np.empty((last, len(held), width), dtype=np.int64)
    table[:] = padded[place, :1]
    sizes = np.zeros((last, len(held)), dtype=np.int64)
    numbers = np.array(clients)
    each, steps, counts = each[place], steps[place], counts_in[place]
    longest = int(each.max())
    for epoch in range(epochs):
        mixed = np.take_along_axis(padded, orders(counts_in, seed, round_, numbers, epoch), axis=1)[place]
        for step in range(longest):
            when = epoch * each + step
            at = np.flatnonzero((step < each) & (when < steps))
            first = step * batch_size
            batch = mixed[at, first : first + width]
            found = np.minimum(counts[at] - first, batch_size)
            if batch.shape[1] == width and int(found.min(initial=width)) == width:
                table[when[at], at] = batch
            else:
                for row, column, some, size in zip(when[at], at, batch, found, strict=True):
                    table[row, column, :size] = some[:size]
            sizes[when[at], at] = found
    return Schedule(place, table, sizes, (sizes > 0).sum(axis=1))
