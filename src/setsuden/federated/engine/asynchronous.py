"""FedBuff: clients train without waiting for each other; the server steps when its buffer is full."""

from __future__ import annotations

import heapq
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.algorithms import Aggregate, FedBuff, ServerState
from setsuden.federated.algorithms.base import Vector, summed
from setsuden.federated.engine.federation import NOBODY_WAIT_S, Federation, mean_loss
from setsuden.federated.engine.orders import TurnReport
from setsuden.federated.engine.timeline import Timed
from setsuden.federated.local import weight_of
from setsuden.federated.selection import inclusion, systematic
from setsuden.federated.trace import SERVER, Outcome, Work

_DRAW = 0xFB


class AsynchronousRounds:
    """A round is one step of the server. A model that someone still trains from keeps its row of the shared models.

    Whoever starts between two steps starts from the same model, so what a client gives is trained when it arrives.
    """

    def __init__(self, federation: Federation, initial: Vector) -> None:
        algorithm = federation.task.algorithm
        assert isinstance(algorithm, FedBuff)
        self._fed, self._algorithm = federation, algorithm
        self.state: ServerState = algorithm.begin(initial, federation.work[0].trainable)
        self._flying: list[tuple[float, int, int, Timed]] = []  # end, client, server step it started from
        self._rows: dict[int, int] = {}  # server step -> row of its model
        self._draws = 0

    # -- for checkpoints

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The server's model and those that someone still trains from."""
        kept = np.array(sorted(self._rows.values()), dtype=np.int64)
        return {"parameters": self.state.parameters, "kept": self._fed.memory.models.array[kept]}

    def plain(self) -> dict[str, Any]:
        """Who is training, since when and from which model."""
        flying = [[end, client, step, turn._asdict()] for end, client, step, turn in self._flying]
        return {
            "steps": self.state.steps,
            "draws": self._draws,
            "flying": flying,
            "rows": [[step, row] for step, row in self._rows.items()],
        }

    def restore(self, about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """The inverse of ``arrays`` and ``plain``."""
        self.state = ServerState(arrays["parameters"], self.state.trainable, about["steps"])
        self._draws = about["draws"]
        self._rows = dict(about["rows"])
        self._fed.memory.models.array[sorted(self._rows.values())] = arrays["kept"]
        self._flying = []
        for end, client, step, turn in about["flying"]:
            broken = None if turn["broken"] is None else Outcome(turn["broken"])
            self._flying.append((end, client, step, Timed(**{**turn, "broken": broken})))

    # -- rounds

    @property
    def parameters(self) -> Vector:
        """The server's model."""
        return self.state.parameters

    def evaluation_rows(self) -> list[int]:
        """The server's model, in a row that nobody trains from."""
        row = self._free_row()
        self._fed.memory.models.array[row] = self.state.parameters
        return [row]

    def round(self, round_: int) -> tuple[int, int]:
        """Wait for a full buffer and step; returns how many ended meanwhile and how many entered the model."""
        fed = self._fed
        ended = accepted = 0
        update: Vector | None = None
        weight = 0.0
        reports: list[TurnReport] = []
        wanted = self._algorithm.buffer
        nobody = 0
        while accepted < wanted:
            arrived: list[tuple[int, Timed]] = []
            while len(arrived) < wanted - accepted:
                self._fill(round_)
                if not self._flying:
                    nobody += 1
                    break
                end_s, _, step, turn = heapq.heappop(self._flying)
                ended += 1
                fed.progress.time_s = max(fed.progress.time_s, end_s)
                if turn.broken is None:
                    arrived.append((step, turn))
                else:
                    cut_s = end_s if turn.cut_s is None else turn.cut_s
                    fed.write(round_, turn, turn.broken, cut_s, cut_s, float("nan"))
            if arrived:
                found, sums, gained = self._train(round_, arrived)
                reports += found
                weight += gained
                accepted += sum(report.outcome is Outcome.DONE for report in found)
                update = summed([*([] if update is None else [update]), *sums])
            if not self._flying and nobody:
                fed.progress.time_s += NOBODY_WAIT_S
                break
        self._drop_unused_rows()
        fed.progress.train_loss = mean_loss(reports)
        if update is not None and weight > 0:
            self._step(round_, update / np.float32(weight), accepted)
        return ended, accepted

    def end(self) -> None:
        """Whoever is still at work when the last step is made has spent something that enters no model."""
        progress = self._fed.progress
        for end_s, _, _, turn in sorted(self._flying, key=lambda flying: flying[1]):
            if turn.start_s < progress.time_s:
                outcome = Outcome.LATE if turn.broken is None else turn.broken
                cut_s = min(progress.time_s, end_s if turn.cut_s is None else turn.cut_s)
                self._fed.write(progress.round, turn, outcome, cut_s, cut_s, float("nan"))

    def _fill(self, round_: int) -> None:
        """Start clients from the current model until as many train as may."""
        fed = self._fed
        while len(self._flying) < self._algorithm.concurrency:
            busy = np.zeros(fed.task.clients, dtype=np.bool_)
            busy[[client for _, client, _, _ in self._flying]] = True
            self._draws += 1
            wanted = self._algorithm.concurrency - len(self._flying)
            started = self._start(round_, busy, wanted)
            if not started:
                return

    def _start(self, round_: int, busy: NDArray[np.bool_], wanted: int) -> int:
        fed, now = self._fed, self._fed.progress.time_s
        sight = fed.sight(round_, now, busy)
        weights = np.where(sight.samples > 0, fed.task.selection.weights(sight), 0.0)
        chance = inclusion(weights, min(wanted, int((weights > 0).sum())))
        clients = systematic(chance, np.random.default_rng([fed.task.seed, _DRAW, self._draws]))
        step = self.state.steps
        if len(clients) and step not in self._rows:
            row = self._free_row()
            fed.memory.models.array[row] = self.state.parameters
            self._rows[step] = row
        for client in clients.tolist():
            turn = fed.plan(client, round_, now, bool(sight.available[client]))
            end_s = turn.arrive_s if turn.cut_s is None else turn.cut_s
            if end_s <= now:  # asleep: it is asked again after a while
                end_s = now + NOBODY_WAIT_S
            heapq.heappush(self._flying, (end_s, client, step, turn))
            fed.progress.asked[client] += 1
        return len(clients)

    def _free_row(self) -> int:
        used = set(self._rows.values())
        return next(row for row in range(len(self._fed.memory.models.array)) if row not in used)

    def _drop_unused_rows(self) -> None:
        needed = {step for _, _, step, _ in self._flying}
        self._rows = {step: row for step, row in self._rows.items() if step in needed}

    def _train(self, round_: int, arrived: list[tuple[int, Timed]]) -> tuple[list[TurnReport], list[Vector], float]:
        """Train those who arrived; a discounted update each in a row of its own block."""
        fed = self._fed
        arrived = sorted(arrived, key=lambda pair: pair[1].client)
        weights = {}
        for step, turn in arrived:
            weights[turn.client] = weight_of(fed.task, turn.client) * self._algorithm.discount(self.state.steps - step)
        size = max(1, min(10, -(-len(arrived) // 8)))
        units = [
            [
                fed.turn_of(turn, round_, model=self._rows[step], out=at // size, weight=weights[turn.client])
                for step, turn in arrived[at : at + size]
            ]
            for at in range(0, len(arrived), size)
        ]
        reports = fed.train(round_, units)
        gained = 0.0
        for _, turn in arrived:
            report = reports[turn.client]
            end_s = turn.send_s if report.outcome is Outcome.RAISED else np.inf
            fed.write(round_, turn, report.outcome, end_s, fed.progress.time_s, report.cpu_s, waits=False)
            if report.outcome is Outcome.DONE:
                gained += weights[turn.client]
        return [reports[turn.client] for _, turn in arrived], [fed.row(out).copy() for out in range(len(units))], gained

    def _step(self, round_: int, mean: Vector, replies: int) -> None:
        began = time.process_time()
        self.state = self._algorithm.step(self.state, Aggregate(mean, replies), self._fed.task.clients)
        now = self._fed.progress.time_s
        self._fed.recorder.turn(
            round_, SERVER, Work.AGGREGATE, Outcome.DONE,
            samples=0, steps=1, macs=float(replies * len(mean)), start_s=now, end_s=now,
            cpu_s=time.process_time() - began,
        )  # fmt: skip
