"""Rounds with a server, or with edge aggregators below it: ask, wait for enough replies, average, step."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.algorithms import Aggregate, ServerState
from setsuden.federated.algorithms.base import Vector, summed
from setsuden.federated.compression.base import HEADER_BYTES
from setsuden.federated.engine.federation import Federation, blocks, mean_loss
from setsuden.federated.engine.orders import Turn, TurnReport
from setsuden.federated.engine.timeline import Timed
from setsuden.federated.local import sub_model_of, trainer_of, weight_of
from setsuden.federated.selection import Chosen
from setsuden.federated.topology import Hierarchical
from setsuden.federated.trace import SERVER, Kind, Outcome, Work, aggregator


@dataclass(slots=True, eq=False)
class _Sum:
    """What one server or aggregator has received in a round: weighted updates, weights, and by entry for sub-models."""

    update: Vector | None = None
    weight: float = 0.0
    replies: list[TurnReport] = field(default_factory=list)

    def add(self, vectors: Sequence[Vector]) -> None:
        """Add sums of blocks, in their order."""
        self.update = summed([*([] if self.update is None else [self.update]), *vectors])


class SynchronousRounds:
    """Row 0 of the models is the server's; with edge rounds of their own, row 1 + a is aggregator a's."""

    def __init__(self, federation: Federation, initial: Vector) -> None:
        self._fed = federation
        task = federation.task
        self.state: ServerState = task.algorithm.begin(initial, federation.work[0].trainable)
        tier = task.topology
        self._edges = tier.aggregators if isinstance(tier, Hierarchical) else 0
        self._edge_rounds = tier.edge_rounds if isinstance(tier, Hierarchical) else 1
        self._own_models = self._edge_rounds > 1
        self.edge_models: NDArray[np.float32] = np.repeat(
            initial[np.newaxis], self._edges if self._own_models else 0, 0
        )
        self._places = [sub.places for sub in trainer_of(task).subs]

    # -- for checkpoints

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """All that the server and the aggregators keep."""
        kept = {"parameters": self.state.parameters, "edges": self.edge_models}
        return kept | {f"memory.{name}": vector for name, vector in self.state.memory.items()}

    def plain(self) -> dict[str, object]:
        """Server steps."""
        return {"steps": self.state.steps}

    def restore(self, about: dict[str, object], arrays: dict[str, NDArray[np.float32]]) -> None:
        """The inverse of ``arrays`` and ``plain``."""
        memory = {name: arrays[f"memory.{name}"] for name in self.state.memory}
        steps = about["steps"]
        assert isinstance(steps, int)
        self.state = ServerState(arrays["parameters"], self.state.trainable, steps, memory)
        self.edge_models = arrays["edges"]

    # -- rounds

    @property
    def parameters(self) -> Vector:
        """The model of the federation now."""
        return self.state.parameters

    def end(self) -> None:
        """Nothing goes on after a round."""

    def evaluation_rows(self) -> list[int]:
        """Put what is to be evaluated into the shared models."""
        self._fed.memory.models.array[0] = self._global()
        return [0]

    def round(self, round_: int) -> tuple[int, int]:
        """One round; returns how many were asked and how many entered the model."""
        fed = self._fed
        start_s = fed.progress.time_s
        self._publish()
        chosen, plans = fed.choose(round_, start_s)
        if not plans:
            fed.wait_for_nobody(round_)
            return 0, 0
        ready = sorted(
            (plan for plan in plans.values() if plan.broken is None), key=lambda plan: (plan.arrive_s, plan.client)
        )
        wanted = min(fed.task.selection.cohort or len(plans), len(plans))
        sums: dict[int, _Sum] = {}
        reports: dict[int, TurnReport] = {}
        control: Vector | None = None
        before = None if fed.memory.own_controls is None else fed.progress.version.copy()
        weights = self._weights(chosen)
        while ready and wanted > (accepted := sum(len(part.replies) for part in sums.values())):
            batch, ready = ready[: wanted - accepted], ready[wanted - accepted :]
            found = self._train(round_, batch, weights, sums, wanted)
            reports.update(found)
        if before is not None:
            control = self._control_changes(reports, before)
        end_s = self._end(start_s, plans, reports, wanted)
        self._write(round_, plans, reports, end_s)
        self._combine(round_, sums, control, end_s)
        fed.progress.time_s = end_s
        fed.progress.train_loss = mean_loss(list(reports.values()))
        return len(plans), sum(len(part.replies) for part in sums.values())

    def _publish(self) -> None:
        models = self._fed.memory.models.array
        models[0] = self.state.parameters
        if self._own_models:
            models[1 : 1 + self._edges] = self.edge_models
        if self._fed.memory.control is not None:
            self._fed.memory.control.array[:] = self.state.memory["control"]

    def _edge_of(self, client: int) -> int:
        return client % self._edges if self._edges else 0

    def _train(
        self, round_: int, batch: list[Timed], weights: NDArray[np.float64], sums: dict[int, _Sum], cohort: int
    ) -> dict[int, TurnReport]:
        """Train the clients of ``batch`` and add what they send to ``sums``, by aggregator."""
        fed = self._fed
        plans = {plan.client: plan for plan in batch}
        groups: dict[int, list[int]] = {}
        for client in sorted(plans):
            groups.setdefault(self._edge_of(client), []).append(client)
        units: list[list[Turn]] = []
        owners: list[int] = []
        for edge, clients in sorted(groups.items()):
            for block in blocks(clients, cohort):
                out = len(units)
                model = 1 + edge if self._own_models else 0
                each = zip(block, weights[block].tolist(), strict=True)
                units.append([fed.turn_of(plans[c], round_, model=model, out=out, weight=weight) for c, weight in each])
                owners.append(edge)
        reports = fed.train(round_, units)
        for edge in sorted(groups):
            part = sums.setdefault(edge, _Sum())
            part.add([fed.row(out) for out, owner in enumerate(owners) if owner == edge])
            done = [reports[client] for client in groups[edge] if reports[client].outcome is Outcome.DONE]
            part.replies += done
            part.weight += sum(weights[[report.client for report in done]].tolist())
        return reports

    def _weights(self, chosen: Chosen) -> NDArray[np.float64]:
        """(clients,): how much each one's update counts; infinite or NaN for those who could not be drawn."""
        fed = self._fed
        weights = np.minimum(fed.samples, 1 if fed.task.uniform_weights else fed.samples).astype(np.float64)
        if fed.task.selection.unbiased:
            with np.errstate(divide="ignore", invalid="ignore"):
                weights /= float(fed.samples.sum()) * chosen.chance
        return weights

    def _control_changes(self, reports: dict[int, TurnReport], before: NDArray[np.int64]) -> Vector:
        kept = self._fed.memory.own_controls
        assert kept is not None
        total = np.zeros(self._fed.work[0].trainable, dtype=np.float32)
        for client in sorted(reports):
            if reports[client].outcome is Outcome.DONE:
                old = int(before[client])
                total += kept.array[1 - old, client] - kept.array[old, client]
        return total

    def _end(self, start_s: float, plans: dict[int, Timed], reports: dict[int, TurnReport], wanted: int) -> float:
        """When the server has what it waited for, or gives up waiting."""
        failures = self._fed.task.failures
        done = [plans[c].arrive_s for c, report in reports.items() if report.outcome is Outcome.DONE]
        if len(done) >= wanted:
            return max(done)
        ends = [start_s, *done]
        for client, plan in plans.items():
            report = reports.get(client)
            if report is not None and report.outcome is Outcome.HUNG:
                ends.append(start_s + (failures.time_out_s or failures.hang_s))
            elif report is not None:
                ends.append(plan.send_s if report.outcome is Outcome.RAISED else plan.arrive_s)
            elif plan.cut_s is not None:
                ends.append(plan.cut_s)
        return max(ends)

    def _write(self, round_: int, plans: dict[int, Timed], reports: dict[int, TurnReport], end_s: float) -> None:
        for client in sorted(plans):
            plan, report = plans[client], reports.get(client)
            node = aggregator(self._edge_of(client)) if self._edges else SERVER
            if plan.broken is not None and plan.cut_s is not None:
                outcome, cut_s = plan.broken, min(plan.cut_s, end_s)
            elif report is None:
                outcome, cut_s = Outcome.LATE, end_s
            elif report.outcome is Outcome.RAISED:
                outcome, cut_s = report.outcome, plan.send_s
            elif report.outcome is Outcome.HUNG:
                outcome, cut_s = report.outcome, end_s
            else:
                outcome, cut_s = report.outcome, np.inf
            cpu_s = float("nan") if report is None else report.cpu_s
            self._fed.write(round_, plan, outcome, cut_s, end_s, cpu_s, node)

    def _combine(self, round_: int, sums: dict[int, _Sum], control: Vector | None, end_s: float) -> None:
        """One step of the server over all replies, or of each aggregator over its own."""
        fed = self._fed
        began = time.process_time()
        replies = sorted(report.client for part in sums.values() for report in part.replies)
        if not replies:
            return
        if self._own_models:
            for edge, part in sorted(sums.items()):
                if part.replies and part.update is not None:
                    self.edge_models[edge] += self._mean(part.update, part.weight, [r.client for r in part.replies])
            if round_ % self._edge_rounds == 0:
                self._synchronise(round_, end_s)
        else:
            update = summed([part.update for _, part in sorted(sums.items()) if part.update is not None])
            weight = sum(part.weight for _, part in sorted(sums.items()))
            mean = self._mean(update, weight, replies)
            if fed.task.privacy is not None:
                mean += fed.task.privacy.noise(len(mean), len(replies), fed.task.seed, round_)
            self.state = fed.task.algorithm.step(self.state, Aggregate(mean, len(replies), control), fed.task.clients)
            self._between_tiers(round_, [edge for edge, part in sorted(sums.items()) if part.replies], end_s)
        fed.recorder.turn(
            round_,
            SERVER,
            Work.AGGREGATE,
            Outcome.DONE,
            samples=0,
            steps=1,
            macs=float(len(replies) * len(self.state.parameters)),
            start_s=end_s,
            end_s=end_s,
            cpu_s=time.process_time() - began,
        )

    def _mean(self, update: Vector, weight: float, clients: list[int]) -> Vector:
        task = self._fed.task
        if task.selection.unbiased:
            return update.copy()
        if all(places is None for places in self._places):
            return update / np.float32(weight)
        held = np.zeros(len(update), dtype=np.float32)
        for client in sorted(clients):
            places = self._places[sub_model_of(task, client)]
            held[slice(None) if places is None else places] += np.float32(weight_of(task, client))
        return np.divide(update, held, out=np.zeros_like(update), where=held > 0)

    def _global(self) -> Vector:
        """The server's model; between synchronisations the mean of the aggregators' as it would be now."""
        if not self._own_models:
            return self.state.parameters
        held = np.bincount(
            np.arange(self._fed.task.clients) % self._edges, weights=self._fed.samples, minlength=self._edges
        )
        return summed(
            np.float32(share) * model for share, model in zip(held / held.sum(), self.edge_models, strict=True)
        )

    def _synchronise(self, round_: int, end_s: float) -> None:
        mean = self._global()
        change = Aggregate(mean - self.state.parameters, self._edges)
        stepped = self._fed.task.algorithm.step(self.state, change, self._fed.task.clients)
        self.state = ServerState(mean, stepped.trainable, stepped.steps, stepped.memory)
        self.edge_models[:] = mean
        self._between_tiers(round_, list(range(self._edges)), end_s)

    def _between_tiers(self, round_: int, edges: list[int], end_s: float) -> None:
        """The aggregators' sums go up as float32 and the new model comes down; their links take no time."""
        if not self._edges:
            return
        size = HEADER_BYTES + 4 * len(self.state.parameters)
        for edge in edges:
            self._fed.recorder.send(round_, aggregator(edge), SERVER, Kind.UPDATE, size, end_s, end_s)
            self._fed.recorder.send(round_, SERVER, aggregator(edge), Kind.MODEL, size, end_s, end_s)
