"""Worker processes that outlive rounds: jobs go to whoever is free, longest first; who hangs or dies is replaced."""

from __future__ import annotations

import contextlib
import multiprocessing
import selectors
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import ModuleType

from setsuden.errors import SetsudenError
from setsuden.federated.engine.orders import (
    Answer,
    Job,
    Personal,
    PersonaliseJob,
    TrainJob,
    TurnReport,
    hear,
    tell,
)
from setsuden.federated.engine.parcels import Pace, parcels
from setsuden.federated.engine.worker import Kit, serve
from setsuden.federated.trace import Outcome

START_LIMIT_S = 180.0
_AHEAD = 2  # messages that a worker holds, so that it never waits for the next
_LONGEST_WAIT_S = 1.0
_TRIES = 2


@dataclass(slots=True, eq=False)
class _Staff:
    """One worker process and the jobs it was sent, in messages; the first job of the first message is begun.

    mark, seen   its progress (jobs done, turns of the next one begun) when it last moved, and when that was
    base         jobs it had done before the first of its messages
    """

    index: int
    process: BaseProcess
    connection: Connection
    parcels: list[dict[int, Job]] = field(default_factory=list)
    ready: bool = False
    mark: tuple[int, int] = (0, 0)
    base: int = 0
    seen: float = 0.0


@dataclass(slots=True, eq=False)
class _Errand:
    """One list of jobs by number: messages to be sent, the next last; answers; turns that were lost; tries of each."""

    waiting: list[dict[int, Job]]
    found: dict[int, Answer] = field(default_factory=dict)
    lost: dict[int, list[TurnReport]] = field(default_factory=dict)
    tries: dict[tuple[int, int], int] = field(default_factory=dict)

    def done(self, number: int, answer: Answer) -> None:
        """Keep an answer, after what was lost of its job before."""
        self.found[number] = (*self.lost.get(number, ()), *answer) if isinstance(answer, tuple) else answer

    def again(self, number: int, job: Job, report: TurnReport | None) -> None:
        """Queue what is left of a job after ``report`` ended one of its turns."""
        if report is not None and isinstance(job, PersonaliseJob):
            self.found[number] = Personal(report, None)
            return
        if report is not None and isinstance(job, TrainJob):
            self.lost.setdefault(number, []).append(report)
            job = replace(job, turns=tuple(turn for turn in job.turns if turn.client != report.client))
            if not job.turns:
                self.found[number] = tuple(self.lost[number])
                return
        self.waiting.append({number: job})


