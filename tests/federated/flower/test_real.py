"""Flower itself: a simulation on Ray, and a SuperLink with three SuperNodes as processes of their own.

Nothing here is faked; both take the better part of a minute, most of it the start of processes.
"""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from setsuden.errors import SetsudenError
from setsuden.federated import engine, flower, partition
from setsuden.federated.flower import keeper
from setsuden.federated.flower.deployment import SuperNodes
from setsuden.federated.stop import Stop
from setsuden.federated.task import FederatedTask, LocalTraining
from setsuden.federated.topology import Gossip, Hierarchical, Ring, Topology
from setsuden.federated.trace import SERVER, Kind, Outcome, Work
from setsuden.workload import data
from tests.federated.core.support import MODEL, parted, task

MARK = "SETSUDEN_TEST_RUN"


@pytest.fixture(autouse=True)
def _nothing_stays_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    yield
    left = []
    for process in psutil.process_iter():
        try:
            found = process.environ()
            # FLWR_HOME tells them from the fork server of the embedded engine, which is run beside Flower here.
            if found.get(MARK) == mark and "FLWR_HOME" in found and process.status() != psutil.STATUS_ZOMBIE:
                left.append((process.pid, process.name()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    assert left == []


def digits(clients: int, **changes: Any) -> FederatedTask:
    read = data.load("digits")
    parts: dict[str, Any] = {
        "study": "flower",
        "model": "mlp",
        "data": read,
        "partition": partition.dirichlet(read, clients, 0.5, seed=2),
        "local": LocalTraining(batch_size=16, learning_rate=0.1),
        "stop": Stop(rounds=2),
        "seed": 4,
    }
    return FederatedTask(**(parts | changes))


def check_agreement(wanted: FederatedTask, result: flower.FlowerResult) -> None:
    embedded = engine.run(wanted, workers=1)
    assert result.accuracy == pytest.approx(embedded.accuracy, abs=0.01)
    assert np.allclose(result.parameters, embedded.parameters, rtol=0, atol=1e-5)
    for column in ("sender", "receiver", "kind", "bytes"):
        assert np.array_equal(getattr(result.trace.sends, column), getattr(embedded.trace.sends, column))
    assert np.array_equal(result.trace.turns.macs, embedded.trace.turns.macs)


@pytest.mark.timeout(400)
def test_a_simulation_on_ray_agrees_with_the_embedded_engine() -> None:
    wanted, told = digits(4), []
    result = flower.run(wanted, workers=2, on_round=told.append)
    assert [done.round for done in told] == [1, 2]
    assert told[-1].accuracy == result.accuracy
    check_agreement(wanted, result)
    assert (result.trace.header.engine, result.trace.header.clock) == ("flower simulation", "virtual")
    trained = result.trace.turns.work == Work.TRAIN
    assert (result.trace.turns.cpu_s[trained] > 0).all()
    assert sorted(result.node_cpu_s) == [0, 1, 2, 3]
    costs = [call.cost for call in result.calls if call.cost is not None]
    assert len({cost.pid for cost in costs}) == sum(cost.cold for cost in costs)
    check_joules(result, trained)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "topology", [Gossip(steps=2), Hierarchical(aggregators=2, edge_rounds=2)], ids=["gossip", "two-tiers"]
)
def test_peers_and_two_tiers_on_ray_agree_with_the_embedded_engine(topology: Topology) -> None:
    wanted = digits(4, topology=topology)
    result = flower.run(wanted, workers=2)
    check_agreement(wanted, result)
    sent = int(result.trace.sends.bytes.sum())
    if not topology.peer_to_peer:
        return
    turns = int((result.trace.turns.work == Work.TRAIN).sum())
    assert (result.trace.sends.kind == Kind.PEER).all()
    assert result.carried_bytes > 2 * turns * 4 * len(result.parameters)  # a model there, a change back
    # rounds x steps x neighbours x peers, whatever Flower carried
    assert sent == 2 * 2 * 2 * 4 * (8 + 4 * len(result.parameters))


@pytest.mark.timeout(600)
def test_three_supernodes_are_peers_on_a_ring(socket_enabled: None) -> None:
    wanted = digits(3, topology=Ring(), stop=Stop(rounds=1))
    result = flower.run(wanted, deploy=True)
    check_agreement(wanted, result)
    turns, sends, over = result.trace.turns, result.trace.sends, result.trace.rounds.end_s[0]
    assert (turns.end_s[turns.work == Work.TRAIN] <= over).all()
    assert (sends.start_s == over).all()  # mixing at the server stands for what peers send
    assert (sends.end_s == over).all()


@pytest.mark.timeout(600)
def test_three_supernodes_train_and_deliver_the_joules_of_each(socket_enabled: None) -> None:
    wanted = digits(3)
    result = flower.run(wanted, deploy=True)
    check_agreement(wanted, result)
    assert (result.trace.header.engine, result.trace.header.clock) == ("flower deployment", "wall")
    turns = result.trace.turns
    trained = turns.work == Work.TRAIN
    assert turns.node[trained].tolist() == [0, 1, 2] * 2
    assert (turns.outcome[trained] == Outcome.DONE).all()
    assert sorted(result.node_cpu_s) == [SERVER, 0, 1, 2]
    costs = {(call.round, call.client): call.cost for call in result.calls if call.cost is not None}
    assert len({cost.pid for cost in costs.values()}) == 6  # every message has a process of its own
    assert all(cost.cold and cost.before_s > 0.1 for cost in costs.values())
    inside = np.array(
        [costs[round_, node].cpu_s for round_, node in zip(turns.round, turns.node, strict=True) if node >= 0]
    )
    assert (turns.cpu_s[trained] > inside).all()  # the meter around it also saw the process start
    for node in (0, 1, 2):
        assert result.node_cpu_s[node] >= turns.cpu_s[trained & (turns.node == node)].sum() - 0.1
    assert (np.diff(result.trace.rounds.start_s) > 0).all()
    assert (turns.end_s >= turns.start_s).all()
    assert (result.trace.sends.end_s >= result.trace.sends.start_s).all()
    check_joules(result, trained)


def check_joules(result: flower.FlowerResult, trained: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    """Where this machine has a sensor or a model of its processor, every client has joules; else none has any."""
    joules = result.trace.turns.energy_j[trained]
    if result.meter == "no CPU sensor":
        assert result.node_j == {}
        assert np.isnan(joules).all()
        return
    assert sorted(result.node_j) == sorted(result.node_cpu_s)
    assert (joules > 0).all()
    for node, estimate in result.node_j.items():
        assert estimate.low <= estimate.value <= estimate.high
        own = joules[result.trace.turns.node[trained] == node].sum()
        assert node == SERVER or estimate.value >= 0.95 * own


@pytest.mark.timeout(400)
def test_a_simulation_that_cannot_start_says_why_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SetsudenError, match="simulation ended with exit code 1"):
        flower.run(task(model=MODEL))


@pytest.mark.timeout(400)
def test_a_deployment_that_fails_on_the_way_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, socket_enabled: None
) -> None:
    def refuse(nodes: SuperNodes) -> None:
        raise SetsudenError("nothing can be submitted today")

    monkeypatch.setattr(SuperNodes, "submit", refuse)
    with pytest.raises(SetsudenError, match="nothing can be submitted today"):
        flower.run(task(partition=parted([240])), deploy=True)


CALLER = """
from setsuden.federated import flower
from tests.federated.core.support import parted, task
flower.run(task(partition=parted([240])), deploy=True)
"""


@pytest.mark.timeout(400)
def test_a_deployment_whose_caller_is_killed_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SuperLink, SuperNode and what they start all go; the fixture looks that nothing is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    caller = subprocess.Popen([sys.executable, "-c", CALLER], cwd=Path(__file__).parents[3])
    deadline = time.monotonic() + 300
    while not (folders := list(tmp_path.glob("setsuden-*"))) or len(keeper.members(folders[0])) < 3:
        assert caller.poll() is None
        assert time.monotonic() < deadline
    assert {"superlink.log", "supernode-0.log"} <= {path.name for path in folders[0].iterdir()}
    caller.kill()
    caller.wait()
    while keeper.members(folders[0]) or folders[0].exists():
        assert time.monotonic() < deadline
