"""What the three ways to run rounds share: asking for clients, training them for real, keeping the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.algorithms.base import BLOCK, Vector
from setsuden.federated.engine.orders import Answering, EvaluateJob, Score, TrainJob, Turn, TurnReport
from setsuden.federated.engine.progress import Fault, Progress
from setsuden.federated.engine.record import Recorder
from setsuden.federated.engine.timeline import Done, Timed, Usual, done_by, timed
from setsuden.federated.engine.worker import Memory
from setsuden.federated.facts import WorkFacts
from setsuden.federated.selection import Chosen, Deadline, Sight
from setsuden.federated.trace import SERVER, Kind, Outcome, Work
from setsuden.federated.world import World

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask

_CHOICE_STREAM = 0xC4
_SLICE = 500  # held-out samples per evaluation job
NOBODY_WAIT_S = 60.0  # until a round in which nobody can be asked is over


@dataclass(frozen=True, slots=True, eq=False)
class Federation:
    """One run's parts. work: of each device class; samples: held by each client; usual: turn of each."""

    task: FederatedTask
    world: World
    work: tuple[WorkFacts, ...]
    pool: Answering
    memory: Memory
    progress: Progress
    recorder: Recorder
    samples: NDArray[np.int64]
    usual: tuple[Usual, ...]

    def choose(
        self,
        round_: int,
        time_s: float,
        *,
        sends: bool = True,
    ) -> tuple[Chosen, dict[int, Timed]]:
        """Who is asked at ``time_s``, and their planned turns."""
        sight = self.sight(round_, time_s, sends=sends)
        random = np.random.default_rng([self.task.seed, _CHOICE_STREAM, round_])
        chosen = self.task.selection.choose(sight, random)
        plans = {
            client: self.plan(client, round_, time_s, bool(sight.available[client]), sends)
            for client in chosen.clients.tolist()
        }
        self.progress.asked[chosen.clients] += 1
        return chosen, plans

    def sight(self, round_: int, time_s: float, busy: NDArray[np.bool_] | None = None, *, sends: bool = True) -> Sight:
        """What a selection sees; clients that are ``busy`` or failed too often appear without samples."""
        awake = self.world.available(time_s)
        samples = self.samples * (self.progress.faulted < self.task.failures.fault_limit)
        if busy is not None:
            samples = np.where(busy, 0, samples)
        turn_s = np.full(self.task.clients, np.nan)
        if isinstance(self.task.selection, Deadline):  # nobody else looks at the time that everyone would take
            for client in np.flatnonzero(awake & (samples > 0)).tolist():
                turn_s[client] = self.plan(client, round_, time_s, True, sends).arrive_s - time_s
        grid, spare_w = self.world.intensity_g_per_kwh(time_s), self.world.spare_w(time_s)
        return Sight(round_, time_s, awake, samples, grid, spare_w, self.progress.loss, turn_s)

    def plan(self, client: int, round_: int, time_s: float, awake: bool, sends: bool = True) -> Timed:
        """The turn of a client that is asked at ``time_s``."""
        return timed(self.task, self.world, self.usual[client], client, round_, time_s, awake, sends=sends)

    def train(self, round_: int, units: Sequence[Sequence[Turn]], *, whole: bool = False) -> dict[int, TurnReport]:
        """Train for real; each unit is the turns of one row, or of rows that no other unit uses. Reports by client."""
        jobs = [TrainJob(tuple(unit), whole, sum(float(self.samples[turn.client]) for turn in unit)) for unit in units]
        reports: dict[int, TurnReport] = {}
        for answer in self.pool.answers(jobs):
            assert isinstance(answer, tuple)
            reports.update((report.client, report) for report in answer)
        progress = self.progress
        progress.version[[client for client, report in reports.items() if report.outcome is Outcome.DONE]] ^= 1
        trained = [report for report in reports.values() if report.outcome is Outcome.DONE and report.samples]
        progress.loss[[report.client for report in trained]] = [report.loss for report in trained]
        for client, report in sorted(reports.items()):
            if report.outcome is not Outcome.DONE:
                progress.faulted[client] += 1
                progress.faults.append(Fault(round_, client, report.outcome, report.message or "no message"))
        return reports

    def write(
        self,
        round_: int,
        turn: Timed,
        outcome: Outcome,
        cut_s: float,
        until_s: float,
        cpu_s: float,
        node: int = SERVER,
        *,
        waits: bool = True,
    ) -> None:
        """Record and charge a turn that ended at ``cut_s``, in a round that ended at ``until_s``; node: its server."""
        done = done_by(turn, cut_s)
        accepted = outcome is Outcome.DONE
        self.recorder.turn(
            round_,
            turn.client,
            Work.TRAIN,
            outcome,
            samples=done.samples,
            steps=done.steps,
            macs=done.macs,
            start_s=min(turn.train_s, done.train_end_s),
            end_s=done.train_end_s,
            waited_s=max(0.0, until_s - done.end_s) if accepted and waits else 0.0,
            cpu_s=cpu_s,
        )
        client = turn.client
        self.recorder.send(
            round_, node, client, Kind.MODEL, done.down_bytes, turn.start_s, min(turn.train_s, done.end_s)
        )
        self.recorder.send(round_, client, node, Kind.UPDATE, done.up_bytes, turn.send_s, done.end_s)
        self.charge(turn, done)
        if accepted:
            self.progress.replied[client] += 1

    def charge(self, turn: Timed, done: Done) -> None:
        """Add what a turn spent to the budgets."""
        spent_j = self.world.turn_j(turn.client, done.macs, done.steps, done.down_bytes, done.up_bytes)
        grid = self.world.intensity_g_per_kwh(turn.start_s) if spent_j is not None else None
        self.progress.charge(spent_j, None if grid is None else float(grid[turn.client]))

    def scores(self, rows: Sequence[int]) -> list[Score]:
        """The models in ``rows`` on all held-out samples, in slices."""
        held_out = len(self.task.data.y_test)
        jobs = [
            EvaluateJob(row, first, min(first + _SLICE, held_out))
            for row in rows
            for first in range(0, held_out, _SLICE)
        ]
        return [answer for answer in self.pool.answers(jobs) if isinstance(answer, Score)]

    def evaluate(self, round_: int, rows: Sequence[int]) -> tuple[float, float | None]:
        """Mean accuracy and loss of the models in ``rows`` on the held-out samples; recorded."""
        scores = self.scores(rows)
        right, seen = sum(sum(score.right) for score in scores), sum(sum(score.seen) for score in scores)
        loss = sum(score.loss for score in scores) / seen
        now = self.progress.time_s
        self.recorder.turn(
            round_,
            SERVER,
            Work.EVALUATE,
            Outcome.DONE,
            samples=seen,
            steps=0,
            macs=self.work[0].forward_macs * seen,
            start_s=now,
            end_s=now,
            cpu_s=sum(score.cpu_s for score in scores),
        )
        return right / seen, loss if np.isfinite(loss) else None

    def wait_for_nobody(self, round_: int) -> None:
        """A round in which nobody could be asked."""
        start = self.progress.time_s
        self.progress.time_s = start + NOBODY_WAIT_S
        self.progress.train_loss = None

    def row(self, index: int) -> Vector:
        """A row of the shared sums."""
        found: Vector = self.memory.sums.array[index]
        return found

    def turn_of(self, plan: Timed, round_: int, *, model: int, out: int, weight: float) -> Turn:
        """The order for a planned turn."""
        version = int(self.progress.version[plan.client])
        return Turn(plan.client, round_, model, out, weight, plan.max_steps, version)


def blocks(clients: Sequence[int], cohort: int) -> list[list[int]]:
    """Rising client numbers cut into the blocks that one worker sums: the same for any number of workers."""
    size = max(1, min(BLOCK, ceil(cohort / 8)))
    ordered = sorted(clients)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def mean_loss(reports: Sequence[TurnReport]) -> float | None:
    """Mean training loss per sample of the turns that were done; None where there is none."""
    done = [report for report in reports if report.outcome is Outcome.DONE and report.samples]
    samples = sum(report.samples for report in done)
    return sum(report.loss * report.samples for report in done) / samples if samples else None
