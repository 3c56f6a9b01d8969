"""The embedded engine: the same bits from any number of workers, books that balance, bad days."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated import engine
from setsuden.federated.algorithms import Algorithm, FedAdam, FedAvg, FedBuff, FedProx, Scaffold
from setsuden.federated.compression import Compression, Plain, Quantise, SubModel, TopK
from setsuden.federated.engine import FederatedResult, RoundDone
from setsuden.federated.failures import Failures
from setsuden.federated.local import initial_parameters, train_client
from setsuden.federated.privacy import Privacy
from setsuden.federated.selection import Available, RandomChoice
from setsuden.federated.stop import Stop
from setsuden.federated.task import FederatedTask, LocalTraining
from setsuden.federated.topology import Full, Gossip, Hierarchical, Ring, Server, Topology
from setsuden.federated.trace import SERVER, Kind, Outcome, Trace, Work
from setsuden.federated.world import EqualWorld
from tests.federated.core.support import (
    DIES,
    DIES_ONCE,
    FLAG,
    HANGS,
    MODEL,
    NOT_FINITE,
    RAISES,
    images,
    marked,
    parted,
    points,
    task,
)


def same(one: Trace, other: Trace) -> bool:
    """Equal but for the processor seconds that were measured."""
    tables = [(one.turns._replace(cpu_s=one.turns.waited_s), other.turns._replace(cpu_s=other.turns.waited_s))]
    tables += [(one.sends, other.sends), (one.rounds, other.rounds)]  # type: ignore[list-item]
    return one.header == other.header and all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for left, right in tables
        for a, b in zip(left, right, strict=True)
    )


VARIANTS: dict[str, dict[str, Any]] = {
    "fedavg": {},
    "fedavg, autograd": {"local": LocalTraining(batch_size=10, momentum=0.9)},
    "mlp": {"model": "mlp", "partition": parted([1, 120, 0, 60, 50, 9])},
    "convolutions": {"model": "lenet", "data": images(), "partition": parted([9, 1, 20, 10])},
    "fedadam": {"algorithm": FedAdam()},
    "scaffold": {"algorithm": Scaffold()},
    "fedbuff": {"algorithm": FedBuff(buffer=2, concurrency=4), "stop": Stop(rounds=8)},
    "hierarchical": {"topology": Hierarchical(aggregators=2, edge_rounds=2)},
    "ring": {"topology": Ring(), "compression": Quantise(bits=8)},
    "error feedback": {"compression": TopK(share=0.1)},
    "sub-models": {"model": "mlp", "compression": SubModel(widths=(1.0, 0.5))},
    "private": {"privacy": Privacy(), "selection": RandomChoice(cohort=3)},
    "failing": {"failures": Failures(drop_share=0.4), "selection": Available(cohort=3, over_selection=1.5)},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_any_number_of_workers_gives_the_same_bits_and_the_same_trace(name: str) -> None:
    one = task(**VARIANTS[name])
    alone, three = engine.run(one, workers=1), engine.run(one, workers=3)
    assert np.array_equal(alone.parameters, three.parameters)
    assert same(alone.trace, three.trace)
    assert np.array_equal(alone.clients.accuracy, three.clients.accuracy, equal_nan=True)
    assert alone.faults == three.faults == ()


def test_two_rounds_are_what_the_algorithm_makes_of_the_clients_turns() -> None:
    one = task(local=LocalTraining(batch_size=10, momentum=0.5), algorithm=FedProx(mu=0.1), stop=Stop(rounds=2))
    state = one.algorithm.begin(initial_parameters(one), 21)
    for round_ in (1, 2):
        results = [train_client(one, client, state.parameters, round_) for client in range(6)]
        state = one.algorithm.combine(state, results, clients=6)
    assert engine.run(one, workers=2).parameters == pytest.approx(state.parameters, abs=1e-6)


@pytest.mark.parametrize("failures", [Failures(), Failures(drop_share=0.3)], ids=["all deliver", "some drop out"])
def test_whoever_is_at_work_when_an_asynchronous_training_ends_costs_what_it_spent(failures: Failures) -> None:
    concurrency = 4
    one = task(algorithm=FedBuff(buffer=2, concurrency=concurrency), stop=Stop(rounds=5), failures=failures)
    trace = engine.run(one, workers=1).trace
    turns, sends, end_s = trace.turns, trace.sends, float(trace.rounds.end_s[-1])
    own = turns.node >= 0
    busy_s = float((turns.end_s - turns.start_s)[own].sum() + (sends.end_s - sends.start_s).sum())
    assert busy_s == pytest.approx(concurrency * end_s)  # as many are at work at any time, to the very end
    assert (turns.outcome[own] == Outcome.LATE).any()
    assert max(turns.end_s.max(), sends.end_s.max()) <= end_s + 1e-9


def test_a_full_mesh_of_peers_is_fedavg_over_equal_clients() -> None:
    peers, server = engine.run(task(topology=Full()), workers=1), engine.run(task(), workers=1)
    assert peers.parameters == pytest.approx(server.parameters, abs=1e-6)
    assert peers.consensus == pytest.approx(server.accuracy)
    assert peers.trace.header.spectral_gap == pytest.approx(1.0)


def test_more_mixing_steps_bring_the_peers_together_at_their_bytes() -> None:
    one, four = (engine.run(task(topology=Ring(steps=steps)), EqualWorld(6, 1e6, 1e4), workers=1) for steps in (1, 4))
    assert len(four.trace.sends.bytes) == 4 * len(one.trace.sends.bytes)
    assert four.spent.time_s > one.spent.time_s
    assert four.parameters == pytest.approx(engine.run(task(topology=Full()), workers=1).parameters, abs=0.02)
    assert four.accuracy is not None
    assert one.consensus is not None
    assert abs(four.accuracy - (four.consensus or 0.0)) <= abs((one.accuracy or 0.0) - one.consensus) + 0.01


def test_edge_aggregators_that_always_report_change_nothing_but_the_messages() -> None:
    edged, plain = engine.run(task(topology=Hierarchical(aggregators=2)), workers=1), engine.run(task(), workers=1)
    assert edged.parameters == pytest.approx(plain.parameters, abs=1e-6)
    sends = edged.trace.sends
    assert ((sends.sender < SERVER) & (sends.receiver == SERVER)).sum() == 2 * 3
    assert ((sends.sender < SERVER) & (sends.receiver >= 0)).sum() == 6 * 3


@pytest.mark.parametrize("topology", [Server(), Hierarchical(aggregators=2), Ring(), Gossip()])
@pytest.mark.parametrize("code", [Plain(), Quantise(bits=4)])
def test_the_bytes_in_the_trace_are_those_of_the_messages(topology: Topology, code: Compression) -> None:
    result = engine.run(task(topology=topology, compression=code), workers=1)
    sends = result.trace.sends
    up = sends.bytes[(sends.kind == Kind.UPDATE) & (sends.sender >= 0) | (sends.kind == Kind.PEER)]
    assert set(up.tolist()) == {code.encoded_bytes(21)}
    down = sends.bytes[(sends.kind == Kind.MODEL) & (sends.receiver >= 0)]
    assert set(down.tolist()) <= {8 + 4 * 21}


def test_the_books_of_a_plain_run_balance() -> None:
    result = engine.run(task(local=LocalTraining(epochs=2, batch_size=10)), EqualWorld(6, 1e6, 1e4), workers=1)
    turns, rounds = result.trace.turns, result.trace.rounds
    train = turns.work == Work.TRAIN
    assert turns.samples[train].sum() == 3 * 240 * 2
    assert turns.macs[train].sum() == 3 * 240 * 2 * 36
    assert (turns.outcome == Outcome.DONE).all()
    assert rounds.end_s[0] == pytest.approx(2 * 92 / 1e4 + 40 * 2 * 36 / 1e6)
    assert rounds.start_s[1:] == pytest.approx(rounds.end_s[:-1])
    assert turns.waited_s[train] == pytest.approx(0.0, abs=1e-12)
    assert np.isfinite(turns.cpu_s[train]).all()
    assert (turns.work == Work.EVALUATE).sum() == 3
    assert result.trace.header.client_samples == (40,) * 6


@pytest.mark.parametrize(
    ("mark", "outcome"),
    [(RAISES, Outcome.RAISED), (NOT_FINITE, Outcome.NOT_FINITE), (DIES, Outcome.RAISED), (HANGS, Outcome.HUNG)],
)
def test_a_client_that_misbehaves_is_counted_left_out_and_named(mark: float, outcome: Outcome) -> None:
    failures = Failures(hang_s=1.0, fault_limit=2)
    bad = task(model=MODEL, data=marked({3: mark}), failures=failures, stop=Stop(rounds=3))
    result = engine.run(bad, workers=2)
    assert [(fault.round, fault.client, fault.outcome) for fault in result.faults] == [(1, 3, outcome), (2, 3, outcome)]
    assert "client 3" in str(result.faults[0])
    assert result.clients.faulted.tolist() == [0, 0, 0, 2, 0, 0]
    assert result.clients.asked.tolist() == [3, 3, 3, 2, 3, 3]
    assert result.clients.replied.tolist() == [3, 3, 3, 0, 3, 3]
    turns = result.trace.turns
    assert (turns.outcome[(turns.node == 3) & (turns.work == Work.TRAIN)] == outcome).all()
    clean = task(model=MODEL)
    state = FedAvg().begin(initial_parameters(clean), 21)
    for round_ in (1, 2, 3):
        others = [train_client(clean, client, state.parameters, round_) for client in (0, 1, 2, 4, 5)]
        state = FedAvg().combine(state, others, clients=6)
    assert result.parameters == pytest.approx(state.parameters, abs=1e-6)


def test_a_worker_killed_in_the_middle_of_a_round_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is gone is replaced and its turns are done again, to the same bits."""
    monkeypatch.setenv(FLAG, str(tmp_path / "calm"))
    (tmp_path / "calm").touch()
    shaken = task(model=_with_flag(tmp_path / "died"), data=marked({2: DIES_ONCE}), algorithm=Scaffold())
    calm = task(model=_with_flag(tmp_path / "calm"), data=marked({2: DIES_ONCE}), algorithm=Scaffold())
    expected = engine.run(calm, workers=2)
    monkeypatch.setenv(FLAG, str(tmp_path / "died"))
    found = engine.run(shaken, workers=2)
    assert (tmp_path / "died").exists()
    assert found.faults == ()
    assert np.array_equal(found.parameters, expected.parameters)


