"""Cases with a reference worked out by hand from shapes; ``train`` is the step over the forward where it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from tests.profile import networks


@dataclass(frozen=True)
class Case:
    name: str
    build: Callable[[], nn.Module]
    inputs: Callable[[], tuple[Any, ...]]
    macs: int
    train: float | None = None
    heavy: bool = False  # on meta only where time is short


class Fn(nn.Module):
    """A function as a module, with named parameters."""

    def __init__(self, fn: Callable[..., Tensor], **shapes: tuple[int, ...]) -> None:
        super().__init__()
        self.fn = fn
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.randn(shape)))

    def forward(self, *inputs: Any) -> Tensor:
        return self.fn(*inputs, *self._parameters.values())


def image(side: int = 224, channels: int = 3, batch: int = 1) -> Callable[[], tuple[Tensor]]:
    return lambda: (torch.randn(batch, channels, side, side),)


def normal(*shape: int) -> Callable[[], tuple[Tensor]]:
    return lambda: (torch.randn(shape),)


def two(a: tuple[int, ...], b: tuple[int, ...]) -> Callable[[], tuple[Tensor, Tensor]]:
    return lambda: (torch.randn(a), torch.randn(b))


class _Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor) -> Tensor:
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, w = ctx.saved_tensors
        return grad @ w.T, x.T @ grad


@torch.library.custom_op("setsuden_cases::product", mutates_args=())
def product(a: Tensor, b: Tensor) -> Tensor:
    return a @ b


@product.register_fake
def _(a: Tensor, b: Tensor) -> Tensor:
    return a.new_empty(a.shape[0], b.shape[1])


def _keep(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _product_backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
    a, b = ctx.saved_tensors
    return product(grad, b.T.contiguous()), product(a.T.contiguous(), grad)


product.register_autograd(_product_backward, setup_context=_keep)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v)


def attend_causal(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def attend_grouped(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)


def attend_masked(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, attn_mask=torch.zeros(q.shape[-2], k.shape[-2], device=q.device))


def heads(queries: int, keys: int, kv_heads: int = 4) -> Callable[[], tuple[Tensor, ...]]:
    return lambda: (
        torch.randn(2, 4, queries, 16),
        torch.randn(2, kv_heads, keys, 16),
        torch.randn(2, kv_heads, keys, 16),
    )


def _encoder(fast: bool) -> nn.Module:
    return nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, norm_first=not fast)


_U = 16 * 32 * 32 * 27 + 32 * 16 * 16 * 144 + 64 * 8 * 8 * 288  # down
_U += (
    64 * 8 * 8 * 32 * 4 + 32 * 16 * 16 * 64 * 9 + 32 * 16 * 16 * 16 * 4 + 16 * 32 * 32 * 32 * 9 + 5 * 32 * 32 * 16
)  # up

NETWORKS = [
    Case("LeNet-5", networks.lenet5, image(28, 1), 416_520, 2.718),
    Case("M5", networks.m5, normal(1, 1, 8000), 1_880_256, 2.325),
    Case("ResNet-18", lambda: networks.resnet((2, 2, 2, 2), False), image(), 1_814_073_344),
    Case("ResNet-50", lambda: networks.resnet((3, 4, 6, 3), True), image(), 4_089_184_256, 2.971),
    Case("VGG-16", networks.vgg16, image(), 15_470_264_320, heavy=True),
    Case("MobileNetV2", networks.mobilenet_v2, image(), 300_774_272, 2.964),
    Case("EfficientNet-B0", networks.efficientnet_b0, image(), 385_814_752),
    Case("DenseNet-121", networks.densenet121, image(), 2_834_161_664),
    Case("ViT-B/16", networks.ViT, image(), 17_563_828_224, 2.993, heavy=True),
    Case("Swin-T", networks.Swin, image(), 4_490_566_656),
    Case("U-Net", networks.UNet, image(32), _U),
    Case(
        "multi-layer perceptron",
        lambda: nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)),
        normal(8, 784),
        8 * (784 * 128 + 1280),
        2 + 1280 / (784 * 128 + 1280),
    ),
]

RECURRENT = [
    Case(
        "LSTM, 2 layers",
        lambda: networks.Recurrent(nn.LSTM, 128, 256, 2),
        normal(2, 100, 128),
        2 * 100 * 917_504,
        2.851,
    ),
    Case("bi-GRU, 2 layers", lambda: networks.Recurrent(nn.GRU, 32, 64, 2, True), normal(2, 7, 32), 14 * 6 * 64 * 288),
    Case("RNN", lambda: networks.Recurrent(nn.RNN, 20, 30, 1), normal(3, 9, 20), 27 * 30 * 50),
    Case("LSTM with projection", lambda: nn.LSTM(20, 30, proj_size=10), normal(9, 3, 20), 27 * (120 * 30 + 10 * 30)),
    Case("LSTM cell", lambda: nn.LSTMCell(20, 30), normal(5, 20), 5 * 120 * 50),
]

CONVOLUTIONS = [
    Case("1-D, stride 2", lambda: nn.Conv1d(8, 16, 5, 2), normal(2, 8, 100), 2 * 48 * 16 * 40, 2.0),
    Case("2-D, dilated", lambda: nn.Conv2d(8, 16, 3, dilation=2), normal(2, 8, 12, 12), 2 * 64 * 16 * 72, 2.0),
    Case("2-D, groups 4", lambda: nn.Conv2d(8, 16, 3, groups=4), normal(2, 8, 12, 12), 2 * 100 * 16 * 18, 2.0),
    Case("depthwise 64", lambda: nn.Conv2d(64, 64, 3, 1, 1, groups=64), normal(1, 64, 16, 16), 256 * 64 * 9, 2.0),
    Case("2-D, same padding", lambda: nn.Conv2d(3, 4, 5, padding="same"), normal(1, 3, 9, 9), 81 * 4 * 75, 2.0),
    Case("2-D, not batched", lambda: nn.Conv2d(3, 4, 3), normal(3, 9, 9), 49 * 4 * 27, 2.0),
    Case("3-D", lambda: nn.Conv3d(2, 4, 3), normal(1, 2, 8, 8, 8), 216 * 4 * 54, 2.0),
    Case("transposed 1-D", lambda: nn.ConvTranspose1d(8, 4, 4, 2), normal(2, 8, 10), 2 * 10 * 8 * 16, 2.0),
    Case(
        "transposed, groups 4",
        lambda: nn.ConvTranspose2d(8, 16, 3, 2, 1, 1, 4),
        normal(2, 8, 6, 6),
        2 * 36 * 8 * 36,
        2.0,
    ),
    Case("transposed 3-D", lambda: nn.ConvTranspose3d(4, 2, 2, 2), normal(1, 4, 3, 3, 3), 27 * 4 * 16, 2.0),
]

PRODUCTS = [
    Case("linear over tokens", lambda: nn.Linear(32, 48), normal(2, 5, 7, 32), 70 * 32 * 48, 2.0),
    Case("matmul, broadcast", lambda: Fn(torch.matmul), two((4, 1, 5, 6), (3, 6, 7)), 12 * 5 * 6 * 7),
    Case("matrix by vector", lambda: Fn(torch.mv), two((5, 6), (6,)), 30),
    Case("dot", lambda: Fn(torch.dot), two((9,), (9,)), 9),
    Case("bmm", lambda: Fn(torch.bmm), two((3, 4, 5), (3, 5, 6)), 360),
    Case("addmm", lambda: Fn(lambda a, b: torch.addmm(a.new_zeros(6), a, b)), two((4, 5), (5, 6)), 120),
    Case("baddbmm", lambda: Fn(lambda a, b: torch.baddbmm(a.new_zeros(1), a, b)), two((3, 4, 5), (3, 5, 6)), 360),
    Case("einsum", lambda: Fn(lambda a, b: torch.einsum("bij,bkj->bik", a, b)), two((3, 4, 5), (3, 6, 5)), 360),
    Case("einsum, 2 axes", lambda: Fn(lambda a, b: torch.einsum("abc,bcd->ad", a, b)), two((3, 4, 5), (4, 5, 6)), 360),
    Case("tensordot", lambda: Fn(lambda a, b: torch.tensordot(a, b, 2)), two((3, 4, 5), (4, 5, 6)), 360),
    Case("bilinear", lambda: nn.Bilinear(32, 32, 10), two((7, 32), (7, 32)), 7 * 10 * (32 * 32 + 32)),
    Case("experts, top 2 of 8", lambda: networks.Experts(64, 128, 8), normal(10, 64), 10 * 512 + 20 * 64 * 128 * 2),
    Case("embedding", lambda: nn.Embedding(100, 8), lambda: (torch.zeros(2, 5, dtype=torch.long),), 0),
    Case("autograd.Function", lambda: Fn(_Scaled.apply, w=(8, 9)), normal(4, 8), 288, 3.0),
    Case("custom operator", lambda: Fn(lambda x, w: product(x, w), w=(8, 9)), normal(4, 8), 288),
    Case("cosine similarity", lambda: Fn(F.cosine_similarity), two((4, 8), (4, 8)), 0),
]

ATTENTION = [
    Case("fused attention", lambda: Fn(attend), heads(12, 12), 2 * 4 * 12 * 12 * 32),
    Case("cross attention", lambda: Fn(attend), heads(12, 20), 2 * 4 * 12 * 20 * 32),
    Case("causal attention", lambda: Fn(attend_causal), heads(12, 12), 2 * 4 * 12 * 12 * 32),
    Case("masked attention", lambda: Fn(attend_masked), heads(12, 20), 2 * 4 * 12 * 20 * 32),
    Case("grouped queries", lambda: Fn(attend_grouped), heads(12, 12, 2), 2 * 4 * 12 * 12 * 32),
    Case(
        "MultiheadAttention",
        lambda: nn.MultiheadAttention(64, 4, batch_first=True),
        lambda: (torch.randn(2, 10, 64),) * 3,
        2 * (4 * 10 * 64 * 64 + 2 * 100 * 64),
    ),
    Case("encoder layer", lambda: _encoder(True), normal(2, 10, 64), 2 * (4 * 10 * 4096 + 2 * 6400 + 2 * 10 * 8192)),
    Case("encoder layer, pre-norm", lambda: _encoder(False), normal(2, 10, 64), 2 * (4 * 40960 + 12800 + 163840)),
    Case(
        "decoder layer",
        lambda: nn.TransformerDecoderLayer(64, 4, 128, batch_first=True),
        two((2, 10, 64), (2, 14, 64)),
        2 * (4 * 40960 + 12800 + 2 * 40960 + 2 * 14 * 4096 + 2 * 140 * 64 + 163840),
    ),
]

CASES = [*NETWORKS, *RECURRENT, *CONVOLUTIONS, *PRODUCTS, *ATTENTION]
