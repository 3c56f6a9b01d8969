"""Convolutions, recurrent layers and products as only accelerators run them, by the arguments of their operators."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from setsuden.workload.profile import count_macs, count_training_macs
from setsuden.workload.profile.formulas import all_formulas

FORMULAS = all_formulas()


def empty(*shape: int) -> torch.Tensor:
    return torch.empty(shape, device="meta")


STRIDE = 4  # weights and biases of one layer and direction
MASK_OF_A_TRAINING = (False, False, False, True)  # nobody asks for the gradient of input or initial state


def cudnn_backward(layer: nn.LSTM, x: torch.Tensor, mask: tuple[bool, ...]) -> int:
    args: list[object] = [None] * 22
    args[0], args[1], args[2] = x, list(layer._flat_weights), STRIDE
    args[13], args[14], args[17], args[21] = layer.num_layers, layer.batch_first, layer.bidirectional, mask
    return FORMULAS["aten::_cudnn_rnn_backward"](args, {}, None)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (1, True), (2, False), (3, True)])
def test_a_recurrent_layer_costs_the_same_on_cudnn_as_on_the_cpu(
    layers: int, bidirectional: bool, batch_first: bool
) -> None:
    layer = nn.LSTM(3, 5, layers, bidirectional=bidirectional, batch_first=batch_first)
    x = torch.zeros(7, 4, 3)
    forward = FORMULAS["aten::_cudnn_rnn"]([x, list(layer._flat_weights), STRIDE], {}, None)
    assert forward == count_macs(layer, x)
    assert forward + cudnn_backward(layer, x, MASK_OF_A_TRAINING) == count_training_macs(layer, x)


def test_a_recurrent_backward_costs_what_is_asked_for() -> None:
    layer, x = nn.LSTM(3, 5, 2, bidirectional=True), torch.zeros(7, 4, 3)
    inner, state = 4 * 5 * 5, 4 * 5 * 3  # entries of one hidden-to-hidden and of one first input-to-hidden matrix
    whole = cudnn_backward(layer, x, (True, True, True, True))
    assert whole - cudnn_backward(layer, x, (False, True, True, True)) == 7 * 4 * 2 * state
    assert whole - cudnn_backward(layer, x, (True, False, True, True)) == 4 * 4 * inner
    assert whole == 2 * cudnn_backward(layer, x, (True, True, True, False))


@pytest.mark.parametrize("kernel", ["cudnn_convolution_transpose", "slow_conv_transpose2d"])
def test_a_transposed_convolution_meets_its_weights_at_every_input(kernel: str) -> None:
    source, weight = empty(2, 6, 5, 5), empty(6, 4, 3, 3)  # (in, out over groups, kernel)
    assert FORMULAS[f"aten::{kernel}"]([source, weight], {}, empty(2, 8, 11, 11)) == 2 * 6 * 25 * 4 * 9


@pytest.mark.parametrize("asked", [(True, True, True), (False, True, True), (True, False, False), (False, False, True)])
def test_a_convolutions_backward_costs_one_forward_for_each_gradient_asked_for(asked: tuple[bool, ...]) -> None:
    out, source, weight = empty(2, 8, 3, 3), empty(2, 6, 5, 5), empty(8, 3, 3, 3)
    forward = 2 * 8 * 9 * 3 * 9
    slow = FORMULAS["aten::_slow_conv2d_backward"]
    assert slow([out, source, weight, (3, 3), (1, 1), (0, 0), asked], {}, None) == forward * sum(asked[:2])
    assert slow([out, source, weight], {"output_mask": asked}, None) == forward * sum(asked[:2])
    own = FORMULAS["aten::convolution_backward_overrideable"]
    given = [out, source, weight, (1, 1), (0, 0), (1, 1), False, (0, 0), 2, asked]
    assert own(given, {}, None) == forward * sum(asked[:2])
    given = [source, out, weight, (1, 1), (0, 0), (1, 1), True, (0, 0), 2, asked]
    assert own(given, {}, None) == forward * sum(asked[:2])


@pytest.mark.parametrize("kernel", ["mm", "_int_mm", "_scaled_mm", "_scaled_mm_v2"])
def test_a_product_is_rows_by_inner_by_columns(kernel: str) -> None:
    assert FORMULAS[f"aten::{kernel}"]([empty(3, 5), empty(5, 7)], {}, None) == 3 * 5 * 7


def test_experts_meet_only_the_rows_routed_to_them_forward_and_twice_backward() -> None:
    args = [empty(12, 5), empty(4, 5, 7), None, None]
    assert FORMULAS["transformers::grouped_mm_fallback"](args, {}, None) == 12 * 5 * 7
    assert FORMULAS["transformers::grouped_mm_fallback_backward"](args, {}, None) == 2 * 12 * 5 * 7


@pytest.mark.parametrize(("cell", "gates"), [("lstm", 4), ("gru", 3), ("rnn_tanh", 1), ("rnn_relu", 1)])
def test_an_integer_cell_meets_its_weights_once_a_sample(cell: str, gates: int) -> None:
    state = empty(6, 5)
    args = [empty(6, 3), (state, state) if cell == "lstm" else state]
    assert FORMULAS[f"quantized::quantized_{cell}_cell_dynamic"](args, {}, None) == 6 * gates * 5 * (3 + 5)


def test_integer_layers_of_onednn_count_like_their_floats() -> None:
    linear, convolution = FORMULAS["onednn::qlinear_pointwise"], FORMULAS["onednn::qconv_pointwise"]
    assert linear([empty(6, 5), None, None, empty(7, 5)], {}, empty(6, 7)) == 6 * 5 * 7
    assert convolution([empty(2, 6, 5, 5), None, None, empty(8, 3, 3, 3)], {}, empty(2, 8, 3, 3)) == 2 * 8 * 9 * 27
    assert FORMULAS["quantized::matmul"]([empty(2, 6, 5), empty(2, 5, 7)], {}, empty(2, 6, 7)) == 2 * 6 * 5 * 7
