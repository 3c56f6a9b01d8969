"""Residual networks: ResNet-18/20, pre-activation and squeeze-excite variants, ResNeXt-29, RegNetX-200MF."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from setsuden.workload.zoo._blocks import ChannelGate, Residual, conv_norm, norm_conv, pooled_head, projection


def resnet18(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """ResNet-18 (He et al. 2016) with a 3x3 stem and no initial pooling."""
    layers: list[nn.Module] = [conv_norm(input_shape[0], 64)]
    for inputs, outputs, stride in _stages_of_two():
        layers.append(basic_block(inputs, outputs, stride))
    return nn.Sequential(*layers, pooled_head(512, num_classes))


def basic_block(inputs: int, outputs: int, stride: int) -> Residual:
    """Two 3x3 convolutions around a shortcut."""
    body = nn.Sequential(conv_norm(inputs, outputs, stride=stride), conv_norm(outputs, outputs, act="none"))
    return Residual(body, projection(inputs, outputs, stride))


def resnet20(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """The 20-layer CIFAR ResNet of He et al. 2016: 16, 32 and 64 channels, parameter-free shortcuts."""
    layers: list[nn.Module] = [conv_norm(input_shape[0], 16)]
    channels = 16
    for outputs in (16, 32, 64):
        for index in range(3):
            stride = 2 if index == 0 and outputs > 16 else 1
            body = nn.Sequential(conv_norm(channels, outputs, stride=stride), conv_norm(outputs, outputs, act="none"))
            layers.append(Residual(body, _PaddedShortcut(outputs - channels) if stride == 2 else None))
            channels = outputs
    return nn.Sequential(*layers, pooled_head(64, num_classes))


class _PaddedShortcut(nn.Module):
    """Every second pixel, with new channels filled with zeros."""

    def __init__(self, added: int) -> None:
        super().__init__()
        self.added = added

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, C + added, ceil(H/2), ceil(W/2))."""
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.added // 2, self.added - self.added // 2))


def preact_resnet18(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """ResNet-18 with batch normalisation and ReLU before each convolution (He et al. 2016b)."""
    stem = nn.Conv2d(input_shape[0], 64, 3, padding=1, bias=False)
    blocks = [_PreActivated(inputs, outputs, stride, gated=False) for inputs, outputs, stride in _stages_of_two()]
    return nn.Sequential(stem, *blocks, pooled_head(512, num_classes))


def senet18(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """Pre-activation ResNet-18 with squeeze-and-excitation gates, reduction 16 (Hu et al. 2018)."""
    blocks = [_PreActivated(inputs, outputs, stride, gated=True) for inputs, outputs, stride in _stages_of_two()]
    return nn.Sequential(conv_norm(input_shape[0], 64), *blocks, pooled_head(512, num_classes))


class _PreActivated(nn.Module):
    """Two pre-activated 3x3 convolutions; a projecting shortcut starts after the first activation."""

    def __init__(self, inputs: int, outputs: int, stride: int, *, gated: bool) -> None:
        super().__init__()
        self.first_norm = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(inplace=True))
        self.first_conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.second = norm_conv(outputs, outputs)
        self.gate = ChannelGate(outputs, outputs // 16) if gated else nn.Identity()
        self.projects = stride != 1 or inputs != outputs
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False) if self.projects else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, H, W) to (N, outputs, H/stride, W/stride)."""
        active = self.first_norm(x)
        kept = self.shortcut(active if self.projects else x)
        total: torch.Tensor = self.gate(self.second(self.first_conv(active))) + kept
        return total


def resnext29(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """ResNeXt-29, 2 groups of 64 channels (Xie et al. 2017), with a 1x1 stem."""
    layers: list[nn.Module] = [conv_norm(input_shape[0], 64, 1)]
    channels = 64
    for width, first_stride in ((128, 1), (256, 2), (512, 2)):
        for index in range(3):
            stride = first_stride if index == 0 else 1
            layers.append(bottleneck(channels, width, 2 * width, stride, groups=2))
            channels = 2 * width
    return nn.Sequential(*layers, pooled_head(channels, num_classes))


def regnetx_200mf(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """RegNetX-200MF (Radosavovic et al. 2020): groups of 8 channels, no bottleneck."""
    layers: list[nn.Module] = [conv_norm(input_shape[0], 64)]
    channels = 64
    for width, depth, first_stride in ((24, 1, 1), (56, 1, 1), (152, 4, 2), (368, 7, 2)):
        for index in range(depth):
            stride = first_stride if index == 0 else 1
            layers.append(bottleneck(channels, width, width, stride, groups=width // 8))
            channels = width
    return nn.Sequential(*layers, pooled_head(channels, num_classes))


def bottleneck(inputs: int, width: int, outputs: int, stride: int, *, groups: int) -> Residual:
    """1x1 to ``width``, grouped 3x3, 1x1 to ``outputs``, around a shortcut."""
    body = nn.Sequential(
        conv_norm(inputs, width, 1),
        conv_norm(width, width, stride=stride, groups=groups),
        conv_norm(width, outputs, 1, act="none"),
    )
    return Residual(body, projection(inputs, outputs, stride))


def _stages_of_two() -> list[tuple[int, int, int]]:
    """(inputs, outputs, stride) of the eight blocks of an 18-layer network."""
    plan = []
    channels = 64
    for outputs, first_stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        plan += [(channels, outputs, first_stride), (outputs, outputs, 1)]
        channels = outputs
    return plan
