from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from setsuden.errors import InputError
from setsuden.federated.algorithms import Aggregate, FedAdam, FedAvg, FedBuff, FedProx, FedYogi, Scaffold, aggregated
from setsuden.federated.compression import Plain, Quantise, SubModel, TopK
from setsuden.federated.local import (
    batches,
    initial_parameters,
    outgoing,
    samples_of,
    steps_of,
    train_client,
    trainer_of,
)
from setsuden.federated.privacy import Privacy
from setsuden.federated.task import FederatedTask, LocalTraining
from setsuden.federated.topology import Ring
from setsuden.workload.data import Dataset
from tests.federated.core.support import images, parted, points, softmax_gradient, task


@dataclass
class Reply:
    client: int
    update: NDArray[np.float32]
    weight: float = 1.0
    control: NDArray[np.float32] | None = None


def reply(client: int, values: list[float], weight: float = 1.0) -> Reply:
    return Reply(client, np.array(values, dtype=np.float32), weight)


def test_the_mean_weighs_by_samples_and_does_not_mind_the_order_of_arrival() -> None:
    replies = [reply(3, [0.3, 1.1], 7), reply(0, [1.7, -2.0], 2), reply(9, [0.1, 0.4], 5)]
    mean = aggregated(replies)
    assert mean.update == pytest.approx(
        (7 * np.array([0.3, 1.1]) + 2 * np.array([1.7, -2]) + 5 * np.array([0.1, 0.4])) / 14
    )
    assert np.array_equal(mean.update, aggregated(replies[::-1]).update)


def test_a_round_of_fedavg_with_one_full_batch_step_is_a_centralised_gradient_step() -> None:
    sizes = [10, 100, 40, 90]
    federated = task(partition=parted(sizes), local=LocalTraining(batch_size=1000, learning_rate=0.3))
    data, start = federated.data, initial_parameters(federated)
    results = [train_client(federated, client, start, 1) for client in range(4)]
    state = FedAvg().combine(FedAvg().begin(start, len(start)), results, clients=4)
    weights, bias = start[:18].reshape(3, 6).astype(float), start[18:].astype(float)
    by_weight, by_bias = softmax_gradient(weights, bias, data.x_train.astype(float), data.y_train)
    expected = np.concatenate([(weights - 0.3 * by_weight).ravel(), bias - 0.3 * by_bias])
    assert state.parameters == pytest.approx(expected, abs=1e-6)


def test_fedavg_with_one_client_is_sgd_over_its_batches() -> None:
    alone = task(partition=parted([240]), local=LocalTraining(epochs=2, batch_size=17, learning_rate=0.2))
    start = initial_parameters(alone)
    result = train_client(alone, 0, start, 4)
    weights, bias = start[:18].reshape(3, 6).astype(float), start[18:].astype(float)
    for rows in batches(np.arange(240), 17, 2, (0, 4, 0)):
        by_weight, by_bias = softmax_gradient(
            weights, bias, alone.data.x_train[rows].astype(float), alone.data.y_train[rows]
        )
        weights, bias = weights - 0.2 * by_weight, bias - 0.2 * by_bias
    assert start + result.update == pytest.approx(np.concatenate([weights.ravel(), bias]), abs=1e-5)
    assert (result.steps, result.samples) == (30, 480)


def test_every_epoch_is_a_new_order_of_the_same_samples() -> None:
    found = [rows.tolist() for rows in batches(np.arange(100, 123), 10, 2, (1, 2, 3))]
    assert [len(rows) for rows in found] == [10, 10, 3, 10, 10, 3]
    first, second = ([row for rows in part for row in rows] for part in (found[:3], found[3:]))
    assert sorted(first) == sorted(second) == list(range(100, 123))
    assert first != second
    assert found != [rows.tolist() for rows in batches(np.arange(100, 123), 10, 2, (1, 2, 4))]


@pytest.mark.parametrize("samples", [0, 1, 5, 10, 11, 12, 40])
@pytest.mark.parametrize("least", [1, 2])
def test_the_number_of_steps_is_known_before_the_training(samples: int, least: int) -> None:
    for limit in (None, 3):
        found = list(batches(np.arange(samples), 10, 2, (0, 1, 0), max_steps=limit, least=least))
        steps = steps_of(samples, 10, 2, least) if limit is None else min(limit, steps_of(samples, 10, 2, least))
        assert len(found) == steps
        assert sum(map(len, found)) == samples_of(samples, 10, 2, steps, least)


