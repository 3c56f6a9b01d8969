"""Rounds to the target over repeated seeds: the median, its interval, and what runs that never got there do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, inf

from setsuden.errors import InputError

_COVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class RoundsToTarget:
    """The median number of rounds over seeds.

    median, low, high   None where too many runs ended before the target: the figure is above ``tried``
    coverage            chance (0-1) that the interval holds the true median; below 0.9 with fewer than 5 seeds, because
                        nothing is assumed about the spread and the widest interval is that of all runs
    seeds, censored     how many runs, and how many of them ended without reaching the target
    tried               the fewest rounds after which a censored run had ended; None without censored runs
    """

    median: float | None
    low: float | None
    high: float | None
    coverage: float
    seeds: int
    censored: int
    tried: int | None


def rounds_to_target(reached: Sequence[int | None], rounds: Sequence[int]) -> RoundsToTarget:
    """``reached``: the round of each seed's target, None where it was not reached; ``rounds``: how many each ran.

    The interval is that of order statistics: the narrowest pair of runs that holds the median with a chance of 0.9,
    from the binomial distribution; a run that was cut off counts as longer than any other (censored from the right).
    """
    if not reached or len(reached) != len(rounds):
        raise InputError("give a round or None, and the rounds run, for each seed", place="reached", value=len(reached))
    ordered = sorted(inf if round_ is None else float(round_) for round_ in reached)
    count = len(ordered)
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    below, coverage = 0, _covered(count, 0)
    while 2 * (below + 1) < count and _covered(count, below + 1) >= _COVERAGE:
        below += 1
        coverage = _covered(count, below)
    ends = [run for run, round_ in zip(rounds, reached, strict=True) if round_ is None]
    return RoundsToTarget(
        median=_finite(middle),
        low=_finite(ordered[below]),
        high=_finite(ordered[count - 1 - below]),
        coverage=coverage,
        seeds=count,
        censored=len(ends),
        tried=min(ends) if ends else None,
    )


def _covered(count: int, below: int) -> float:
    """Chance that the median lies between the runs ``below`` from either end."""
    return max(0.0, 1.0 - 2.0 * sum(comb(count, k) for k in range(below + 1)) / 2.0**count)


def _finite(value: float) -> float | None:
    return None if value == inf else value
