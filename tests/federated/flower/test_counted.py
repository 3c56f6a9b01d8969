"""A strategy of Flower's own and a client app that knows nothing of us: costs come out, results stay the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp.strategy import FedAvg

from setsuden.errors import InputError
from setsuden.federated.facts import header_of
from setsuden.federated.flower import Counted, energy_mod
from setsuden.federated.local import trainer_of
from setsuden.federated.simulate import work_of
from setsuden.federated.trace import SERVER, Header, Kind, Trace, Work
from tests.federated.core.support import task
from tests.federated.flower.support import LoopGrid


def users_app(*, measured: bool = True) -> ClientApp:
    """As a tutorial has it."""
    app = ClientApp(mods=[energy_mod] if measured else [])

    @app.train()
    def train(message: Message, context: Context) -> Message:
        model = message.content.array_records["arrays"].to_numpy_ndarrays()
        client = int(context.node_config["partition-id"])
        moved = ArrayRecord([part + np.float32(client) for part in model])
        metrics = MetricRecord({"num-examples": 10 * (client + 1), "train_loss": 0.5})
        note = ConfigRecord({"comment": "", "list": []})  # Flower's own count of bytes fails on these
        return Message(RecordDict({"arrays": moved, "metrics": metrics, "note": note}), reply_to=message)

    @app.evaluate()
    def evaluate(message: Message, context: Context) -> Message:
        metrics = MetricRecord({"num-examples": 5, "accuracy": 0.25})
        return Message(RecordDict({"metrics": metrics}), reply_to=message)

    return app


def header() -> Header:
    wanted = task()
    return header_of(wanted, trainer_of(wanted).work[0], engine="flower", clock="virtual", regions=None)


def strategy() -> FedAvg:
    return FedAvg(fraction_train=1.0, fraction_evaluate=1.0, min_available_nodes=3)


START = [np.zeros((4, 3), dtype=np.float32), np.ones(5, dtype=np.float32)]


def test_the_result_is_that_of_the_strategy_alone() -> None:
    plain = strategy().start(LoopGrid(users_app(measured=False), 3), ArrayRecord(START), num_rounds=2)
    counted = Counted(strategy()).start(LoopGrid(users_app(), 3), ArrayRecord(START), num_rounds=2)
    for one, other in zip(plain.arrays.to_numpy_ndarrays(), counted.arrays.to_numpy_ndarrays(), strict=True):
        assert np.allclose(one, other)
    # Flower averages in the order in which its nodes, numbered at random, answered.
    assert dict(counted.train_metrics_clientapp[2]) == pytest.approx(dict(plain.train_metrics_clientapp[2]))
    assert counted.evaluate_metrics_clientapp[2]["accuracy"] == pytest.approx(0.25)


def test_every_call_of_every_client_is_in_the_trace(tmp_path: Path) -> None:
    counted = Counted(strategy())
    counted.start(LoopGrid(users_app(), 3), ArrayRecord(START), num_rounds=2)
    trace = counted.trace(header())
    turns, sends = trace.turns, trace.sends
    trained = turns.work == Work.TRAIN
    assert sorted(zip(turns.round[trained].tolist(), turns.node[trained].tolist(), strict=True)) == [
        (round_, client) for round_ in (1, 2) for client in (0, 1, 2)
    ]
    assert turns.samples[trained].tolist() == [10 * (node + 1) for node in turns.node[trained].tolist()]
    assert (turns.steps[trained] == -(-turns.samples[trained] // header().batch_size)).all()
    assert np.array_equal(turns.macs[trained], turns.samples[trained] * header().training_macs)
    assert (turns.samples[turns.work == Work.EVALUATE] == 5).all()
    assert (turns.cpu_s >= 0).all()
    assert (turns.end_s >= turns.start_s).all()
    assert trace.header.clock == "wall"
    assert trace.rounds.selected.tolist() == [3, 3]
    assert trace.rounds.completed.tolist() == [3, 3]
    down = (sends.kind == Kind.MODEL) & (sends.sender == SERVER)
    raw = sum(part.nbytes for part in START)
    assert (sends.bytes[down] > raw).all()
    trace.save(tmp_path / "trace.npz")
    assert np.array_equal(Trace.load(tmp_path / "trace.npz").sends.bytes, sends.bytes)


def test_every_local_epoch_is_counted_though_a_reply_names_what_the_client_holds() -> None:
    counted = Counted(strategy())
    counted.start(LoopGrid(users_app(), 3), ArrayRecord(START), num_rounds=1)
    told = replace(header(), local_epochs=4, batch_size=8, client_samples=(10, 20, 30))
    trace = counted.trace(told)
    turns = trace.turns
    trained = turns.work == Work.TRAIN
    held = 10 * (turns.node[trained] + 1)
    assert (turns.samples[trained] == 4 * held).all()
    assert (turns.steps[trained] == 4 * -(-held // 8)).all()
    assert np.allclose(turns.macs[trained], 4 * held * told.training_macs)
    assert np.allclose(turns.macs[~trained], 5 * told.forward_macs)
    unknown = counted.trace(replace(told, batch_size=0)).turns
    assert (unknown.steps[trained] == 1).all()  # as where a turn is simulated without a batch
    again = work_of(trace)
    assert again.macs_per_sample * again.epochs * again.samples == pytest.approx(
        [*(40 * told.training_macs * (n + 1) for n in range(3))]
    )
    assert again.bytes_up > sum(part.nbytes for part in START)  # the model, not what an evaluation found


def test_replies_without_our_record_are_passed_on_and_not_counted() -> None:
    counted = Counted(strategy())
    result = counted.start(LoopGrid(users_app(measured=False), 3), ArrayRecord(START), num_rounds=1)
    assert counted.costs == []
    assert result.arrays is not None
    assert len(counted.trace(header()).turns.node) == 0


def test_the_mean_does_not_depend_on_who_was_first() -> None:
    one, other = (
        Counted(strategy()).start(grid, ArrayRecord(START), num_rounds=3).arrays.to_numpy_ndarrays()
        for grid in (LoopGrid(users_app(), 5), _Backwards(users_app(), 5))
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


class _Backwards(LoopGrid):
    def pull_messages(self, message_ids: object) -> list[Message]:
        there = sorted(self._replies, reverse=True)
        return [self._replies.pop(number) for number in there]


def test_a_trace_before_the_run_is_refused() -> None:
    with pytest.raises(InputError, match="nothing has run yet"):
        Counted(strategy()).trace(replace(header()))
