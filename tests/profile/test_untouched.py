"""The model is left as it was; profiles may nest and run side by side."""

from __future__ import annotations

import random
import threading

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch._dynamo import eval_frame
from torch.nn.modules import module as hooks

from setsuden.workload.profile import count_macs, count_training_macs, profile
from setsuden.workload.profile.isolate import eagerly
from tests.profile import networks


def model() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten(), nn.Linear(144, 5))


MACS = 36 * 4 * 27 + 720


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("train", [False, True])
def test_weights_buffers_gradients_mode_and_hooks_stay(device: str, train: bool) -> None:
    net = model().train()
    net[0].eval()
    net[4].weight.grad = torch.ones_like(net[4].weight)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    attributes = {name: set(vars(part)) for name, part in net.named_modules()}
    profile(net, torch.randn(2, 3, 8, 8), device=device, train=train, optimizer="adam" if train else None)
    after = net.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert attributes == {name: set(vars(part)) for name, part in net.named_modules()}
    assert [part.training for part in net.modules()] == [True, False, True, True, True, True]
    assert torch.equal(net[4].weight.grad, torch.ones_like(net[4].weight))
    assert net[0].weight.grad is None
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in net.modules())
    assert not hooks._global_forward_hooks
    assert not hooks._global_forward_pre_hooks


def test_random_generators_stay() -> None:
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    profile(model().train(), torch.zeros(2, 3, 8, 8), device="cpu", train=True)
    count_training_macs(model(), torch.zeros(2, 3, 8, 8))
    assert random.getstate() == states[1]
    assert np.array_equal(np.random.get_state()[1], states[2])


def test_the_torch_generator_stays() -> None:
    net = model().train()
    state = torch.get_rng_state()
    profile(net, torch.zeros(2, 3, 8, 8), device="cpu", train=True)
    assert torch.equal(torch.get_rng_state(), state)


def test_counting_a_module_leaves_its_statistics() -> None:
    net = model().train()
    assert count_macs(net, torch.randn(2, 3, 8, 8)) == 2 * MACS
    assert net[1].num_batches_tracked == 0


def test_tied_weights_are_one_parameter() -> None:
    net = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6))
    net[2].weight = net[0].weight
    found = profile(net, torch.randn(2, 6), train=True, optimizer="sgd")
    assert found.parameters == 36 + 12
    assert found.tree.parameters == 48


def test_an_error_in_the_model_leaves_no_hooks_behind() -> None:
    class Failing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise ArithmeticError("on purpose")

    with pytest.raises(ArithmeticError):
        profile(nn.Sequential(Failing()), torch.zeros(1), device="cpu")
    assert not hooks._global_forward_hooks
    assert count_macs(model().eval(), torch.zeros(1, 3, 8, 8)) == MACS


def test_a_profile_inside_a_profile_counts_both() -> None:
    inner: list[int] = []

    def outer(x: Tensor) -> Tensor:
        inner.append(count_macs(torch.mm, x, x))
        return x @ x

    assert count_macs(outer, torch.randn(4, 4)) == 128
    assert inner == [64]


def test_threads_count_only_their_own_work() -> None:
    results: dict[int, list[tuple[int, int | None, int]]] = {}

    def work(seed: int) -> None:
        net = nn.Sequential(nn.Linear(4 + seed, 8), nn.ReLU(), nn.Linear(8, 3))
        for _ in range(10):
            found = profile(net, torch.zeros(2, 4 + seed), train=True)
            results.setdefault(seed, []).append((found.macs, found.training_macs, len(found.tree.children)))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(4):
        first, second = 2 * (4 + seed) * 8, 2 * 24
        assert set(results[seed]) == {(first + second, 2 * first + 3 * second, 3)}


def test_a_module_that_holds_a_lock_is_counted_and_left_untouched() -> None:
    class Locked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lock, self.norm, self.linear = threading.Lock(), nn.BatchNorm1d(4), nn.Linear(4, 5)

        def forward(self, x: Tensor) -> Tensor:
            with self.lock:
                return self.linear(self.norm(x))

    net = Locked().train()
    found = profile(net, torch.randn(3, 4))
    assert found.macs == 60
    assert net.training
    assert net.norm.num_batches_tracked == 0
    assert profile(net, torch.randn(3, 4), train=True).training_macs == 60 * 3
    assert net.linear.weight.grad is None
    assert net.norm.num_batches_tracked == 0


def test_lazy_modules_are_counted_and_stay_lazy() -> None:
    net = nn.Sequential(nn.LazyLinear(5), nn.ReLU())
    assert profile(net, torch.randn(2, 7), device="cpu").macs == 70
    assert isinstance(net[0], nn.LazyLinear)


def test_deep_networks_share_rows_of_equal_blocks() -> None:
    net = networks.resnet((2, 2, 2, 2), False)
    found = profile(net, input_shape=(3, 32, 32))
    assert found.tree.macs == found.macs == sum(row.macs for row in found.by_shape())
    assert found.tree.find("2.body.0").macs == sum(child.macs for child in found.tree.find("2.body.0").children)


def test_compiled_code_compiles_again_when_overlapping_profiles_are_over() -> None:
    compiled = torch.compile(lambda x: x + 1, backend="eager")
    compiled(torch.zeros(2))
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with eagerly():
            first_in.set()
            second_in.wait(10)
        first_out.set()

    thread = threading.Thread(target=first)
    thread.start()
    first_in.wait(10)
    with eagerly():
        second_in.set()
        first_out.wait(10)
        assert eval_frame._stance.stance == "force_eager"
    thread.join()
    assert eval_frame._stance.stance == "default"
