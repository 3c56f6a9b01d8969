"""What a profile says beside MACs: memory, traffic, parameters, tree, roofline, table, JSON, command."""

from __future__ import annotations

import json

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.workload.profile import Device, count_macs, profile
from setsuden.workload.profile.text import text
from tests.profile import networks
from tests.schemas_support import validate


def mlp() -> nn.Sequential:
    return nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))


def test_the_first_numbers_of_a_small_network_by_hand() -> None:
    found = profile(mlp(), torch.zeros(4, 32), train=True, optimizer="adam")
    assert found.batch_size == 4
    assert found.parameters == found.trainable_parameters == 32 * 64 + 64 + 640 + 10
    assert found.parameter_bytes == 4 * found.parameters
    assert found.macs == 4 * (2048 + 640)
    assert found.flops == 2 * found.macs
    assert found.macs_per_sample == 2688
    assert found.macs_per_parameter == pytest.approx(2688 / 2762)
    assert found.activation_elements == 4 * 74
    assert found.activation_bytes_per_sample == 4 * 74
    # two matrix products with bias, then the activation
    assert found.bytes_read == 4 * (4 * 32 + 2048 + 64 + 4 * 64 + 4 * 64 + 640 + 10)
    assert found.bytes_written == 4 * (4 * 64 + 4 * 64 + 4 * 10)
    assert found.arithmetic_intensity == pytest.approx(found.flops / (found.bytes_read + found.bytes_written))
    # the input of each layer, and the output of the activation that feeds the second
    assert found.saved_for_backward_bytes == 4 * (4 * 32 + 4 * 64)
    # two moments and a step counter of four bytes for each of four parameters
    assert found.optimizer_bytes == 2 * found.parameter_bytes + 4 * 4
    assert found.input_bytes == 4 * 4 * 32
    assert found.output_bytes == 4 * 4 * 10


def test_resnet_50_puts_out_the_activations_the_literature_prints() -> None:
    found = profile(networks.resnet((3, 4, 6, 3), True), input_shape=(3, 224, 224))
    assert found.activation_elements == pytest.approx(11.115e6, rel=1e-4)


def test_peak_memory_holds_weights_and_what_lives_at_once() -> None:
    chain = nn.Sequential(*[nn.Linear(100, 100, bias=False) for _ in range(8)])
    weights, activation = 8 * 40_000, 4 * 100 * 64
    still = profile(chain, torch.zeros(64, 100))
    assert still.peak_bytes == weights + 3 * activation  # input, and input and output of the running layer
    step = profile(chain, torch.zeros(64, 100), train=True)
    assert step.peak_bytes is not None
    assert step.peak_bytes > weights + 8 * activation


def test_checkpointing_saves_memory_and_costs_work() -> None:
    from torch.utils.checkpoint import checkpoint_sequential

    class Chain(nn.Module):
        def __init__(self, segments: int) -> None:
            super().__init__()
            self.layers, self.segments = nn.Sequential(*[nn.Linear(64, 64) for _ in range(8)]), segments

        def forward(self, x: Tensor) -> Tensor:
            if not self.segments:
                return self.layers(x)
            return checkpoint_sequential(self.layers, self.segments, x, use_reentrant=False)

    plain, saving = (profile(Chain(segments), torch.zeros(256, 64), train=True) for segments in (0, 4))
    assert saving.macs == plain.macs
    assert (saving.training_macs or 0) > (plain.training_macs or 0)
    assert (saving.saved_for_backward_bytes or 0) < (plain.saved_for_backward_bytes or 0)
    assert (saving.peak_bytes or 0) < (plain.peak_bytes or 0)


def test_the_tree_books_forward_and_backward_at_the_module_that_caused_them() -> None:
    found = profile(mlp(), torch.zeros(4, 32), train=True)
    assert found.tree.find("0").macs == 4 * 2048
    assert found.tree.find("0").training_macs == 2 * 4 * 2048
    assert found.tree.find("2").training_macs == 3 * 4 * 640
    assert found.tree.find("2").parameters == 650
    assert found.tree.macs == found.macs
    assert found.tree.training_macs == found.training_macs
    with pytest.raises(KeyError):
        found.tree.find("9")


def test_rows_by_shape_add_up_over_modules() -> None:
    found = profile(nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8)), torch.zeros(2, 8))
    (product,) = [row for row in found.by_shape() if row.macs]
    assert (product.operator, product.calls, product.macs) == ("aten::addmm", 2, 2 * 2 * 64)


def test_training_and_inference_agree_on_the_forward_pass() -> None:
    net = networks.resnet((2, 2, 2, 2), False)
    x = torch.zeros(2, 3, 32, 32)
    assert profile(net, x).macs == profile(net, x, train=True).macs == count_macs(net, x)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw", "rmsprop", "adagrad"])