def _with_flag(path: Path) -> str:
    """A module of its own whose model knows the flag: workers do not share this process's environment."""
    name = f"flagged_{path.name}"
    path.with_name(f"{name}.py").write_text(
        f"import os\nfrom tests.federated.core.support import build as inner\n"
        f"def build(input_shape, num_classes):\n    os.environ[{FLAG!r}] = {str(path)!r}\n"
        f"    return inner(input_shape, num_classes)\n"
    )
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    return f"{name}:build"


@dataclass(frozen=True)
class Uneven(EqualWorld):
    """Client k is k + 1 times slower; odd clients sleep in even minutes; joules and grids are declared."""

    def compute_s(self, client: int, macs: float, steps: int) -> float:
        """Slower by number."""
        return float(client + 1)

    def down_s(self, client: int, bytes_: int) -> float:
        """One second."""
        return 1.0

    def up_s(self, client: int, bytes_: int) -> float:
        """One second."""
        return 1.0

    def intensity_g_per_kwh(self, time_s: float) -> NDArray[np.float64]:  # type: ignore[override]
        """Alike."""
        return np.full(self.clients, 360.0)

    def turn_j(self, client: int, macs: float, steps: int, bytes_down: int, bytes_up: int) -> float:  # type: ignore[override]
        """A joule a step."""
        return float(steps)


