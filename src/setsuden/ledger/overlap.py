"""Spans of time in which several runs watched one and the same part of a machine, and who counts which stretch.

Of spans that overlap, the one that begins first counts from end to end, and each of the others only what lies beyond
all that came before it: nothing where it ends earlier. So a stretch is counted by one run, none is left out, and where
nothing overlaps nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from setsuden.quantity import Estimate
from setsuden.tuples import NamedTuple

T = TypeVar("T")


class Span(NamedTuple):
    """What one run counted on one part of one machine between two moments of its clock.

    run        number of the run in the ledger
    channels   whose counts these are, by id
    part       what they watch: equal for two spans that show the same joules at the same time
    gross      J, of all the channels
    """

    run: int
    channels: tuple[str, ...]
    part: Hashable
    start_s: float
    end_s: float
    gross: Estimate


class Tail(NamedTuple):
    """How much of a span was counted after a moment inside it, J; ``low`` and ``high`` hold it."""

    value_j: float
    low_j: float
    high_j: float


def clusters(items: Iterable[T], extent: Callable[[T], tuple[float, float]]) -> Iterator[list[T]]:
    """Items that hang together in time, each group in order of begin; those that only touch do not."""
    group: list[T] = []
    reach = float("-inf")
    for item in sorted(items, key=extent):
        begin, end = extent(item)
        if group and begin >= reach:
            yield group
            group = []
        reach = max(reach, end) if group else end
        group.append(item)
    if group:
        yield group


def begins(spans: Sequence[Span]) -> list[float | None]:
    """For each span of one part the moment from which on it counts; None where it counts nothing."""
    order = sorted(range(len(spans)), key=lambda at: (spans[at].start_s, -spans[at].end_s, spans[at].run))
    found: list[float | None] = [None] * len(spans)
    reach = float("-inf")
    for at in order:
        span = spans[at]
        if span.end_s > reach:
            found[at] = max(span.start_s, reach)
            reach = span.end_s
    return found


def after(span: Span, tail: Tail) -> Estimate:
    """The tail of a span as an estimate: the span's own interval in proportion, and what the tail may be off."""
    gross = span.gross
    low, high = (gross.low / gross.value, gross.high / gross.value) if gross.value > 0 else (0.0, 1.0)
    value = min(tail.value_j, gross.value)
    return Estimate(
        value,
        min(low * tail.low_j, value),
        min(max(high * tail.high_j, value), gross.high),
        gross.unit,
        gross.provenance,
        gross.boundary,
        gross.factors,
    )


def raised(kept: Sequence[Estimate], spans: Sequence[Span]) -> tuple[int, float]:
    """Which of the spans is the largest, and what all that was kept falls short of it, J.

    Two readings of the same time may differ; together they are no less than either.
    """
    largest = max(range(len(spans)), key=lambda at: (spans[at].gross.value, -spans[at].run))
    return largest, max(0.0, spans[largest].gross.value - sum(part.value for part in kept))
