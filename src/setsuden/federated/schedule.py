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
        [
            epochs * some if limit is None else min(limit, epochs * some)
            for some, limit in zip(each, limits, strict=True)
        ]
    )
    place = np.argsort(-steps, kind="stable")
    last, most, width = int(steps.max()), int(counts_in.max()), min(batch_size, int(counts_in.max()))
    padded = np.zeros((len(held), most), dtype=np.int64)
    for at, rows in enumerate(held):
        padded[at, : len(rows)] = rows
    table = np.empty((last, len(held), width), dtype=np.int64)
    own = padded[place, :1]
    table[:] = own
    sizes = np.zeros((last, len(held)), dtype=np.int64)
    numbers = np.array(clients)
    each, steps, counts = each[place], steps[place], counts_in[place]
    longest = int(each.max())
    alike = int(counts.min()) == most and most % width == 0 and int(steps.min()) == epochs * longest
    for epoch in range(epochs):
        mixed = np.take_along_axis(padded, orders(counts_in, seed, round_, numbers, epoch), axis=1)[place]
        if alike:
            here = slice(epoch * longest, (epoch + 1) * longest)
            table[here] = mixed.reshape(len(held), longest, width).swapaxes(0, 1)
            sizes[here] = width
            continue
        for step in range(longest):
            when = epoch * each + step
            who = np.flatnonzero((step < each) & (when < steps))
            first = step * batch_size
            batch = mixed[who, first : first + width]
            found = np.minimum(counts[who] - first, batch_size)
            inside = np.arange(batch.shape[1]) < found[:, np.newaxis]
            table[when[who], who, : batch.shape[1]] = np.where(inside, batch, own[who])
            sizes[when[who], who] = found
    return Schedule(place, table, sizes, (sizes > 0).sum(axis=1))
