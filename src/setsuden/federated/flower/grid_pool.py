"""Flower's grid in the place of the engine's worker processes: the same orders, answered by Flower clients."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.serverapp import Grid

from setsuden.errors import SetsudenError
from setsuden.federated.compression.base import HEADER_BYTES
from setsuden.federated.engine.orders import Answer, Job, Personal, PersonaliseJob, Score, TrainJob, Turn, TurnReport
from setsuden.federated.engine.timeline import message_bytes
from setsuden.federated.engine.worker import Memory, Worker
from setsuden.federated.facts import WorkFacts
from setsuden.federated.flower.cost import RECORD, Cost
from setsuden.federated.flower.wire import (
    CONTROL,
    MODEL,
    TURN,
    UPDATE,
    packed,
    plain,
    report_in,
    score_in,
    spread,
    unpacked,
    vector,
)
from setsuden.federated.trace import Outcome

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask
    from setsuden.federated.trainer import Trainer

_POLL_S = 0.05
_PROCESS_S = 60.0  # a deployment starts a process for every message
_APP_RAISED = 2  # Flower's error codes: 1 and 2 are the client app's, the others those of nodes and messages


@dataclass(frozen=True, slots=True)
class Call:
    """One turn over Flower; Unix times at the server. cost: None where no reply came."""

    round: int
    client: int
    personal: bool
    outcome: Outcome
    asked_s: float
    over_s: float
    cost: Cost | None


class GridPool:
    """Answers the engine's jobs: turns go to the nodes, evaluation is done here, at the server.

    nodes    Flower's node of each client
    start_s  seconds allowed for the processes of the first turns to start
    hang_s   seconds without any reply after which the clients still out count as hung
    """

    def __init__(
        self,
        task: FederatedTask,
        trainer: Trainer,
        grid: Grid,
        nodes: Mapping[int, int],
        start_s: float,
        hang_s: float,
    ) -> None:
        self.calls: list[Call] = []
        self._task, self._trainer, self._grid, self._nodes = task, trainer, grid, nodes
        self._patience_s, self._hang_s = start_s + hang_s, hang_s

    @contextmanager
    def over(self, memory: Memory, work: tuple[WorkFacts, ...]) -> Iterator[GridPool]:
        """For a run that keeps its vectors in ``memory``."""
        self._memory, self._work = memory, work
        self._here = Worker(self._task, self._trainer, memory, 0)
        yield self

    def answers(self, jobs: Sequence[Job]) -> list[Answer]:
        """In the order of the jobs; sums are taken in the order of their turns, whoever replied first."""
        asked_s = time.time()
        turns = {id(turn): turn for job in jobs for turn in _turns(job)}
        models: dict[tuple[int, int], ArrayRecord] = {}
        personal = {id(job.turn) for job in jobs if isinstance(job, PersonaliseJob)}
        messages = [self._message(turn, key in personal, models) for key, turn in turns.items()]
        replies = self._exchanged(messages)
        over_s = time.time()
        found: dict[int, TurnReport] = {}
        scores: dict[int, Score | None] = {}
        for job in jobs:
            if isinstance(job, TrainJob):
                self._memory.sums.array[sorted({turn.out for turn in job.turns})] = 0.0
            for turn in _turns(job):
                reply = replies.get(self._nodes[turn.client])
                found[id(turn)] = report = self._report(turn, reply, id(turn) in personal)
                scores[id(turn)] = (
                    score_in(reply.content) if reply is not None and report.outcome is Outcome.DONE else None
                )
                cost = _cost(reply)
                self.calls.append(
                    Call(turn.round, turn.client, id(turn) in personal, report.outcome, asked_s, over_s, cost)
                )
        return [self._answer(job, found, scores) for job in jobs]

    def _answer(self, job: Job, found: dict[int, TurnReport], scores: dict[int, Score | None]) -> Answer:
        if isinstance(job, TrainJob):
            return tuple(found[id(turn)] for turn in job.turns)
        if isinstance(job, PersonaliseJob):
            return Personal(found[id(job.turn)], scores[id(job.turn)])
        return self._here.answer(job)

    def _message(self, turn: Turn, personal: bool, models: dict[tuple[int, int], ArrayRecord]) -> Message:
        places = self._trainer.sub(turn.client).places
        kind = (turn.model, -1 if places is None else len(places))
        if kind not in models:
            model = self._memory.models.array[turn.model]
            parts = {MODEL: plain(model if places is None else model[places])}
            if self._memory.control is not None:
                parts[CONTROL] = plain(self._memory.control.array)
            models[kind] = packed(parts)
        told: dict[str, int] = {"client": turn.client, "round": turn.round, "version": turn.version}
        if turn.max_steps is not None:
            told["max_steps"] = turn.max_steps
        if turn.epochs is not None:
            told["epochs"] = turn.epochs
        if personal:
            told["personal"] = 1
        content = RecordDict({MODEL: models[kind], TURN: ConfigRecord(told)})  # type: ignore[arg-type]
        return Message(content, self._nodes[turn.client], "train", group_id=str(turn.round))

    def _exchanged(self, messages: list[Message]) -> dict[int, Message]:
        """Replies by node; waits as long as replies still come within ``hang_s`` of one another."""
        waiting = set(self._grid.push_messages(messages))
        replies: dict[int, Message] = {}
        heard_s = time.monotonic()
        while waiting and time.monotonic() - heard_s < self._patience_s:
            new = list(self._grid.pull_messages(waiting))
            for reply in new:
                waiting.discard(reply.metadata.reply_to_message_id)
                replies[reply.metadata.src_node_id] = reply
            if new:
                heard_s = time.monotonic()
            elif waiting:
                time.sleep(_POLL_S)
        self._patience_s = _PROCESS_S + self._hang_s
        return replies

    def _report(self, turn: Turn, reply: Message | None, personal: bool) -> TurnReport:
        if reply is None:
            return TurnReport(turn.client, Outcome.HUNG, message="no reply came in time")
        if reply.has_error():
            raised = reply.error.code <= _APP_RAISED
            outcome = Outcome.RAISED if raised else Outcome.HUNG
            return TurnReport(turn.client, outcome, message=_told(reply))
        report = report_in(reply.content)
        if report.outcome is Outcome.DONE and not personal:
            self._take(turn, reply.content.array_records[UPDATE])
        return report

    def _take(self, turn: Turn, record: ArrayRecord) -> None:
        """Put what came into its row, as a worker of the embedded engine does."""
        parts = unpacked(record)
        sent, expected = sum(part.nbytes for part in parts.values()), self._expected(turn.client)
        if sent != expected:
            raise SetsudenError(
                f"client {turn.client} sent {sent} bytes where the trace counts {expected}", place=f"round {turn.round}"
            )
        row = self._memory.sums.array[turn.out]
        if self._task.topology.peer_to_peer:
            np.add(self._memory.models.array[turn.model], vector(parts[UPDATE]), out=row)
            return
        seen = self._task.compression.decode(parts[UPDATE])
        update = spread(seen, self._trainer.sub(turn.client).places, self._trainer.size)
        if turn.weight == 1.0:
            row += update
        else:
            row += np.float32(turn.weight) * update
        if self._memory.own_controls is not None:
            self._memory.own_controls.array[1 - turn.version, turn.client] = vector(parts[CONTROL])

    def _expected(self, client: int) -> int:
        """Bytes of a reply: those of the trace; between peers a whole change, which only this simulation moves."""
        if self._task.topology.peer_to_peer:
            return HEADER_BYTES + 4 * self._trainer.size
        return message_bytes(self._task, self._work, client)[1]


def _turns(job: Job) -> tuple[Turn, ...]:
    if isinstance(job, TrainJob):
        return job.turns
    return (job.turn,) if isinstance(job, PersonaliseJob) else ()


def _told(reply: Message) -> str:
    """The end of what Flower says, where the exception stands."""
    return f"Flower, error {reply.error.code}: {' '.join((reply.error.reason or 'no reason given').split())[-400:]}"


def _cost(reply: Message | None) -> Cost | None:
    if reply is None or not reply.has_content() or RECORD not in reply.content:
        return None
    return Cost.of(reply.content.metric_records[RECORD])
