"""Random small networks from a grammar: the count equals the closed form on every one, and CPU equals meta."""

from __future__ import annotations

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from setsuden.workload.profile import profile


class Draft:
    """A network under construction: layers, the shape that leaves them, MACs of forward and of a training step."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape, self.start = shape, shape
        self.layers: list[nn.Module] = []
        self.macs = 0
        self.step = 0
        self.trained = False  # something before this layer has weights, so its input needs a gradient

    def add(self, layer: nn.Module, shape: tuple[int, ...], macs: int = 0) -> None:
        self.layers.append(layer)
        self.shape = shape
        self.macs += macs
        self.step += macs * (3 if self.trained else 2)
        self.trained = self.trained or any(True for _ in layer.parameters())  # normalisation has weights too


class Gram(nn.Module):
    """x x^T over the last two axes, by matmul or by einsum: a contraction without weights."""

    def __init__(self, einsum: bool) -> None:
        super().__init__()
        self.einsum = einsum

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("bij,bkj->bik", x, x) if self.einsum else x @ x.transpose(1, 2)


def _convolution(draw: st.DrawFn, net: Draft) -> None:
    batch, channels, *sides = net.shape
    groups = draw(st.sampled_from([g for g in (1, 2, 3, channels) if channels % g == 0]))
    out = groups * draw(st.integers(1, 3))
    kernel, stride, dilation = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    padding = draw(st.integers(0, 1))
    after = [(side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1 for side in sides]
    if min(after) < 1:
        return
    make = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[len(sides) - 1]
    layer = make(channels, out, kernel, stride, padding, dilation, groups, draw(st.booleans()))
    cells = 1
    for side in after:
        cells *= side
    net.add(layer, (batch, out, *after), batch * out * cells * channels // groups * kernel ** len(sides))


def _transposed(draw: st.DrawFn, net: Draft) -> None:
    batch, channels, *sides = net.shape
    groups = draw(st.sampled_from([g for g in (1, 2, channels) if channels % g == 0]))
    out = groups * draw(st.integers(1, 2))
    kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    make = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[len(sides) - 1]
    cells = 1
    for side in sides:
        cells *= side
    after = [(side - 1) * stride + kernel for side in sides]
    macs = batch * channels * cells * out // groups * kernel ** len(sides)
    net.add(make(channels, out, kernel, stride, groups=groups), (batch, out, *after), macs)


def _free_image(draw: st.DrawFn, net: Draft) -> None:
    channels, sides = net.shape[1], net.shape[2:]
    rank = len(sides)
    choices: list[nn.Module] = [nn.ReLU(), nn.GELU(), nn.GroupNorm(1, channels), nn.Dropout(0.3), nn.Softmax(1)]
    choices.append((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[rank - 1](channels))
    net.add(draw(st.sampled_from(choices)), net.shape)


def _pool(draw: st.DrawFn, net: Draft) -> None:
    sides = net.shape[2:]
    if min(sides) < 2:
        return
    pools = ((nn.MaxPool1d, nn.AvgPool1d), (nn.MaxPool2d, nn.AvgPool2d), (nn.MaxPool3d, nn.AvgPool3d))[len(sides) - 1]
    net.add(draw(st.sampled_from(pools))(2), (*net.shape[:2], *(side // 2 for side in sides)))


def _linear(draw: st.DrawFn, net: Draft) -> None:
    out = draw(st.integers(1, 6))
    rows = 1
    for size in net.shape[:-1]:
        rows *= size
    net.add(nn.Linear(net.shape[-1], out, draw(st.booleans())), (*net.shape[:-1], out), rows * net.shape[-1] * out)


def _free_tokens(draw: st.DrawFn, net: Draft) -> None:
    layer = draw(st.sampled_from([nn.LayerNorm(net.shape[-1]), nn.SiLU(), nn.Softmax(-1), nn.Dropout(0.2)]))
    net.add(layer, net.shape)


def _gram(draw: st.DrawFn, net: Draft) -> None:
    batch, length, width = net.shape
    macs = batch * length * length * width
    # over an axis of length one PyTorch's einsum multiplies point by point: no contraction is left
    net.layers.append(Gram(width > 1 and draw(st.booleans())))
    net.shape = (batch, length, length)
    net.macs += macs
    # no weights: a training step computes both operands' gradients, or none where nothing before is trained
    net.step += macs * (3 if net.trained else 1)


def _recurrent(draw: st.DrawFn, net: Draft) -> None:
    batch, length, width = net.shape
    kind, gates = draw(st.sampled_from([(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)]))
    hidden, ways = draw(st.integers(1, 4)), draw(st.sampled_from([1, 2]))
    cells = kind(width, hidden, batch_first=True, bidirectional=ways == 2)
    inputs = batch * length * ways * gates * hidden * width
    states = batch * length * ways * gates * hidden * hidden
    first = batch * ways * gates * hidden * hidden  # no gradient flows to the initial state
    net.layers.append(nn.Sequential(First(cells)))
    net.shape = (batch, length, ways * hidden)
    net.macs += inputs + states
    net.step += inputs * (3 if net.trained else 2) + 3 * states - first
    net.trained = True


class First(nn.Module):
    def __init__(self, cells: nn.Module) -> None:
        super().__init__()
        self.cells = cells

    def forward(self, x: Tensor) -> Tensor:
        return self.cells(x)[0]


@st.composite
def images(draw: st.DrawFn) -> Draft:
    rank = draw(st.integers(1, 3))
    side = draw(st.integers(4, 9 if rank < 3 else 6))
    net = Draft((draw(st.integers(2, 3)), draw(st.integers(1, 4)), *[side] * rank))
    for _ in range(draw(st.integers(1, 5))):
        draw(st.sampled_from([_convolution, _convolution, _transposed, _free_image, _pool]))(draw, net)
    if draw(st.booleans()):
        flat = 1
        for size in net.shape[1:]:
            flat *= size
        net.add(nn.Flatten(), (net.shape[0], flat))
        _linear(draw, net)
    return net


@st.composite
def sequences(draw: st.DrawFn) -> Draft:
    net = Draft((draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(1, 6))))
    for _ in range(draw(st.integers(1, 5))):
        draw(st.sampled_from([_linear, _linear, _free_tokens, _gram, _recurrent]))(draw, net)
    return net


def check(net: Draft) -> None:
    model, x = nn.Sequential(*net.layers), torch.randn(net.start)
    found = {device: profile(model, x, device=device, strict=True) for device in ("cpu", "meta")}
    assert found["cpu"].macs == found["meta"].macs == net.macs
    if any(parameter.requires_grad for parameter in model.parameters()):
        steps = {device: profile(model, x, device=device, train=True, strict=True) for device in ("cpu", "meta")}
        assert steps["cpu"].training_macs == steps["meta"].training_macs == net.step


SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@SETTINGS
@given(images())
def test_random_image_networks_count_as_worked_out(net: Draft) -> None:
    check(net)


@SETTINGS
@given(sequences())
def test_random_sequence_networks_count_as_worked_out(net: Draft) -> None:
    check(net)
