"""Recurrent layers where a back end runs a whole layer as one operator; others arrive as matrix products already.

Per time step a cell meets every weight once: gates x hidden x (inputs + hidden). Backward: weight gradients cost the
same again; the input gradient costs its part where the input needs one; the hidden-state gradient flows between steps,
so the first step adds its part only where the initial state needs a gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.workload.profile.formulas import Formula, Table


def _needed(places: Sequence[int]) -> list[bool]:
    """Which inputs of the running backward node get a gradient; all of them where no node is running."""
    import torch

    node = torch._C._current_autograd_node() if torch._C._current_graph_task_id() != -1 else None
    edges = node.next_functions if node is not None else ()
    return [len(edges) <= place or edges[place][0] is not None for place in places]


def _steps(source: Any) -> int:
    """Time steps x batch of (time, batch, width), (batch, time, width) or packed (steps, width)."""
    return int(source.numel() // source.shape[-1])


def mkldnn_layer(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    """``mkldnn_rnn_layer(input, w_ih, w_hh, ...)``: one layer, one direction; input is (time, batch, width)."""
    return _steps(args[0]) * int(args[1].numel() + args[2].numel())


def mkldnn_layer_backward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    """The backward of one layer; gradients nobody asked for are not counted."""
    source, w_ih, w_hh = args[0], int(args[1].numel()), int(args[2].numel())
    steps = _steps(source)
    needs_input, needs_ih, needs_hh, needs_state = _needed((0, 1, 2, 5))
    through_time = steps if needs_state else steps - int(source.shape[1])
    return steps * (w_ih * (needs_input + needs_ih) + w_hh * needs_hh) + through_time * w_hh


def _matrices(weights: Sequence[Any]) -> int:
    return sum(int(weight.numel()) for weight in weights if weight.dim() == 2)


def cudnn_rnn(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    """``_cudnn_rnn(input, weights, ...)``: every weight matrix of every layer and direction meets every step."""
    return _steps(args[0]) * _matrices(args[1])


def cudnn_rnn_backward(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    """Input and weight gradients of all layers; the first layer's input gradient only where it is asked for."""
    source, weights, stride, mask = args[0], args[1], args[2], args[21]
    steps, batch = _steps(source), int(source.shape[0 if args[14] else 1]) if source.dim() == 3 else 1
    firsts = [weights[0], weights[stride]] if args[17] else [weights[0]]  # the other direction follows layer by layer
    macs = steps * _matrices(weights) * (1 + bool(mask[3]))
    if not mask[0]:
        macs -= steps * _matrices(firsts)
    if not mask[1]:
        # no gradient flows past the first step: hidden-to-hidden matrices come second of each layer's weights
        macs -= batch * _matrices(weights[1::stride])
    return macs


def _quantised(gates: int) -> Formula:
    def formula(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
        # (input[, batch_sizes], hx, params, has_biases, num_layers, dropout, train, bidirectional, ...)
        shift = 0 if isinstance(args[3], bool) else 1
        layers, ways = int(args[4 + shift]), 2 if args[7 + shift] else 1
        hidden = int(out[0].shape[-1]) // ways
        macs = 0
        for layer in range(layers):
            inputs = int(args[0].shape[-1]) if layer == 0 else hidden * ways
            macs += ways * gates * hidden * (inputs + hidden)
        return _steps(args[0]) * macs

    return formula


def _quantised_cell(gates: int) -> Formula:
    def formula(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
        # (input, hx or (hx, cx), packed weights, ...)
        source, state = args[0], args[1][0] if isinstance(args[1], (tuple, list)) else args[1]
        return _steps(source) * gates * int(state.shape[-1]) * int(source.shape[-1] + state.shape[-1])

    return formula


FORMULAS: Table = {
    "aten::mkldnn_rnn_layer": mkldnn_layer,
    "aten::mkldnn_rnn_layer_backward": mkldnn_layer_backward,
    "aten::_cudnn_rnn": cudnn_rnn,
    "aten::_cudnn_rnn_backward": cudnn_rnn_backward,
    "aten::miopen_rnn": cudnn_rnn,
    "aten::quantized_lstm": _quantised(4),
    "aten::quantized_gru": _quantised(3),
    "quantized::quantized_lstm_cell_dynamic": _quantised_cell(4),
    "quantized::quantized_gru_cell_dynamic": _quantised_cell(3),
    "quantized::quantized_rnn_tanh_cell_dynamic": _quantised_cell(1),
    "quantized::quantized_rnn_relu_cell_dynamic": _quantised_cell(1),
}