def test_the_first_replies_of_an_over_selected_cohort_are_taken_and_the_others_cut_off() -> None:
    one = task(selection=Available(cohort=4, over_selection=1.5), stop=Stop(rounds=1))
    turns = (result := engine.run(one, Uneven(6), workers=1)).trace.turns
    train = turns.work == Work.TRAIN
    assert turns.outcome[train].tolist() == [Outcome.DONE] * 4 + [Outcome.LATE] * 2
    assert result.trace.rounds.end_s.tolist() == [6.0]
    assert turns.end_s[train].tolist() == [2, 3, 4, 5, 6, 6]
    assert turns.waited_s[train].tolist() == [3, 2, 1, 0, 0, 0]
    assert turns.macs[train][4] == pytest.approx(40 * 36)
    assert turns.macs[train][5] == pytest.approx(40 * 36 * 5 / 6)
    sends = result.trace.sends
    assert (sends.kind == Kind.UPDATE).sum() == 4


def test_a_time_out_ends_the_wait_and_what_was_spent_is_written_down() -> None:
    one = task(failures=Failures(time_out_s=5.5), stop=Stop(rounds=1))
    result = engine.run(one, Uneven(6), workers=1)
    turns = result.trace.turns
    train = turns.work == Work.TRAIN
    assert turns.outcome[train].tolist() == [Outcome.DONE] * 3 + [Outcome.TIMED_OUT] * 3
    assert result.trace.rounds.end_s.tolist() == [5.5]
    assert turns.macs[train][5] == pytest.approx(40 * 36 * 4.5 / 6)
    assert result.trace.rounds.completed.tolist() == [3]