def test_fedprox_without_pull_is_fedavg_and_a_strong_pull_holds_the_client_back() -> None:
    start = initial_parameters(task())
    plain = train_client(task(), 2, start, 1).update
    none = train_client(task(algorithm=FedProx(mu=0.0)), 2, start, 1).update
    strong = train_client(task(algorithm=FedProx(mu=5.0)), 2, start, 1).update
    assert np.array_equal(plain, none)
    assert np.linalg.norm(strong) < 0.7 * np.linalg.norm(plain)


def test_weight_decay_and_momentum_follow_the_textbook() -> None:
    local = LocalTraining(batch_size=40, epochs=3, learning_rate=0.1, momentum=0.9, weight_decay=0.01)
    one = task(local=local)
    start = initial_parameters(one)
    found = start + train_client(one, 1, start, 1).update
    x, y = one.data.x_train[40:80].astype(float), one.data.y_train[40:80]
    at, speed = start.astype(float), np.zeros(21)
    for _ in range(3):
        slope = np.concatenate([part.ravel() for part in softmax_gradient(at[:18].reshape(3, 6), at[18:], x, y)])
        speed = 0.9 * speed + slope + 0.01 * at
        at = at - 0.1 * speed
    assert found == pytest.approx(at, abs=1e-6)


def test_scaffold_finds_the_optimum_of_unlike_quadratics_where_fedavg_does_not() -> None:
    """f_k(x) = a_k/2 (x - b_k)^2; the optimum of their mean is sum(a b) / sum(a)."""
    curvature, centre = np.array([1.0, 10.0]), np.array([0.0, 1.0])
    best = float((curvature * centre).sum() / curvature.sum())
    rate, steps = 0.05, 10
    reached = {}
    for algorithm in (FedAvg(), Scaffold()):
        state = algorithm.begin(np.zeros(1, dtype=np.float32), 1)
        own = np.zeros((2, 1), dtype=np.float32)
        for _ in range(200):
            replies = []
            for client in range(2):
                server = state.memory.get("control", np.zeros(1, dtype=np.float32))
                drift = (server - own[client]) if algorithm.keeps_control else 0.0
                x = state.parameters.copy()
                for _ in range(steps):
                    x = x - np.float32(rate) * (
                        np.float32(curvature[client]) * (x - np.float32(centre[client])) + drift
                    )
                moved = x - state.parameters
                change = None
                if algorithm.keeps_control:
                    new = own[client] - server - moved / np.float32(steps * rate)
                    change, own[client] = new - own[client], new
                replies.append(Reply(client, moved, 1.0, change))
            state = algorithm.combine(state, replies, clients=2)
        reached[algorithm.name] = float(state.parameters[0])
    assert reached["scaffold"] == pytest.approx(best, abs=1e-4)
    assert abs(reached["fedavg"] - best) > 0.05


def test_a_scaffold_clients_control_is_its_mean_gradient_when_none_was_known_before() -> None:
    """One full-batch step from controls of zero: own control becomes the gradient (option II)."""
    one = task(algorithm=Scaffold(), local=LocalTraining(batch_size=40, learning_rate=0.5))
    start = initial_parameters(one)
    result = train_client(one, 0, start, 1)
    slope = softmax_gradient(start[:18].reshape(3, 6), start[18:], one.data.x_train[:40], one.data.y_train[:40])
    assert result.own_control == pytest.approx(np.concatenate([part.ravel() for part in slope]), abs=1e-5)
    assert np.array_equal(result.control, result.own_control)


def test_the_adaptive_servers_take_the_papers_steps_and_average_buffers() -> None:
    update = np.array([0.5, -1.0, 0.25], dtype=np.float32)
    aggregate = Aggregate(update, 3)
    adam = FedAdam(server_learning_rate=0.1, beta1=0.9, beta2=0.99, tau=1e-3)
    state = adam.step(adam.begin(np.zeros(3, dtype=np.float32), 2), aggregate, 3)
    second = 0.99 * 1e-6 + 0.01 * update[:2] ** 2
    assert state.parameters[:2] == pytest.approx(0.1 * 0.1 * update[:2] / (np.sqrt(second) + 1e-3), rel=1e-5)
    assert state.parameters[2] == update[2]
    yogi = FedYogi(server_learning_rate=0.1)
    state = yogi.step(yogi.begin(np.zeros(3, dtype=np.float32), 2), aggregate, 3)
    assert state.memory["second"] == pytest.approx(1e-6 + 0.01 * update[:2] ** 2, rel=1e-5)


def test_an_older_update_counts_less() -> None:
    assert [FedBuff().discount(age) for age in (0, 3, 8)] == pytest.approx([1.0, 0.5, 1 / 3])