class Pool:
    """A few workers of one run. ``answers`` does a list of jobs; ``close`` (or ``with``) ends the processes.

    hang_s   seconds after which a turn that does not end is ended with its process
    """

    def __init__(self, kit: Kit, workers: int, hang_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._kit, self._hang_s, self._clock = kit, hang_s, clock
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["setsuden.federated.trainer", "setsuden.federated.engine.worker"])
        self._progress = kit.memory.progress.array
        self._pace = Pace()
        self._listening = selectors.DefaultSelector()
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
        together = parcels(jobs, len(self._staff), self._pace)
        errand = _Errand([{number: jobs[number] for number in parcel} for parcel in reversed(together)])
        while len(errand.found) < len(jobs):
            self._hand_out(errand.waiting)
            for worker in self._heard():
                try:
                    message = hear(worker.connection)
                except (EOFError, OSError):
                    self._bury(worker, errand, hung=False)
                    continue
                self._note(worker, message, errand)
            for worker in list(self._staff):
                if self._hangs(worker):
                    self._bury(worker, errand, hung=True)
        return [errand.found[number] for number in range(len(jobs))]

    def close(self) -> None:
        """End all workers."""
        self._listening.close()
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
        jobs_done = int(self._progress[index, 0])
        self._progress[index, 1] = 0
        worker = _Staff(index, process, ours, mark=(jobs_done, 0), base=jobs_done, seen=self._clock())
        self._listening.register(ours, selectors.EVENT_READ, worker)
        return worker

    def _hand_out(self, waiting: list[dict[int, Job]]) -> None:
        """A message to everyone who has none, then one to keep at hand."""
        for held in range(_AHEAD):
            for worker in self._staff:
                if worker.ready and waiting and len(worker.parcels) == held:
                    if not held:
                        worker.seen = self._clock()
                    worker.parcels.append(waiting.pop())
                    with contextlib.suppress(OSError):  # a dead worker is noticed when its answer is waited for
                        tell(worker.connection, tuple(worker.parcels[-1].values()))

    def _heard(self) -> list[_Staff]:
        ready = self._listening.select(timeout=min(_LONGEST_WAIT_S, self._hang_s / 4))
        return [key.data for key, _ in ready]

    def _note(self, worker: _Staff, message: tuple[Answer, ...] | None, errand: _Errand) -> None:
        worker.seen = self._clock()
        if message is None:
            worker.ready = True
            return
        parcel = worker.parcels.pop(0)
        worker.base += len(parcel)
        for (number, job), answer in zip(parcel.items(), message, strict=True):
            self._pace.saw(job, answer)
            errand.done(number, answer)

    def _hangs(self, worker: _Staff) -> bool:
        now = self._clock()
        if not worker.ready:
            if now - worker.seen > START_LIMIT_S:
                raise SetsudenError(f"a worker did not start within {START_LIMIT_S:g} s", remedy="Use fewer workers.")
            return False
        jobs_done, turn = self._progress[worker.index].tolist()
        if (jobs_done, turn) != worker.mark or not worker.parcels:
            worker.mark, worker.seen = (jobs_done, turn), now
            return False
        # Turns that are trained together count as begun only when all are done: they get the time of all.
        jobs = list(worker.parcels[0].values())
        at = min(jobs_done - worker.base, len(jobs) - 1)
        return now - worker.seen > self._hang_s * (1 if turn else max(1, _turns_in(jobs[at])))

    def _bury(self, worker: _Staff, errand: _Errand, *, hung: bool) -> None:
        """End a worker, hire another, and queue its jobs again without the turn that is to blame.

        What it had done of a message that it did not answer is done again, to the same bits.
        """
        worker.process.kill()
        worker.process.join()
        code = worker.process.exitcode
        self._listening.unregister(worker.connection)
        worker.connection.close()
        if not worker.ready:
            raise SetsudenError(
                f"a worker ended with code {code} before it could start",
                remedy="Run the same model and data in one process to see why.",
            )
        jobs_done, turn = self._progress[worker.index].tolist()
        held = [pair for parcel in worker.parcels for pair in parcel.items()]
        for place, (number, job) in enumerate(held):
            report = None
            if place == jobs_done - worker.base:
                blamed = _turn_at(job, turn)
                key = (number, -1 if blamed is None else blamed)
                errand.tries[key] = errand.tries.get(key, 0) + 1
                too_often = errand.tries[key] >= _TRIES
                if blamed is None and (hung or too_often):
                    raise SetsudenError(
                        "the evaluation on held-out samples " + ("does not end" if hung else "ends its process"),
                        remedy="Look at what the model does in evaluation mode.",
                    )
                if blamed is not None and hung:
                    report = TurnReport(blamed, Outcome.HUNG, message=f"no end after {self._hang_s:g} s")
                elif blamed is not None and too_often:
                    report = TurnReport(blamed, Outcome.RAISED, message=f"ended its process twice (code {code})")
            errand.again(number, job, report)
        self._staff[worker.index] = self._hired(worker.index)


def _turn_at(job: Job, turn: int) -> int | None:
    """The client whose turn it was, counted from 1 (0: several at once); None where there is none."""
    if isinstance(job, PersonaliseJob):
        return job.turn.client
    if isinstance(job, TrainJob):
        return job.turns[max(turn - 1, 0)].client
    return None


def _turns_in(job: Job) -> int:
    return len(job.turns) if isinstance(job, TrainJob) else 1


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Hide the user's script while a worker starts: it needs nothing of it, and must not run it a second time."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