def test_optimisers_are_the_same_on_cpu_and_on_meta(optimizer: str) -> None:
    found = [profile(mlp(), torch.zeros(4, 32), train=True, optimizer=optimizer, device=d) for d in ("cpu", "meta")]
    assert found[0].optimizer_bytes == found[1].optimizer_bytes
    assert found[0].update_elements == found[1].update_elements
    assert (found[0].optimizer_bytes == 0) == (optimizer == "sgd")


def test_an_optimiser_in_use_is_taken_by_its_kind() -> None:
    net = mlp()
    used = torch.optim.AdamW(net.parameters(), lr=0.1)
    assert profile(net, torch.zeros(4, 32), train=True, optimizer=used).optimizer_bytes == 8 * 2762 + 16
    assert not used.state


def test_a_loss_must_return_one_number() -> None:
    with pytest.raises(InputError, match="one number"):
        profile(mlp(), torch.zeros(4, 32), train=True, loss=lambda out: out)


def test_the_roofline_of_a_product_is_the_slower_of_arithmetic_and_traffic() -> None:
    found = profile(nn.Linear(1000, 1000, bias=False), torch.zeros(10, 1000))
    flops, moved = 2 * 10**7, 4 * (10**6 + 2 * 10**4)
    slow_memory = found.roofline(Device("a", peak_flops=1e12, mem_bw=1e9))
    assert slow_memory.time_s.value == pytest.approx(moved / 1e9)
    assert slow_memory.compute_bound_share == 0
    slow_arithmetic = found.roofline(Device("b", peak_flops=1e9, mem_bw=1e12))
    assert slow_arithmetic.time_s.value == pytest.approx(flops / 1e9)
    assert slow_arithmetic.compute_bound_share == 1
    assert slow_arithmetic.time_s.low <= slow_arithmetic.time_s.value


def test_a_device_of_the_catalogue_brings_its_source() -> None:
    found = profile(mlp(), torch.zeros(4, 32)).roofline("nvidia-h100-sxm5-80-gb", precision="bf16")
    assert found.device.name == "NVIDIA H100 SXM5 80 GB"
    assert found.device.peak_flops == pytest.approx(989.4e12)
    assert [factor.unit for factor in found.time_s.factors] == ["FLOP/s", "GB/s"]
    with pytest.raises(InputError, match="no such processor"):
        profile(mlp(), torch.zeros(4, 32)).roofline("abacus")
    with pytest.raises(InputError, match=r"several processors are called so .*Say which: NVIDIA H100 CNX"):
        profile(mlp(), torch.zeros(4, 32)).roofline("NVIDIA H100")
    with pytest.raises(InputError, match="above zero"):
        Device("c", 0, 1)
    with pytest.raises(InputError, match="no training step"):
        profile(mlp(), torch.zeros(4, 32)).roofline(Device("d", 1, 1), training=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["lenet"],
        ["lenet", "--train", "--optimizer", "adam", "--device", "nvidia-h100-sxm5-80-gb", "--precision", "bf16"],
        ["transformer", "--batch-size", "3", "--device", "cpu"],
    ],
)
def test_the_json_document_is_what_its_schema_promises(arguments: list[str]) -> None:
    ran = CliRunner().invoke(main, ["profile", *arguments, "--json"])
    assert ran.exit_code == 0, ran.output
    validate("profile", json.loads(ran.output))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_table_shows_totals_tree_and_what_is_missing(language: str) -> None:
    class Odd(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.linalg.cholesky(x @ x.T + 9 * torch.eye(3, device=x.device))

    net = nn.Sequential(nn.Linear(3, 3), Odd())
    found = profile(net, torch.randn(3, 3))
    shown = text(found, language, depth=3)  # type: ignore[arg-type]
    assert "aten::linalg_cholesky_ex" in shown
    assert "1 (Odd)" in shown
    assert "54" in shown


def test_depth_folds_the_tree() -> None:
    found = profile(networks.lenet5(), input_shape=(1, 28, 28))
    assert "0 (Conv2d)" in text(found, depth=1)
    assert "0 (Conv2d)" not in text(found, depth=0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-model"],
        ["lenet", "--input-shape", "3x-1"],
        ["lenet", "--input-shape", "threexfour"],
        ["lenet", "--batch-size", "0"],
        ["lenet", "--optimizer", "adam"],
        ["lenet", "--device", "abacus"],
        ["missing.onnx"],
    ],
)
def test_wrong_use_exits_with_two_and_one_sentence(arguments: list[str]) -> None:
    ran = CliRunner().invoke(main, ["profile", *arguments])
    assert ran.exit_code == 2
    assert "Traceback" not in ran.output