def test_local_training_ends_where_its_seconds_do() -> None:
    one = task(local=LocalTraining(batch_size=10, max_seconds=2.0), stop=Stop(rounds=1))
    turns = engine.run(one, Uneven(6), workers=1).trace.turns
    assert turns.steps[turns.work == Work.TRAIN].tolist() == [4, 4, 2, 2, 1, 1]


def test_budgets_in_joules_and_grams_end_a_run_and_need_a_world_that_counts() -> None:
    ended = engine.run(task(stop=Stop(rounds=50, energy_j=70.0)), Uneven(6), workers=1)
    assert (ended.trace.header.stop_reason, ended.spent.energy_j) == ("energy", 72.0)
    ended = engine.run(task(stop=Stop(rounds=50, carbon_g=24e-4)), Uneven(6), workers=1)
    assert (ended.trace.header.stop_reason, ended.spent.carbon_g) == ("carbon", pytest.approx(24e-4))
    with pytest.raises(InputError, match="counts joules"):
        engine.run(task(stop=Stop(energy_j=1.0)))


def test_a_dropped_client_costs_what_it_spent_and_is_not_averaged() -> None:
    one = task(failures=Failures(drop_share=1.0), stop=Stop(rounds=2))
    result = engine.run(one, workers=1)
    turns = result.trace.turns
    train = turns.work == Work.TRAIN
    assert (turns.outcome[train] == Outcome.DROPPED).all()
    assert ((turns.macs[train] > 0) & (turns.macs[train] < 40 * 36)).all()
    assert np.array_equal(result.parameters, initial_parameters(one))


def test_a_target_that_is_held_ends_the_run_and_is_named_in_the_header() -> None:
    one = task(stop=Stop(rounds=60, target=0.8, held=2), local=LocalTraining(epochs=5, batch_size=5, learning_rate=0.3))
    header = engine.run(one, workers=1).trace.header
    assert header.stop_reason == "target"
    assert header.reached_round is not None
    assert header.reached_round >= 2


def test_personal_fine_tuning_helps_clients_whose_labels_are_few() -> None:
    data = points()
    order = np.argsort(data.y_train, kind="stable")
    skewed = replace(parted([40] * 6), indices=tuple(np.sort(part) for part in np.array_split(order, 6)))
    result = engine.run(task(data=data, partition=skewed, personalise_epochs=5, stop=Stop(rounds=2)), workers=1)
    assert result.clients.personal is not None
    assert result.clients.personal.mean() > result.clients.accuracy.mean()
    assert (result.trace.turns.work == Work.PERSONALISE).sum() == 6


def test_private_rounds_say_what_epsilon_they_bought() -> None:
    one = task(privacy=Privacy(noise_multiplier=2.0), selection=RandomChoice(cohort=3))
    result = engine.run(one, workers=1)
    assert result.epsilon == Privacy(noise_multiplier=2.0).epsilon(3, 0.5)
    assert engine.run(task(), workers=1).epsilon is None


