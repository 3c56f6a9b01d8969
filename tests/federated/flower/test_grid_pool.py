"""Rounds over Flower's messages give what the embedded engine gives, whatever the task asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from setsuden.errors import InputError, SetsudenError
from setsuden.federated import engine, fleet
from setsuden.federated.algorithms import FedAdam, FedBuff, FedProx, Scaffold
from setsuden.federated.compression import Quantise, SubModel, TopK
from setsuden.federated.engine.run import run_over
from setsuden.federated.failures import Failures
from setsuden.federated.flower import bundle, client, run
from setsuden.federated.flower.grid_pool import GridPool
from setsuden.federated.flower.server import Job, roll
from setsuden.federated.local import trainer_of
from setsuden.federated.privacy import Privacy
from setsuden.federated.selection import CarbonAware, RandomChoice
from setsuden.federated.stop import Stop
from setsuden.federated.topology import Edges, Full, Gossip, Hierarchical, Regular, Ring, Torus
from setsuden.federated.trace import Outcome, Work
from setsuden.federated.world import EqualWorld
from tests.federated.core.support import MODEL, NOT_FINITE, RAISES, marked, parted, task
from tests.federated.flower.support import LoopGrid, looped

TASKS: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": dict,
    "cohort": lambda: {"selection": RandomChoice(cohort=3)},
    "prox": lambda: {"algorithm": FedProx(mu=0.1)},
    "adam": lambda: {"algorithm": FedAdam(server_learning_rate=0.05)},
    "scaffold": lambda: {"algorithm": Scaffold(), "selection": RandomChoice(cohort=4)},
    "buffered": lambda: {"algorithm": FedBuff(buffer=2, concurrency=4)},
    "private": lambda: {"privacy": Privacy(clip_norm=0.5, noise_multiplier=0.3)},
    "residuals": lambda: {"compression": TopK(share=0.3), "selection": RandomChoice(cohort=4)},
    "bits": lambda: {"compression": Quantise(bits=4)},
    "sub-models": lambda: {"compression": SubModel(widths=(1.0, 0.5)), "model": "mlp"},
    "edges": lambda: {"topology": Hierarchical(aggregators=2, edge_rounds=2), "stop": Stop(rounds=4)},
    "drop-outs": lambda: {"failures": Failures(drop_share=0.4)},
    "personal": lambda: {"personalise_epochs": 2},
    "ring": lambda: {"topology": Ring()},
    "torus": lambda: {"topology": Torus(), "algorithm": FedProx(mu=0.1)},
    "regular": lambda: {"topology": Regular(degree=4), "selection": RandomChoice(cohort=4)},
    "full": lambda: {"topology": Full()},
    "given graph": lambda: {"topology": Edges(pairs=((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 2)))},
    "gossip": lambda: {"topology": Gossip(steps=2), "failures": Failures(drop_share=0.4)},
    "gossip in bits": lambda: {"topology": Gossip(), "compression": Quantise(bits=8)},
    "peers, personal": lambda: {"topology": Ring(), "personalise_epochs": 2},
    "two tiers": lambda: {"topology": Hierarchical(aggregators=3), "compression": Quantise(bits=8)},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the task lies for the client app."""
    monkeypatch.setenv(bundle.TASK_FOLDER, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", TASKS)
def test_the_same_model_and_the_same_bytes_as_the_embedded_engine(name: str, folder: Path) -> None:
    wanted = task(**TASKS[name]())
    over_flower, calls = looped(wanted, folder)
    embedded = engine.run(wanted, workers=1)
    assert np.allclose(over_flower.parameters, embedded.parameters, rtol=0, atol=1e-5)
    assert over_flower.accuracy == pytest.approx(embedded.accuracy, abs=0.02)
    assert not over_flower.faults
    for name_of in ("round", "sender", "receiver", "kind", "bytes", "start_s", "end_s"):
        assert np.array_equal(getattr(over_flower.trace.sends, name_of), getattr(embedded.trace.sends, name_of))
    for name_of in ("round", "node", "work", "outcome", "samples", "steps", "macs"):
        assert np.array_equal(getattr(over_flower.trace.turns, name_of), getattr(embedded.trace.turns, name_of))
    if wanted.personalise_epochs:
        assert over_flower.clients.personal is not None
        assert over_flower.clients.personal == pytest.approx(embedded.clients.personal, abs=0.02)
    assert len(calls) == int(np.isin(over_flower.trace.turns.work, [Work.TRAIN, Work.PERSONALISE]).sum()) - int(
        np.isin(over_flower.trace.turns.outcome, [Outcome.DROPPED, Outcome.TIMED_OUT, Outcome.LATE]).sum()
    )


def test_a_declared_fleet_decides_the_same_cohorts_times_and_joules(folder: Path) -> None:
    here = fleet.world(fleet.load_example(10))
    wanted = task(partition=parted([24] * 10), selection=CarbonAware(cohort=4, over_selection=1.5))
    over_flower, _ = looped(wanted, folder, here)
    embedded = engine.run(wanted, here, workers=1)
    assert np.array_equal(over_flower.trace.turns.node, embedded.trace.turns.node)
    assert np.array_equal(over_flower.trace.turns.end_s, embedded.trace.turns.end_s)
    assert over_flower.spent == embedded.spent
    assert over_flower.trace.header.regions == embedded.trace.header.regions
    assert bundle.load(folder).world.regions == here.regions


def test_the_order_of_arrival_changes_no_bit(folder: Path) -> None:
    one, _ = looped(task(), folder)
    other, _ = looped(task(), folder)
    assert np.array_equal(one.parameters, other.parameters)


def test_flower_carries_little_more_than_the_trace_counts(folder: Path) -> None:
    result, calls = looped(task(model="mlp"), folder)
    sends = result.trace.sends
    counted = int(sends.bytes.sum())
    carried = sum(call.cost.bytes_in + call.cost.bytes_out for call in calls if call.cost is not None)
    assert counted < carried < 1.02 * counted


def test_a_client_that_raises_is_counted_left_out_and_named(folder: Path) -> None:
    wanted = task(data=marked({2: RAISES, 4: NOT_FINITE}), model=MODEL)
    result, calls = looped(wanted, folder)
    first = {(fault.client, fault.outcome) for fault in result.faults if fault.round == 1}
    assert first == {(2, Outcome.RAISED), (4, Outcome.NOT_FINITE)}
    assert "cannot stand this sample" in str(next(fault for fault in result.faults if fault.client == 2))
    embedded = engine.run(wanted, workers=1)
    assert np.allclose(result.parameters, embedded.parameters, rtol=0, atol=1e-5)
    assert {call.outcome for call in calls if call.client == 2} == {Outcome.RAISED}


def test_a_client_that_never_answers_counts_as_hung_and_the_others_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setsuden.federated.flower.grid_pool._PROCESS_S", 0.0)
    result, calls = looped(task(stop=Stop(rounds=1)), folder, silent=[1], broken=[3])
    assert {(fault.client, fault.outcome) for fault in result.faults} == {(1, Outcome.HUNG), (3, Outcome.HUNG)}
    assert "the node is gone" in str(next(fault for fault in result.faults if fault.client == 3))
    assert [call.cost is None for call in calls] == [False, True, False, True, False, False]
    assert result.trace.rounds.completed.tolist() == [4]


def test_idle_time_and_cold_starts_are_told_apart(folder: Path) -> None:
    _, calls = looped(task(stop=Stop(rounds=2)), folder)
    costs = [call.cost for call in calls if call.cost is not None]
    assert [cost.client for cost in costs] == [0, 1, 2, 3, 4, 5] * 2
    assert all(cost.ended_s >= cost.started_s and cost.cpu_s >= 0.0 for cost in costs)
    later = costs[6:]
    assert all(cost.idle_s >= 0.0 and not cost.cold and cost.before_s == 0.0 for cost in later)


def test_bytes_that_the_trace_would_not_count_stop_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setsuden.federated.flower.grid_pool.message_bytes", lambda *_: (0, 7))
    with pytest.raises(SetsudenError, match="where the trace counts 7"):
        looped(task(), folder)


def test_a_run_over_flower_resumes_from_a_checkpoint(folder: Path) -> None:
    kept = folder / "checkpoint.npz"
    whole, _ = looped(task(stop=Stop(rounds=4)), folder)
    wanted = task(stop=Stop(rounds=4))

    class CutError(RuntimeError):
        pass

    def stop_after_two(done: engine.RoundDone) -> None:
        if done.round == 2:
            raise CutError

    bundle.save(folder, Job(wanted, EqualWorld(6), None, 1))
    grid = LoopGrid(client.app, 6)
    pool = GridPool(wanted, trainer_of(wanted), grid, roll(grid, 6), start_s=0.0, hang_s=0.2)
    with pytest.raises(CutError):
        run_over(pool.over, wanted, EqualWorld(6), checkpoint=kept, on_round=stop_after_two)
    resumed, calls = looped(wanted, folder, checkpoint=kept)
    assert resumed.resumed_from == 2
    assert {call.round for call in calls} == {3, 4}
    assert np.array_equal(resumed.parameters, whole.parameters)


def test_what_flower_cannot_do_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="clients keep residuals"):
        run(task(compression=TopK(share=0.3)), checkpoint=tmp_path / "kept.npz")
    with pytest.raises(InputError, match="workers"):
        run(task(), workers=0)


def test_nodes_that_do_not_come_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setsuden.federated.flower.server.START_S", 0.0)
    with pytest.raises(SetsudenError, match="2 of 3 nodes came"):
        roll(LoopGrid(client.app, 2), 3)


def test_a_task_in_a_folder_comes_back_whole(tmp_path: Path) -> None:
    wanted = task(compression=Quantise(bits=8))
    data = np.arange(200_000, dtype=np.float32)
    bundle.save(tmp_path, {"task": wanted, "large": data})
    back = bundle.load(tmp_path)
    assert np.array_equal(back["large"], data)
    assert isinstance(back["large"], np.memmap)
    back["large"][0] = 5.0
    assert bundle.load(tmp_path)["large"][0] == 0.0
    assert back["task"].compression == wanted.compression
    assert np.array_equal(back["task"].data.x_train, wanted.data.x_train)
