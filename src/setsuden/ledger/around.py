"""What a channel had counted at a moment of a run: two blocks are read, however long the run is."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right

from setsuden.ledger.channel import Count
from setsuden.ledger.codec import unpack

# The channels of one reading are read one after the other.
_BETWEEN_CHANNELS_S = 0.001


def counts_around(
    connection: sqlite3.Connection, number: int, channel: str, t_s: float
) -> tuple[Count, Count, Count] | None:
    """The samples of a channel before and after a moment, and its last; None where it was not sampled then.

    One that was taken at that very moment is both before and after.
    """
    head, order = "SELECT samples, data FROM blocks WHERE run = ? AND channel = ? AND ", "ORDER BY first_t_s"
    for (position,) in connection.execute(
        "SELECT position FROM channels WHERE run = ? AND id = ? ORDER BY position DESC", (number, channel)
    ).fetchall():
        here = number, position
        block = connection.execute(
            f"{head} first_t_s <= ? {order} DESC, number DESC LIMIT 1", (*here, t_s + _BETWEEN_CHANNELS_S)
        ).fetchone()
        if block is None:
            continue
        newest = connection.execute(f"{head} 1 {order} DESC, number DESC LIMIT 1", here).fetchone()
        columns = unpack(block[1], block[0])
        last = columns.count_at(-1) if newest == block else unpack(newest[1], newest[0]).count_at(-1)
        if last.t_s < t_s:
            continue
        place = bisect_right(columns.t_s, t_s)
        below = columns.count_at(max(0, place - 1))
        if below.t_s >= t_s:
            return below, below, last
        if place < len(columns.t_s):
            return below, columns.count_at(place), last
        beyond = connection.execute(f"{head} first_t_s > ? {order}, number LIMIT 1", (*here, t_s)).fetchone()
        return below, unpack(beyond[1], beyond[0]).count_at(0), last
    return None