def test_a_client_without_samples_changes_nothing_and_counts_nothing() -> None:
    one = task(partition=parted([0, 1, 239]))
    start = initial_parameters(one)
    empty, single = (train_client(one, client, start, 1) for client in (0, 1))
    assert (empty.steps, empty.weight, empty.macs) == (0, 0.0, 0.0)
    assert not empty.update.any()
    assert np.isnan(empty.loss)
    assert (single.steps, single.weight) == (1, 1.0)
    assert single.update.any()


def test_the_result_of_a_turn_does_not_depend_on_what_was_trained_before() -> None:
    one = task(model="mlp")
    start = initial_parameters(one)
    first = train_client(one, 3, start, 2).update
    train_client(one, 1, start + 1, 7)
    assert np.array_equal(first, train_client(one, 3, start, 2).update)


class Found(NamedTuple):
    """One client's part of what was trained together."""

    update: NDArray[np.float32]
    samples: int
    steps: int
    macs: float
    loss: float
    finite: bool


def side_by_side(
    one: FederatedTask, turns: list[tuple[int, NDArray[np.float32], int | None]], round_: int
) -> list[Found]:
    """What became of (client, received model, most steps), in their order."""
    clients, models, limits = zip(*turns, strict=True)
    parts = trainer_of(one).train_together(clients, torch.from_numpy(np.stack(models)), limits, round_)
    assert parts is not None
    found: dict[int, Found] = {}
    for part in parts:
        updates = part.updates.numpy().copy()  # they are overwritten by the next part
        columns = (updates, part.samples, part.steps, part.macs, part.losses, part.finite)
        for at, *each in zip(part.turns, *columns, strict=True):
            found[at] = Found(*each)
    return [found[at] for at in range(len(turns))]


@pytest.mark.parametrize("model", ["logistic", "mlp"])
@pytest.mark.parametrize("sizes", [[40, 40, 40], [1, 3, 230], [7, 33, 10]])
def test_training_together_agrees_with_training_alone(model: str, sizes: list[int]) -> None:
    one = task(model=model, partition=parted(sizes), local=LocalTraining(epochs=2, batch_size=10, learning_rate=0.1))
    start = initial_parameters(one)
    together = side_by_side(one, [(client, start, 3 if client == 1 else None) for client in range(3)], 5)
    for client, found in enumerate(together):
        alone = train_client(one, client, start, 5, max_steps=3 if client == 1 else None)
        assert found.update == pytest.approx(alone.update, abs=1e-5 * float(np.abs(alone.update).max()))
        assert found.loss == pytest.approx(alone.loss, rel=1e-5)
        assert (found.samples, found.steps, found.macs) == (alone.samples, alone.steps, alone.macs)


@pytest.mark.parametrize("sizes", [[10, 10, 10, 10], [1, 25, 4, 10]])
def test_convolutions_of_several_clients_at_once_agree_with_one_after_the_other(sizes: list[int]) -> None:
    one = task(model="lenet", data=images(), partition=parted(sizes), local=LocalTraining(batch_size=4))
    start = initial_parameters(one)
    spoilt = np.full_like(start, np.nan)
    together = side_by_side(one, [(k, spoilt if k == 2 else start, None) for k in range(4)], 1)
    assert not np.isfinite(together[2].update).any()
    assert [found.finite for found in together] == [True, True, False, True]
    for client in (0, 1, 3):
        alone = train_client(one, client, start, 1)
        assert together[client].update == pytest.approx(alone.update, abs=3e-5 * float(np.abs(alone.update).max()))
        assert together[client].loss == pytest.approx(alone.loss, rel=1e-5)
        assert together[client].samples == alone.samples


