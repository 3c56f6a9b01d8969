"""A wrapper for any Flower strategy: takes the cost records out of the replies and keeps them as a trace."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import Strategy

from setsuden.errors import InputError
from setsuden.federated.flower.cost import RECORD, Cost
from setsuden.federated.trace import SERVER, Header, Kind, Outcome, Rounds, Sends, Trace, Turns, Work

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Row:
    """One call of one client: asked and over are Unix times at the server, samples as the reply said (0: nothing)."""

    round: int
    work: Work
    cost: Cost
    samples: int
    asked_s: float
    over_s: float


class Counted(Strategy):
    """``Counted(FedAvg(...))``: the same strategy, and per-client costs beside it.

    ``costs`` grows while the strategy runs; ``trace`` gives them as a trace that any fleet prices. Needs
    ``ClientApp(mods=[energy_mod])``; replies without its record are passed on and not counted. Replies are handed on in
    the order of the clients' numbers, not of arrival, so that sums do not depend on who was first.
    """

    def __init__(self, strategy: Strategy, samples_key: str = "num-examples") -> None:
        self.strategy = strategy
        self.costs: list[Row] = []
        self._samples_key = samples_key
        self._began_s: float | None = None
        self._asked: dict[tuple[int, Work], tuple[float, int]] = {}
        self._over: dict[int, float] = {}

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """As the strategy says."""
        return self._note(server_round, Work.TRAIN, self.strategy.configure_train(server_round, arrays, config, grid))

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """As the strategy says."""
        messages = self.strategy.configure_evaluate(server_round, arrays, config, grid)
        return self._note(server_round, Work.EVALUATE, messages)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The strategy's own result, from replies without the cost record."""
        return self.strategy.aggregate_train(server_round, self._taken(server_round, Work.TRAIN, replies))

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """The strategy's own result, from replies without the cost record."""
        return self.strategy.aggregate_evaluate(server_round, self._taken(server_round, Work.EVALUATE, replies))

    def summary(self) -> None:
        """The strategy's."""
        self.strategy.summary()

    def trace(self, header: Header) -> Trace:
        """What was counted. ``header`` says what was trained; its clock becomes ``wall``.

        MACs are ``training_macs`` (``forward_macs``) times the samples that the replies name: those that a client
        holds, as the strategy weighs them. A training goes over them ``local_epochs`` times, in batches of
        ``batch_size``.
        """
        if self._began_s is None:
            raise InputError("nothing has run yet", place="trace", remedy="Call it after the strategy has ended.")
        began_s = self._began_s
        return Trace(replace(header, clock="wall"), self._turns(header, began_s), self._sends(began_s), self._rounds())

    def _note(self, round_: int, work: Work, messages: Iterable[Message]) -> Iterable[Message]:
        listed = list(messages)
        now_s = time.time()
        if self._began_s is None:
            self._began_s = now_s
        self._asked[round_, work] = (now_s, len(listed))
        return listed

    def _taken(self, round_: int, work: Work, replies: Iterable[Message]) -> list[Message]:
        over_s = time.time()
        self._over[round_] = over_s
        asked_s, _ = self._asked.get((round_, work), (over_s, 0))
        numbered: list[tuple[int, int, Message]] = []
        for reply in replies:
            client = -1
            if reply.has_content() and RECORD in reply.content:
                cost = Cost.of(reply.content.metric_records[RECORD])
                del reply.content[RECORD]
                client = cost.client
                self.costs.append(Row(round_, work, cost, self._samples(reply), asked_s, over_s))
            numbered.append((client, reply.metadata.src_node_id, reply))
        return [reply for _, _, reply in sorted(numbered, key=lambda entry: entry[:2])]

    def _samples(self, reply: Message) -> int:
        for record in reply.content.metric_records.values():
            if self._samples_key in record:
                return int(record[self._samples_key])  # type: ignore[arg-type]
        return 0

    def _turns(self, header: Header, began_s: float) -> Turns:
        rows = self.costs
        trains = np.array([row.work is Work.TRAIN for row in rows], dtype=np.bool_)
        held = np.array([row.samples for row in rows], dtype=np.int64)
        samples = np.where(trains, held * header.local_epochs, held)
        size = header.batch_size
        steps = -(-held // size) * header.local_epochs if size else np.ones_like(held)
        return Turns(
            round=np.array([row.round for row in rows], dtype=np.int32),
            node=np.array([row.cost.client for row in rows], dtype=np.int32),
            work=np.array([row.work for row in rows], dtype=np.uint8),
            outcome=np.full(len(rows), Outcome.DONE, dtype=np.uint8),
            samples=samples,
            steps=np.where(trains, steps, 0),
            macs=samples * np.where(trains, header.training_macs, header.forward_macs),
            start_s=np.array([row.cost.started_s - began_s for row in rows], dtype=np.float64),
            end_s=np.array([row.cost.ended_s - began_s for row in rows], dtype=np.float64),
            waited_s=np.array([max(0.0, row.over_s - row.cost.ended_s) for row in rows], dtype=np.float64),
            cpu_s=np.array([row.cost.cpu_s for row in rows], dtype=np.float64),
            energy_j=np.full(len(rows), _NAN),
        )

    def _sends(self, began_s: float) -> Sends:
        rows = []
        for row in self.costs:
            cost = row.cost
            rows.append(
                (
                    row.round,
                    SERVER,
                    cost.client,
                    Kind.MODEL,
                    cost.bytes_in,
                    row.asked_s,
                    max(row.asked_s, cost.started_s),
                )
            )
            rows.append(
                (
                    row.round,
                    cost.client,
                    SERVER,
                    Kind.UPDATE,
                    cost.bytes_out,
                    cost.ended_s,
                    max(cost.ended_s, row.over_s),
                )
            )
        columns = zip(*rows, strict=True) if rows else ([],) * 7
        round_, sender, receiver, kind, bytes_, start_s, end_s = (np.array(column) for column in columns)
        return Sends(
            round_.astype(np.int32),
            sender.astype(np.int32),
            receiver.astype(np.int32),
            kind.astype(np.uint8),
            bytes_.astype(np.int64),
            start_s.astype(np.float64) - began_s,
            end_s.astype(np.float64) - began_s,
        )

    def _rounds(self) -> Rounds:
        numbers = sorted(self._over)
        began = {
            number: min(when for (round_, _), (when, _) in self._asked.items() if round_ == number)
            for number in numbers
        }
        done = [sum(row.round == number and row.work is Work.TRAIN for row in self.costs) for number in numbers]
        origin_s = self._began_s or 0.0
        return Rounds(
            round=np.array(numbers, dtype=np.int32),
            start_s=np.array([began[number] - origin_s for number in numbers], dtype=np.float64),
            end_s=np.array([self._over[number] - origin_s for number in numbers], dtype=np.float64),
            selected=np.array(
                [self._asked.get((number, Work.TRAIN), (0.0, 0))[1] for number in numbers], dtype=np.int32
            ),
            completed=np.array(done, dtype=np.int32),
            accuracy=np.full(len(numbers), _NAN),
            loss=np.full(len(numbers), _NAN),
        )
