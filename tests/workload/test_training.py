from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from setsuden.errors import InputError
from setsuden.workload import data, zoo
from setsuden.workload.inference import evaluate
from setsuden.workload.loader import BatchOrder
from setsuden.workload.settings import OPTIMIZERS, TrainConfig
from setsuden.workload.training import TrainingSession, train


@pytest.fixture(scope="module")
def digits() -> data.Dataset:
    return data.load("digits")


@pytest.fixture(scope="module")
def few() -> data.Dataset:
    return data.load("digits", limit_train=50, limit_test=20)


def mlp(dataset: data.Dataset) -> nn.Module:
    return zoo.build("mlp", input_shape=dataset.input_shape, num_classes=dataset.num_classes)


def weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


QUICK = TrainConfig(epochs=2, batch_size=16, learning_rate=0.05, threads=1)


def test_a_small_network_learns_the_digits_above_90_percent(digits: data.Dataset) -> None:
    result = train(mlp(digits), digits, replace(QUICK, epochs=5, batch_size=32))
    assert result.evaluation.accuracy > 0.9
    assert [record.epoch for record in result.epochs] == [1, 2, 3, 4, 5]
    first, last = result.epochs[0].train_loss, result.epochs[-1].train_loss
    assert first is not None
    assert last is not None
    assert last < first / 5
    assert not result.diverged
    assert not result.stopped


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_lowers_the_loss(few: data.Dataset, optimizer: str) -> None:
    rate = 0.05 if optimizer == "sgd" else 0.002
    session = TrainingSession(mlp(few), few, replace(QUICK, optimizer=optimizer, learning_rate=rate))  # type: ignore[arg-type]
    first, later = session.run_steps(4), session.run_steps(12)
    assert first.loss is not None
    assert later.loss is not None
    assert later.loss < first.loss


def test_one_step_of_sgd_is_the_textbook_step(few: data.Dataset) -> None:
    model = zoo.build("logistic", input_shape=few.input_shape)
    config = replace(QUICK, momentum=0.0, weight_decay=0.01, learning_rate=0.1)
    chosen = BatchOrder(50, 16, 0).of_step(0)
    x = torch.from_numpy(few.x_train[chosen]).flatten(1).double()
    y = nn.functional.one_hot(torch.from_numpy(few.y_train[chosen]), 10).double()
    weight, bias = (parameter.detach().double() for parameter in model.parameters())
    error = (torch.softmax(x @ weight.T + bias, dim=1) - y) / 16
    expected = weight - 0.1 * (error.T @ x + 0.01 * weight)
    done = TrainingSession(model, few, config).run_steps(1)
    assert done.samples == 16
    torch.testing.assert_close(next(model.parameters()).detach().double(), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", ["lstm", "transformer"])
def test_text_models_learn_which_word_a_text_holds(name: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(200) % 2
    tokens = generator.integers(3, 20, (200, 8))
    tokens[np.arange(200), generator.integers(0, 5, 200)] = 1 + labels
    tokens[:, 6:] = 0
    np.savez(tmp_path / "texts.npz", x=tokens, y=labels)
    texts = data.load(f"npz:{tmp_path / 'texts.npz'}")
    model = zoo.build(name, input_shape=texts.input_shape, num_classes=2, vocabulary=texts.vocabulary)
    config = replace(QUICK, optimizer="adamw", learning_rate=0.005, epochs=12)
    assert train(model, texts, config).evaluation.accuracy > 0.9


@pytest.mark.parametrize("slices", [[9], [1] * 9, [4, 5], [2, 3, 4]])
def test_slices_add_up_to_one_run(few: data.Dataset, slices: list[int]) -> None:
    whole = TrainingSession(mlp(few), few, QUICK)
    whole.run_steps(9)
    cut = TrainingSession(mlp(few), few, QUICK)
    done = [cut.run_steps(steps) for steps in slices]
    assert torch.equal(weights(cut.model), weights(whole.model))
    assert sum(part.samples for part in done) == whole.samples == cut.samples
    assert cut.step == 9


def test_dropout_follows_the_seed_across_slices_and_leaves_the_random_state_alone(few: data.Dataset) -> None:
    def model() -> nn.Module:
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10))

    one, two = TrainingSession(model(), few, QUICK), TrainingSession(model(), few, QUICK)
    other = TrainingSession(model(), few, replace(QUICK, seed=1))
    before = torch.get_rng_state()
    one.run_steps(6)
    assert torch.equal(torch.get_rng_state(), before)
    two.run_steps(2)
    torch.rand(5)
    two.run_steps(4)
    other.run_steps(6)
    assert torch.equal(weights(one.model), weights(two.model))
    assert not torch.equal(weights(one.model), weights(other.model))


def test_a_restored_session_repeats_the_same_steps(few: data.Dataset) -> None:
    config = replace(QUICK, optimizer="adam", learning_rate=0.002, schedule="cosine", epochs=4)
    session = TrainingSession(mlp(few), few, config)
    session.run_steps(3)
    held = session.state()
    first = session.run_steps(5)
    end = weights(session.model)
    session.restore(held)
    assert session.step == 3
    again = session.run_steps(5)
    assert torch.equal(weights(session.model), end)
    assert again.loss == first.loss
    fresh = TrainingSession(mlp(few), few, config)
    fresh.restore(held)
    fresh.run_steps(5)
    assert torch.equal(weights(fresh.model), end)


def test_the_cosine_schedule_ends_at_zero_and_stays_there(few: data.Dataset) -> None:
    session = TrainingSession(mlp(few), few, replace(QUICK, schedule="cosine", epochs=None, steps=10))
    session.run_steps(10)
    before = weights(session.model)
    session.run_steps(2)
    assert torch.equal(weights(session.model), before)