def signals() -> Dataset:
    """Forty noise signals of three channels and three classes."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(40, 3, 33)).astype(np.float32), random.integers(0, 3, 40)
    return Dataset("noise", "audio", x, y, x, y, 3, ("a", "b", "c"), "drawn", "none", "noise")


def over_signals(input_shape: tuple[int, ...], num_classes: int) -> nn.Module:
    """Every part over signals that is trained for several clients at once, with odd sizes."""
    return nn.Sequential(
        nn.Conv1d(input_shape[0], 8, 5, stride=2, padding=3), nn.ReLU(), nn.MaxPool1d(3, 2, padding=1, ceil_mode=True),
        nn.Conv1d(8, 6, 3, dilation=2), nn.ReLU(), nn.AvgPool1d(2, 1, padding=1, count_include_pad=False),
        nn.AdaptiveAvgPool1d(2), nn.Flatten(), nn.Linear(12, num_classes),
    )  # fmt: skip


@pytest.mark.parametrize("sizes", [[10, 10, 10, 10], [1, 25, 4, 10]])
def test_convolutions_over_signals_agree_with_one_client_after_the_other(sizes: list[int]) -> None:
    model = f"{__name__}:over_signals"
    one = task(model=model, data=signals(), partition=parted(sizes), local=LocalTraining(batch_size=4))
    start = initial_parameters(one)
    for client, found in enumerate(side_by_side(one, [(k, start, None) for k in range(4)], 1)):
        alone = train_client(one, client, start, 1)
        assert found.update == pytest.approx(alone.update, abs=3e-5 * float(np.abs(alone.update).max()))
        assert found.loss == pytest.approx(alone.loss, rel=1e-5)


def test_macs_are_counted_with_the_backward_pass() -> None:
    """Logistic regression: 6 x 3 a sample forward, as many for the weights' gradient, none for the inputs'."""
    one = task()
    assert train_client(one, 0, initial_parameters(one), 1).macs == 40 * 2 * 18


def test_a_sub_model_trains_and_sends_its_own_entries_only() -> None:
    one = task(model="mlp", compression=SubModel(widths=(1.0, 0.25)))
    start = initial_parameters(one)
    whole, small = (train_client(one, client, start, 1) for client in (0, 1))
    assert whole.places is None
    assert small.places is not None
    outside = np.setdiff1d(np.arange(len(start)), small.places)
    assert not small.update[outside].any()
    assert len(small.places) == 6 * 64 + 64 + 64 * 32 + 32 + 32 * 3 + 3
    assert small.macs < whole.macs / 8
    assert outgoing(one, small, 1).message.nbytes == 8 + 4 * len(small.places)


def test_the_first_entries_of_a_sub_model_stand_where_the_whole_model_has_them() -> None:
    """With the other channels' weights at zero the whole model computes what the sub-model does."""
    one = task(model="lenet", data=images(), compression=SubModel(widths=(1.0, 0.5)), partition=parted([20, 20]))
    trainer, start = trainer_of(one), initial_parameters(one)
    sub = trainer.subs[1]
    assert sub.places is not None
    masked = np.zeros_like(start)
    masked[sub.places] = start[sub.places]
    import torch

    x = torch.from_numpy(one.data.x_train[:3])
    trainer.subs[0].model.load(masked)
    sub.model.load(start[sub.places])
    with torch.no_grad():
        assert torch.allclose(trainer.subs[0].model.module(x), sub.model.module(x), atol=1e-5)


def test_a_model_that_cannot_be_narrowed_is_refused_by_name() -> None:
    one = task(model="small-cnn", data=images(), partition=parted([20, 20]), compression=SubModel())
    with pytest.raises(InputError, match="BatchNorm2d cannot be made narrower"):
        initial_parameters(one)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"topology": Ring(), "algorithm": FedAdam()}, "fedadam needs a server"),
        ({"topology": Ring(), "compression": TopK()}, "peers exchange whole models"),
        ({"privacy": Privacy(), "algorithm": Scaffold()}, "control variates are not private"),
        ({"privacy": Privacy(), "compression": TopK()}, "a residual is not clipped"),
        ({"algorithm": FedBuff(), "topology": Ring()}, "needs one server|needs a server"),
        ({"partition": parted([500])}, "does not have"),
    ],
)
def test_parts_that_do_not_go_together_are_refused_before_training(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        task(**changes)


def test_error_feedback_at_a_client_loses_nothing() -> None:
    one = task(compression=TopK(share=0.2))
    start = initial_parameters(one)
    residual, sent, trained = np.zeros_like(start), np.zeros_like(start), np.zeros_like(start)
    for round_ in range(1, 6):
        result = train_client(one, 0, start, round_)
        out = outgoing(one, result, round_, residual)
        assert out.residual is not None
        assert out.message.nbytes == one.compression.encoded_bytes(len(start))
        trained, sent, residual = trained + result.update, sent + out.update, out.residual
    assert sent + residual == pytest.approx(trained, abs=1e-6)


def test_a_clipped_update_is_no_longer_than_the_norm() -> None:
    one = task(privacy=Privacy(clip_norm=0.01), compression=Plain())
    out = outgoing(one, train_client(one, 0, initial_parameters(one), 1), 1)
    assert float(np.linalg.norm(out.update)) == pytest.approx(0.01, rel=1e-5)


def test_what_is_sent_quantised_is_near_what_was_trained() -> None:
    one = task(compression=Quantise(bits=8))
    result = train_client(one, 0, initial_parameters(one), 1)
    out = outgoing(one, result, 1)
    assert out.update == pytest.approx(result.update, abs=float(np.abs(result.update).max()) / 127)
    assert points().name == one.data.name
