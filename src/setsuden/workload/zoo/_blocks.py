"""Layers that several families share: normalised convolutions, channel gates, global pooling, flattening heads."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

Activation = Literal["relu", "silu", "none"]


def activation(name: Activation) -> nn.Module:
    """A fresh activation module; ``none`` is the identity."""
    if name == "relu":
        return nn.ReLU(inplace=True)
    if name == "silu":
        return nn.SiLU(inplace=True)
    return nn.Identity()


def conv_norm(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    *,
    stride: int = 1,
    groups: int = 1,
    act: Activation = "relu",
    bias: bool = False,
) -> nn.Sequential:
    """Convolution that keeps the size at stride 1, batch normalisation, activation."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=bias),
        nn.BatchNorm2d(outputs),
    ]
    if act != "none":
        layers.append(activation(act))
    return nn.Sequential(*layers)


def norm_conv(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1) -> nn.Sequential:
    """The pre-activation order: batch normalisation, ReLU, convolution."""
    return nn.Sequential(
        nn.BatchNorm2d(inputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False),
    )


class ChannelGate(nn.Module):
    """Squeeze-and-excitation: scale each channel by a gate computed from the channel means (Hu et al. 2018)."""

    def __init__(self, channels: int, squeezed: int, act: Activation = "relu") -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            activation(act),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape is kept: (N, channels, H, W)."""
        scaled: torch.Tensor = x * self.gate(x)
        return scaled


class Residual(nn.Module):
    """``act(body(x) + shortcut(x))``; the shortcut is the identity unless given."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None = None, act: Activation = "relu") -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut if shortcut is not None else nn.Identity()
        self.act = activation(act)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Sum of both paths, activated."""
        total: torch.Tensor = self.act(self.body(x) + self.shortcut(x))
        return total


def projection(inputs: int, outputs: int, stride: int) -> nn.Module | None:
    """The 1x1 shortcut where shape changes, otherwise None (identity)."""
    if stride == 1 and inputs == outputs:
        return None
    return conv_norm(inputs, outputs, 1, stride=stride, act="none")


def pooled_head(features: int, num_classes: int, dropout: float = 0.0) -> nn.Sequential:
    """Mean over all positions, then one linear layer; works for any image size."""
    layers: list[nn.Module] = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    if dropout > 0:
        layers.append(nn.Dropout(dropout))
    layers.append(nn.Linear(features, num_classes))
    return nn.Sequential(*layers)