def test_a_diverging_training_ends_as_a_result(few: data.Dataset) -> None:
    result = train(mlp(few), few, replace(QUICK, learning_rate=1e30, epochs=5))
    assert result.diverged
    assert result.steps < 20
    assert result.epochs[-1].train_loss is None
    assert result.evaluation.loss is None


def test_stop_is_asked_after_every_step(few: data.Dataset) -> None:
    asked = itertools.count(1)
    seen: list[tuple[int, float]] = []
    result = train(
        mlp(few), few, QUICK, stop=lambda: next(asked) == 3, on_step=lambda step, loss: seen.append((step, loss))
    )
    assert result.stopped
    assert result.steps == 3
    assert [step for step, _ in seen] == [1, 2, 3]


def test_epochs_are_reported_as_they_end(few: data.Dataset) -> None:
    seen = []
    result = train(mlp(few), few, replace(QUICK, epochs=None, steps=6), on_epoch=seen.append)
    assert tuple(seen) == result.epochs
    assert [record.steps for record in seen] == [4, 2]  # 50 samples at 16: three full batches and one of 2
    assert result.samples == 50 + 32


def test_time_is_split_between_loading_and_computing(few: data.Dataset) -> None:
    ticks = itertools.count()
    session = TrainingSession(mlp(few), few, QUICK, clock=lambda: float(next(ticks)))
    done = session.run_steps(3)
    assert (done.loader_seconds, done.compute_seconds) == (3.0, 4.0)  # the last second waits for the device
    assert done.loader_share == pytest.approx(3 / 7)


def test_threads_are_put_back_even_when_a_step_fails(few: data.Dataset) -> None:
    class Failing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError(f"threads {torch.get_num_threads()}")

    before = torch.get_num_threads()
    session = TrainingSession(Failing(), few, replace(QUICK, threads=before + 1))
    with pytest.raises(RuntimeError, match=f"threads {before + 1}"):
        session.run_steps(1)
    assert torch.get_num_threads() == before


def test_bfloat16_trains_with_weights_in_full_precision(few: data.Dataset) -> None:
    session = TrainingSession(mlp(few), few, replace(QUICK, precision="bf16"))
    first, later = session.run_steps(4), session.run_steps(12)
    assert first.loss is not None
    assert later.loss is not None
    assert later.loss < first.loss
    assert weights(session.model).dtype == torch.float32


def test_worker_processes_give_the_same_batches_as_this_process(few: data.Dataset) -> None:
    here = TrainingSession(mlp(few), few, QUICK)
    here.run_steps(6)
    before = torch.get_rng_state()
    with TrainingSession(mlp(few), few, replace(QUICK, loader_workers=1)) as there:
        there.run_steps(2)
        there.close()
        there.run_steps(4)
    assert torch.equal(weights(here.model), weights(there.model))
    assert torch.equal(torch.get_rng_state(), before)


def test_every_epoch_sees_every_sample_once_in_a_new_order() -> None:
    order = BatchOrder(50, 16, seed=0)
    epochs = [np.concatenate([order.of_step(4 * epoch + step) for step in range(4)]) for epoch in range(2)]
    assert order.steps_per_epoch == 4
    for seen in epochs:
        assert sorted(seen) == list(range(50))
    assert not np.array_equal(*epochs)
    np.testing.assert_array_equal(order.of_step(1), BatchOrder(50, 16, seed=0).of_step(1))


def test_a_rest_of_one_sample_is_left_out() -> None:
    order = BatchOrder(33, 16, seed=0)
    assert order.steps_per_epoch == 2
    assert len(order.of_step(2)) == 16


def test_a_batch_larger_than_the_data_is_refused(few: data.Dataset) -> None:
    with pytest.raises(InputError, match="only 50 training samples"):
        TrainingSession(mlp(few), few, replace(QUICK, batch_size=64))


def test_evaluation_counts_correct_answers_and_keeps_the_mode(few: data.Dataset) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.Dropout(0.5))
    model[2].eval()
    with torch.no_grad():
        model[1].weight.zero_()
        model[1].bias.copy_(torch.arange(10.0) / 10)
    found = evaluate(model, few.x_test, few.y_test, batch_size=7)
    assert found.accuracy == pytest.approx(float((few.y_test == 9).mean()))
    logits = torch.arange(10.0) / 10
    expected = (torch.logsumexp(logits, 0) - logits[torch.from_numpy(few.y_test)]).mean()
    assert found.loss == pytest.approx(float(expected), rel=1e-5)
    assert (model.training, model[2].training) == (True, False)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 1.5}, "batch_size"),
        ({"batch_size": True}, "batch_size"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"momentum": 1.0}, "momentum"),
        ({"weight_decay": -1.0}, "weight_decay"),
        ({"optimizer": "lion"}, "optimizer"),
        ({"schedule": "steps"}, "schedule"),
        ({"precision": "fp8"}, "precision"),
        ({"threads": 0}, "threads"),
        ({"loader_workers": -1}, "loader_workers"),
        ({"seed": -1}, "seed"),
        ({"epochs": 0}, "epochs"),
        ({"epochs": None}, "epochs"),
        ({"steps": 5}, "epochs"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name(changes: dict[str, object], place: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(QUICK, **changes)  # type: ignore[arg-type]
    assert caught.value.place == place


@pytest.mark.parametrize("device", ["toaster", "meta", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(few: data.Dataset, device: str) -> None:
    with pytest.raises(InputError, match="device"):
        TrainingSession(mlp(few), few, replace(QUICK, device=device))