@pytest.mark.parametrize("algorithm", [FedAvg(), Scaffold(), FedBuff(buffer=2, concurrency=4)])
def test_a_run_goes_on_from_its_checkpoint_to_the_same_bits(tmp_path: Path, algorithm: Algorithm) -> None:
    whole = task(algorithm=algorithm, stop=Stop(rounds=8), compression=TopK(share=0.2))
    first = replace_stop(whole, 3)
    engine.run(first, workers=2, checkpoint=tmp_path / "run.npz")
    seen: list[RoundDone] = []
    resumed = engine.run(whole, workers=1, checkpoint=tmp_path / "run.npz", on_round=seen.append)
    uninterrupted = engine.run(whole, workers=1)
    assert (resumed.resumed_from, [done.round for done in seen]) == (3, [4, 5, 6, 7, 8])
    assert np.array_equal(resumed.parameters, uninterrupted.parameters)
    assert same(resumed.trace, uninterrupted.trace)


def replace_stop(one: FederatedTask, rounds: int) -> FederatedTask:
    return replace(one, stop=Stop(rounds=rounds))


_KILLED = """
import os, signal, sys
from pathlib import Path
from setsuden.federated import engine
from tests.federated.core.test_engine import long_run
def kill(done):
    if done.round == 7:
        os.kill(os.getpid(), signal.SIGKILL)
engine.run(long_run(), workers=2, checkpoint=Path(sys.argv[1]), on_round=kill)
"""


def long_run() -> FederatedTask:
    return task(stop=Stop(rounds=20), topology=Gossip(), failures=Failures(drop_share=0.1))


def test_a_process_killed_in_round_7_of_20_goes_on_from_there_to_the_same_bits(tmp_path: Path) -> None:
    """The script has no guard around its first line: workers must not run it a second time."""
    script = tmp_path / "script.py"
    script.write_text(_KILLED)
    path = tmp_path / "run.npz"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path]), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run([sys.executable, str(script), str(path)], env=environment, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL
    resumed = engine.run(long_run(), workers=2, checkpoint=path)
    assert resumed.resumed_from == 7
    uninterrupted = engine.run(long_run(), workers=1)
    assert np.array_equal(resumed.parameters, uninterrupted.parameters)
    assert same(resumed.trace, uninterrupted.trace)


def test_a_checkpoint_of_another_task_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    engine.run(task(stop=Stop(rounds=1)), workers=1, checkpoint=path)
    with pytest.raises(InputError, match="another task"):
        engine.run(task(seed=5), workers=1, checkpoint=path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="not a checkpoint"):
        engine.run(task(), workers=1, checkpoint=path)


def test_a_trace_comes_back_from_its_file(tmp_path: Path) -> None:
    result: FederatedResult = engine.run(task(), workers=1)
    result.trace.save(tmp_path / "trace.npz")
    assert same(result.trace, Trace.load(tmp_path / "trace.npz"))


@pytest.mark.parametrize("content", [b"", b"# not a trace", b"PK\x03\x04 and no more", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_trace_is_refused_without_advice_to_unpickle_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "trace.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a trace of a federation, or a damaged one") as caught:
        Trace.load(path)
    assert "pickle" not in str(caught.value)
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(InputError, match="not a trace"):
        Trace.load(tmp_path / "one.npy")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        Trace.load(tmp_path)


def test_a_world_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="the world has 5 clients"):
        engine.run(task(), EqualWorld(5))


def test_accuracy_and_invitations_are_told_by_region() -> None:
    @dataclass(frozen=True)
    class Regional(EqualWorld):
        @property
        def regions(self) -> tuple[str, ...]:  # type: ignore[override]
            return ("FR", "JP") * 3

    result = engine.run(task(selection=RandomChoice(cohort=3)), Regional(6), workers=1)
    regions = result.clients.by_region()
    assert sorted(regions) == ["FR", "JP"]
    assert sum(asked for _, asked in regions.values()) * 3 == 9
