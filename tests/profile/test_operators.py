"""Operators that counters get wrong: quantised, scripted, compiled, checkpointed, custom, experts, fast paths."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from setsuden.workload.profile import (
    UnknownOperatorError,
    count_macs,
    count_training_macs,
    profile,
    register,
    unregister,
)
from tests.profile import networks


def mlp() -> nn.Sequential:
    return nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))


MLP = 32 * 64 + 640


@pytest.fixture
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_dynamically_quantised_layers_count_like_their_floats(device: str) -> None:
    model = torch.ao.quantization.quantize_dynamic(mlp().eval(), {nn.Linear}, torch.qint8)
    found = profile(model, torch.randn(4, 32), device=device)
    assert found.macs == 4 * MLP
    assert found.complete


class Packed(nn.Module):
    """A recurrent layer over sequences of 5, 3 and 2 steps, packed."""

    def __init__(self, kind: type[nn.RNNBase], layers: int, ways: int) -> None:
        super().__init__()
        self.layer = kind(8, 16, layers, bidirectional=ways == 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out, _ = self.layer(nn.utils.rnn.pack_padded_sequence(x, torch.tensor([5, 3, 2])))
        return out.data


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3)])
@pytest.mark.parametrize(("layers", "ways"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_packed_sequences_meet_a_quantised_layer_as_often_as_they_have_steps(
    kind: type[nn.RNNBase], gates: int, layers: int, ways: int
) -> None:
    model = torch.ao.quantization.quantize_dynamic(Packed(kind, layers, ways).eval(), {kind}, torch.qint8)
    each = ways * gates * 16 * (8 + 16) + (layers - 1) * ways * gates * 16 * (16 * ways + 16)
    assert profile(model, torch.randn(5, 3, 8), device="cpu").macs == (5 + 3 + 2) * each


@pytest.mark.usefixtures("quiet")
def test_dynamically_quantised_lstm_counts_like_its_float() -> None:
    model = torch.ao.quantization.quantize_dynamic(
        networks.Recurrent(nn.LSTM, 8, 16, 2, True).eval(), {nn.LSTM}, torch.qint8
    )
    x = torch.randn(3, 5, 8)
    assert (
        profile(model, x, device="cpu").macs
        == 15 * 2 * 64 * (24 + 48)
        == count_macs(networks.Recurrent(nn.LSTM, 8, 16, 2, True), x)
    )


@pytest.mark.usefixtures("quiet")
def test_statically_quantised_convolutions_count_like_their_floats() -> None:
    body = nn.Sequential(
        nn.Conv2d(3, 8, 3, groups=1), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=8), nn.Flatten(), nn.Linear(8 * 16, 5)
    )
    model = torch.ao.quantization.QuantWrapper(body).eval()
    model.qconfig = torch.ao.quantization.get_default_qconfig(torch.backends.quantized.engine)
    torch.ao.quantization.prepare(model, inplace=True)
    model(torch.randn(2, 3, 8, 8))
    torch.ao.quantization.convert(model, inplace=True)
    found = profile(model, torch.randn(2, 3, 8, 8), device="cpu")
    assert found.macs == 2 * (36 * 8 * 27 + 16 * 8 * 9 + 128 * 5)
    assert found.complete


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_scripted_modules_are_counted(device: str) -> None:
    model = torch.jit.script(mlp().eval())
    assert profile(model, torch.randn(4, 32), device=device).macs == 4 * MLP


def test_compiled_modules_and_functions_are_counted_as_written() -> None:
    model, x = mlp(), torch.randn(4, 32)
    assert count_macs(torch.compile(model, backend="eager"), x) == 4 * MLP
    compiled = torch.compile(lambda y: y @ y.T, backend="eager")
    compiled(x)
    assert count_macs(compiled, x) == 4 * 4 * 32


def test_inference_mode_is_counted_like_any_other() -> None:
    with torch.inference_mode():
        assert count_macs(networks.lenet5(), torch.randn(1, 1, 28, 28)) == 416_520


def test_recomputed_segments_cost_one_more_forward() -> None:
    class Recomputing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.rest = nn.Linear(8, 8), nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))

        def forward(self, x: Tensor) -> Tensor:
            return checkpoint(self.rest, self.first(x), use_reentrant=False)

    found = profile(Recomputing(), torch.randn(2, 8), train=True)
    assert found.macs == 2 * (64 + 192)
    # PyTorch stops recomputing once every saved tensor is back, so the last layer of the segment is not run again
    assert found.training_macs == 2 * (2 * 64 + 3 * 192 + 8 * 16)
    assert {row.phase for row in found.by_shape()} >= {"forward", "recompute", "backward"}


def test_frozen_layers_cost_no_weight_gradient() -> None:
    model = mlp()
    model[0].requires_grad_(False)
    assert count_training_macs(model, torch.randn(4, 32)) == 4 * (MLP + 640)
    assert profile(model, torch.randn(4, 32), train=True).trainable_share == pytest.approx(650 / 2762)


def test_a_depthwise_step_is_two_forwards_and_not_its_groups_times_more() -> None:
    layer, x = nn.Conv2d(64, 64, 3, padding=1, groups=64), torch.randn(1, 64, 8, 8)
    assert count_training_macs(layer, x) == 2 * count_macs(layer, x)
    assert count_training_macs(layer, x.requires_grad_()) == 3 * count_macs(layer, x)


def test_a_padded_batch_through_the_encoder_fast_path_counts_real_tokens() -> None:
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, 128, batch_first=True), 1).eval()
    padding = torch.zeros(2, 10, dtype=torch.bool)
    padding[1, 6:] = True
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        found = count_macs(encoder, torch.randn(2, 10, 64), src_key_padding_mask=padding)
    assert found == sum(4 * n * 64 * 64 + 2 * n * n * 64 + n * 2 * 64 * 128 for n in (10, 6))


@torch.library.custom_op("setsuden_tests::opaque", mutates_args=())
def opaque(a: Tensor, b: Tensor) -> Tensor:
    return torch.from_numpy(a.numpy() @ b.numpy())


@opaque.register_fake
def _(a: Tensor, b: Tensor) -> Tensor:
    return a.new_empty(a.shape[0], b.shape[1])


class Opaque(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return opaque(x, x.T.contiguous()).relu()


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_an_operator_nobody_described_is_named_with_its_share(device: str) -> None:
    found = profile(Opaque(), torch.randn(4, 8), device=device)
    (unknown,) = found.unknown_operators
    assert unknown.operator == "setsuden_tests::opaque"
    assert unknown.share == pytest.approx(16 / (16 + 16 + 32))
    assert not found.complete


def test_strict_raises_at_an_operator_nobody_described() -> None:
    with pytest.raises(UnknownOperatorError, match="setsuden_tests::opaque"):
        profile(Opaque(), torch.randn(4, 8), strict=True)


def test_the_plain_counter_warns_of_what_it_cannot_count() -> None:
    with pytest.warns(UserWarning, match="setsuden_tests::opaque"):
        assert count_macs(Opaque(), torch.randn(4, 8)) == 0


@pytest.mark.parametrize("name", ["setsuden_tests::opaque", opaque, torch.ops.setsuden_tests.opaque.default])
def test_one_line_registers_a_custom_operator(name: object) -> None:
    register(name, lambda a, b: a.numel() * b.shape[1])
    try:
        found = profile(Opaque(), torch.randn(4, 8), strict=True)
        assert found.macs == 4 * 8 * 4
        assert found.complete
    finally:
        unregister(name)


def test_operators_from_a_python_library_are_looked_into() -> None:
    library = torch.library.Library("setsuden_tests2", "DEF")
    library.define("twice(Tensor a, Tensor b) -> Tensor")
    library.impl("twice", lambda a, b: a @ b + a @ b, "CPU")
    library.impl("twice", lambda a, b: a.new_empty(a.shape[0], b.shape[1]), "Meta")

    class Twice(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return torch.ops.setsuden_tests2.twice(a, b)

    inputs = torch.randn(3, 4), torch.randn(4, 5)
    for device in ("cpu", "meta"):
        assert profile(Twice(), *inputs, device=device, strict=True).macs == 2 * 60


def test_models_that_look_at_their_data_are_run_where_they_live_and_say_so() -> None:
    class Looking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(4, 5)

        def forward(self, x: Tensor) -> Tensor:
            return self.linear(x[x[:, 0] > 0])

    x = torch.tensor([[1.0] * 4, [-1.0] * 4, [2.0] * 4])
    found = profile(Looking(), x)
    assert found.macs == 2 * 20
    assert found.device == "cpu"
    assert any("cpu" in note for note in found.notes)


def test_embeddings_read_rows_and_not_tables() -> None:
    found = profile(nn.Embedding(50_000, 16), torch.zeros(2, 5, dtype=torch.long))
    assert found.macs == 0
    assert found.bytes_read == 10 * 16 * 4 + 10 * 8


def test_autocast_changes_types_and_not_the_count() -> None:
    model, x = mlp(), torch.randn(4, 32)
    with torch.autocast("cpu", torch.bfloat16):
        assert count_macs(model, x) == 4 * MLP


def test_kwargs_and_nested_inputs_reach_the_model_on_meta() -> None:
    class Nested(nn.Module):
        def forward(self, pair: dict[str, list[Tensor]], *, scale: Tensor) -> dict[str, Tensor]:
            a, b = pair["ab"]
            return {"y": (a @ b) * scale}

    pair = {"ab": [torch.randn(3, 4), torch.randn(4, 5)]}
    assert profile(Nested(), pair, scale=torch.ones(())).macs == 60


def test_double_backward_is_counted_as_it_runs() -> None:
    def penalty(x: Tensor, w: Tensor) -> Tensor:
        (gradient,) = torch.autograd.grad((x @ w).square().sum(), x, create_graph=True)
        return gradient.square().sum()

    x, w = torch.randn(3, 4, requires_grad=True), torch.randn(4, 5)
    assert count_macs(penalty, x, w) == 2 * 60
