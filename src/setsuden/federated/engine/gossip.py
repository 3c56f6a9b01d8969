"""Rounds without a server: every peer trains its own model, then mixes it with its neighbours'."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.algorithms.base import Vector
from setsuden.federated.engine.federation import Federation, mean_loss
from setsuden.federated.engine.orders import TurnReport
from setsuden.federated.engine.timeline import Timed, done_by
from setsuden.federated.topology import Pairs, Peers, mix
from setsuden.federated.trace import Kind, Outcome, Sends, Work

_LOOKED_AT = 8
_CODE_STREAM = 0xC1


class GossipRounds:
    """Row p of the models is peer p's; the last row holds their mean when it is asked for."""

    def __init__(self, federation: Federation, initial: Vector) -> None:
        self._fed = federation
        self._peers = federation.task.clients
        self._models: NDArray[np.float32] = federation.memory.models.array[: self._peers]
        self._models[:] = initial
        self._bytes = federation.task.compression.encoded_bytes(len(initial))

    # -- for checkpoints

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Every peer's model."""
        return {"models": self._models}

    def plain(self) -> dict[str, Any]:
        """Nothing else is kept."""
        return {}

    def restore(self, about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """The inverse of ``arrays``."""
        self._models[:] = arrays["models"]

    # -- rounds

    @property
    def parameters(self) -> Vector:
        """The mean of the peers' models."""
        mean: Vector = self._models.mean(axis=0, dtype=np.float64).astype(np.float32)
        return mean

    def end(self) -> None:
        """Nothing goes on after a round."""

    def evaluation_rows(self) -> list[int]:
        """A few peers, evenly spread, always the same: to evaluate all would cost more than to train them."""
        return sorted({round(place) for place in np.linspace(0, self._peers - 1, min(_LOOKED_AT, self._peers))})

    def round(self, round_: int) -> tuple[int, int]:
        """One round; returns how many peers were asked to train and how many mixed."""
        fed = self._fed
        _, plans = fed.choose(round_, fed.progress.time_s, sends=False)
        if not plans:
            fed.wait_for_nobody(round_)
            return 0, 0
        ready = [client for client in sorted(plans) if plans[client].broken is None]
        size = max(1, min(10, -(-len(ready) // 8)))
        units = [
            [
                fed.turn_of(plans[client], round_, model=client, out=client, weight=1.0)
                for client in ready[at : at + size]
            ]
            for at in range(0, len(ready), size)
        ]
        reports = fed.train(round_, units, whole=True)
        present = np.zeros(self._peers, dtype=np.bool_)
        for client in ready:
            if reports[client].outcome is Outcome.DONE:
                present[client] = True
                self._models[client] = fed.row(client)
        topology = fed.task.topology
        assert isinstance(topology, Peers)
        graphs = []
        began = time.process_time()
        for step in range(topology.steps):
            edges = topology.edges(self._peers, fed.task.seed, (round_ - 1) * topology.steps + step + 1)
            graphs.append(edges[present[edges].all(axis=1)])
            self._mix(graphs[-1], round_, step)
        self._write(round_, plans, reports, graphs, time.process_time() - began)
        fed.progress.train_loss = mean_loss(list(reports.values()))
        return len(plans), int(present.sum())

    def _mix(self, edges: Pairs, round_: int, step: int) -> None:
        """Each model becomes the weighted mean with what its neighbours sent; the sum over all peers stays."""
        code, seed = self._fed.task.compression, self._fed.task.seed
        if code.lossless:
            self._models[:] = mix(edges, self._models)
            return
        seen = np.zeros_like(self._models)
        for peer in np.unique(edges).tolist():
            random = np.random.default_rng([seed, _CODE_STREAM, round_, peer, step])
            seen[peer] = code.decode(code.encode(self._models[peer], random))
        self._models += mix(edges, seen) - seen

    def _write(
        self,
        round_: int,
        plans: dict[int, Timed],
        reports: dict[int, TurnReport],
        graphs: list[Pairs],
        mixing_cpu_s: float,
    ) -> None:
        fed = self._fed
        ends = {client: self._trained_until(plan, reports.get(client)) for client, plan in plans.items()}
        free_s = np.zeros(self._peers)
        free_s[list(ends)] = list(ends.values())
        sent_s = np.zeros(self._peers)
        for edges in graphs:
            sends, free_s = self._sends(round_, edges, free_s)
            sent_s += np.bincount(sends.sender, sends.end_s - sends.start_s, minlength=self._peers)
            fed.recorder.sends(sends)
        end_s = max(fed.progress.time_s, *ends.values(), float(free_s.max(initial=0.0)))
        degree = np.sum([np.bincount(edges.ravel(), minlength=self._peers) for edges in graphs], axis=0)
        mixed = max(1, int((degree > 0).sum()))
        for client in sorted(plans):
            plan, report = plans[client], reports.get(client)
            outcome = plan.broken or (report.outcome if report is not None else Outcome.DROPPED)
            done = done_by(plan, ends[client])
            own_end_s = max(ends[client], float(free_s[client]))
            fed.recorder.turn(
                round_, client, Work.TRAIN, outcome,
                samples=done.samples, steps=done.steps, macs=done.macs,
                start_s=plan.train_s, end_s=ends[client],
                # whatever is neither training nor sending: a peer receives meanwhile
                waited_s=max(0.0, end_s - ends[client] - float(sent_s[client])) if outcome is Outcome.DONE else 0.0,
                cpu_s=float("nan") if report is None else report.cpu_s,
            )  # fmt: skip
            moved = int(degree[client]) * self._bytes
            spent_j = fed.world.turn_j(client, done.macs, done.steps, moved, moved)
            grid = fed.world.intensity_g_per_kwh(plan.start_s) if spent_j is not None else None
            fed.progress.charge(spent_j, None if grid is None else float(grid[client]))
            if outcome is Outcome.DONE:
                fed.progress.replied[client] += 1
            if degree[client]:
                fed.recorder.turn(
                    round_, client, Work.AGGREGATE, Outcome.DONE,
                    samples=0, steps=len(graphs), macs=float((degree[client] + len(graphs)) * self._models.shape[1]),
                    start_s=own_end_s, end_s=own_end_s, cpu_s=mixing_cpu_s / mixed,
                )  # fmt: skip
        fed.progress.time_s = end_s

    def _trained_until(self, plan: Timed, report: TurnReport | None) -> float:
        if plan.cut_s is not None:
            return min(plan.cut_s, plan.send_s)
        if report is not None and report.outcome is Outcome.HUNG:
            failures = self._fed.task.failures
            return plan.start_s + (failures.time_out_s or failures.hang_s)
        return plan.send_s

    def _sends(self, round_: int, edges: Pairs, ready_s: NDArray[np.float64]) -> tuple[Sends, NDArray[np.float64]]:
        """Both directions of every edge, a peer's own messages one after the other; and when each peer is done."""
        world, size = self._fed.world, self._bytes
        pairs = np.concatenate([edges, edges[:, ::-1]])
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        sender, receiver = pairs[:, 0], pairs[:, 1]
        up_s, down_s = np.zeros(self._peers), np.zeros(self._peers)
        for peer in np.unique(edges).tolist():
            up_s[peer], down_s[peer] = world.up_s(peer, size), world.down_s(peer, size)
        lasting = np.maximum(up_s[sender], down_s[receiver])
        before = np.cumsum(lasting) - lasting
        start_s = ready_s[sender] + before - before[np.searchsorted(sender, sender)]
        end_s = start_s + lasting
        free_s = ready_s.copy()
        np.maximum.at(free_s, sender, end_s)
        np.maximum.at(free_s, receiver, end_s)
        count = len(sender)
        table = Sends(
            np.full(count, round_, dtype=np.int32),
            sender.astype(np.int32),
            receiver.astype(np.int32),
            np.full(count, int(Kind.PEER), dtype=np.uint8),
            np.full(count, size, dtype=np.int64),
            start_s,
            end_s,
        )
        return table, free_s
