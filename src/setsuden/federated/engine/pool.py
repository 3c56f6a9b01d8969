"""Worker processes that outlive rounds: jobs go to whoever is free, longest first; who hangs or dies is replaced."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType

from setsuden.errors import SetsudenError
from setsuden.federated.engine.orders import Answer, EvaluateJob, Job, Personal, PersonaliseJob, TrainJob, TurnReport
from setsuden.federated.engine.worker import Kit, serve
from setsuden.federated.trace import Outcome

START_LIMIT_S = 180.0
_AHEAD = 2  # jobs that a worker holds, so that it never waits for the next
_LONGEST_WAIT_S = 1.0
_TRIES = 2


@dataclass(slots=True)
class _Held:
    """A job at a worker."""

    number: int
    job: Job


@dataclass(slots=True, eq=False)
class _Staff:
    """One worker process and its jobs, the first of them begun.

    mark, seen   its progress when it was last seen to move, and when that was
    base         its progress before the first of its jobs
    """

    index: int
    process: BaseProcess
    connection: Connection
    jobs: list[_Held] = field(default_factory=list)
    ready: bool = False
    mark: int = 0
    base: int = 0
    seen: float = 0.0


class Pool:
    """A few workers of one run. ``answers`` does a list of jobs; ``close`` (or ``with``) ends the processes.

    hang_s   seconds after which a turn that does not end is ended with its process
    """

    def __init__(self, kit: Kit, workers: int, hang_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._kit, self._hang_s, self._clock = kit, hang_s, clock
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["setsuden.federated.trainer", "setsuden.federated.engine.worker"])
        self._progress = kit.memory.progress.array
        self._staff = [self._hired(index) for index in range(workers)]

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """Process numbers of the workers."""
        return [worker.process.pid or 0 for worker in self._staff]

    def answers(self, jobs: Sequence[Job]) -> list[Answer]:
        """Answers in the order of the jobs. A turn that hung or ended its process is reported as such."""
        waiting = sorted(range(len(jobs)), key=lambda number: (jobs[number].work, -number))
        found: dict[int, Answer] = {}
        lost: dict[int, list[TurnReport]] = {}
        tries: dict[tuple[int, int], int] = {}

        def again(number: int, job: Job, report: TurnReport | None) -> None:
            """Queue what is left of a job after ``report`` ended one of its turns."""
            if report is not None:
                lost.setdefault(number, []).append(report)
            if isinstance(job, PersonaliseJob) and report is not None:
                found[number] = Personal(report, None)
            elif isinstance(job, TrainJob) and not job.turns:
                found[number] = tuple(lost[number])
            else:
                left[number] = job
                waiting.append(number)

        left = dict(enumerate(jobs))
        while len(found) < len(jobs):
            for worker in self._staff:
                while worker.ready and waiting and len(worker.jobs) < _AHEAD:
                    self._hand_over(worker, waiting, left)
            for worker in self._heard():
                try:
                    message = worker.connection.recv()
                except (EOFError, OSError):
                    self._bury(worker, again, tries, hung=False)
                    continue
                self._note(worker, message, found, lost)
            for worker in list(self._staff):
                if self._hangs(worker):
                    self._bury(worker, again, tries, hung=True)
        return [found[number] for number in range(len(jobs))]

    def close(self) -> None:
        """End all workers."""
        for worker in self._staff:
            worker.connection.close()
        for worker in self._staff:
            worker.process.join(timeout=2.0)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.process.close()
        self._staff = []

    def _hired(self, index: int) -> _Staff:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(self._kit, index, theirs), daemon=True)
        with _without_main():
            process.start()
        theirs.close()
        mark = int(self._progress[index])
        return _Staff(index, process, ours, mark=mark, base=mark, seen=self._clock())

    def _hand_over(self, worker: _Staff, waiting: list[int], left: dict[int, Job]) -> None:
        number = waiting.pop()
        held = _Held(number, left[number])
        if not worker.jobs:
            worker.seen = self._clock()
        with contextlib.suppress(OSError):  # a dead worker is noticed when its answer is waited for
            worker.connection.send((number, held.job))
        worker.jobs.append(held)

    def _heard(self) -> list[_Staff]:
        by_connection = {worker.connection: worker for worker in self._staff}
        ready = wait(list(by_connection), timeout=min(_LONGEST_WAIT_S, self._hang_s / 4))
        return [by_connection[connection] for connection in ready if isinstance(connection, Connection)]

    def _note(
        self, worker: _Staff, message: object, found: dict[int, Answer], lost: dict[int, list[TurnReport]]
    ) -> None:
        worker.seen = self._clock()
        if message is None:
            worker.ready = True
            return
        assert isinstance(message, tuple)
        number, answer = message
        worker.base += _turns_in(worker.jobs.pop(0).job)
        found[number] = (*lost.get(number, ()), *answer) if isinstance(answer, tuple) else answer

    def _hangs(self, worker: _Staff) -> bool:
        now = self._clock()
        if not worker.ready:
            if now - worker.seen > START_LIMIT_S:
                raise SetsudenError(f"a worker did not start within {START_LIMIT_S:g} s", remedy="Use fewer workers.")
            return False
        mark = int(self._progress[worker.index])
        if mark != worker.mark or not worker.jobs:
            worker.mark, worker.seen = mark, now
            return False
        # Turns that are trained together count as begun only when all are done: they get the time of all.
        together = mark == worker.base
        return now - worker.seen > self._hang_s * (max(1, _turns_in(worker.jobs[0].job)) if together else 1)

    def _bury(
        self,
        worker: _Staff,
        again: Callable[[int, Job, TurnReport | None], None],
        tries: dict[tuple[int, int], int],
        *,
        hung: bool,
    ) -> None:
        """End a worker, hire another, and queue its jobs again without the turn that is to blame."""
        worker.process.kill()
        worker.process.join()
        code = worker.process.exitcode
        worker.connection.close()
        if not worker.ready:
            raise SetsudenError(
                f"a worker ended with code {code} before it could start",
                remedy="Run the same model and data in one process to see why.",
            )
        position = int(self._progress[worker.index]) - worker.base
        for place, held in enumerate(worker.jobs):
            blamed = _turn_at(held.job, position) if place == 0 else None
            report = None
            if blamed is not None:
                key = (held.number, blamed)
                tries[key] = tries.get(key, 0) + 1
                if hung:
                    report = TurnReport(blamed, Outcome.HUNG, message=f"no end after {self._hang_s:g} s")
                elif tries[key] >= _TRIES:
                    report = TurnReport(blamed, Outcome.RAISED, message=f"ended its process twice (code {code})")
            elif place == 0 and isinstance(held.job, EvaluateJob):
                key = (held.number, -1)
                tries[key] = tries.get(key, 0) + 1
                if hung or tries[key] >= _TRIES:
                    raise SetsudenError(
                        "the evaluation on held-out samples " + ("does not end" if hung else "ends its process"),
                        remedy="Look at what the model does in evaluation mode.",
                    )
            again(held.number, held.job if report is None else _without(held.job, report.client), report)
        self._staff[worker.index] = self._hired(worker.index)


def _turn_at(job: Job, position: int) -> int | None:
    if isinstance(job, PersonaliseJob):
        return job.turn.client
    if isinstance(job, TrainJob):
        return job.turns[min(max(position - 1, 0), len(job.turns) - 1)].client
    return None


def _turns_in(job: Job) -> int:
    if isinstance(job, TrainJob):
        return len(job.turns)
    return 1 if isinstance(job, PersonaliseJob) else 0


def _without(job: Job, client: int) -> Job:
    if isinstance(job, TrainJob):
        return replace(job, turns=tuple(turn for turn in job.turns if turn.client != client))
    return job


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Hide the user's script while a worker starts: it needs nothing of it, and must not run it a second time."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
