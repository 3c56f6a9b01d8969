"""Which jobs go to a worker in one message: waking a process costs as much as training a small model."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from math import ceil

from setsuden.federated.engine.orders import Answer, Job, TrainJob

_PARCEL_S = 0.02  # longer messages save nothing and leave a worker idle at the end of a round


class Pace:
    """How long a unit of work has taken on this machine. Only who does a job follows from it, never its result."""

    def __init__(self) -> None:
        self._work = self._cpu_s = 0.0

    def saw(self, job: Job, answer: Answer) -> None:
        """Learn from a job that was done."""
        if isinstance(job, TrainJob) and isinstance(answer, tuple):
            self._work += job.work
            self._cpu_s += sum(report.cpu_s for report in answer)

    def seconds(self, jobs: Sequence[Job]) -> float:
        """Expected for all of them; infinite where nothing is known."""
        if not self._work or not all(job.work for job in jobs):
            return float("inf")
        return self._cpu_s / self._work * sum(job.work for job in jobs)


def parcels(jobs: Sequence[Job], workers: int, pace: Pace) -> list[list[int]]:
    """Numbers of the jobs of each message, longest message first; each about as long as the others.

    One job a message where jobs are long, one message a worker where all are soon done.
    """
    order = sorted(range(len(jobs)), key=lambda number: (-jobs[number].work, number))
    expected_s = pace.seconds(jobs)
    count = len(jobs)
    if expected_s < count * _PARCEL_S:
        count = min(count, workers * ceil(expected_s / workers / _PARCEL_S))
    if count >= len(jobs):
        return [[number] for number in order]
    piles: list[list[int]] = [[] for _ in range(count)]
    loads = [(0.0, pile) for pile in range(count)]
    for number in order:
        load, pile = loads[0]
        heapq.heapreplace(loads, (load + jobs[number].work, pile))
        piles[pile].append(number)
    return sorted(piles, key=lambda pile: -sum(jobs[number].work for number in pile))
