"""Inverted residuals: MobileNetV2 and EfficientNet-B0 for small images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from setsuden.workload.zoo._blocks import Activation, ChannelGate, Residual, conv_norm, pooled_head


def mobilenet_v2(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """MobileNetV2 (Sandler et al. 2018), first two strides 1; unit-stride blocks always have a shortcut."""
    layers: list[nn.Module] = [conv_norm(input_shape[0], 32)]
    channels = 32
    plan = ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for expansion, outputs, depth, first_stride in plan:
        for index in range(depth):
            stride = first_stride if index == 0 else 1
            # An expansion of 1 keeps its point-wise convolution here, as the CIFAR variant does.
            body = nn.Sequential(
                conv_norm(channels, expansion * channels, 1),
                _depthwise_then_project(expansion * channels, outputs, 3, stride, "relu"),
            )
            if stride == 1:
                shortcut = None if channels == outputs else conv_norm(channels, outputs, 1, act="none")
                layers.append(Residual(body, shortcut, act="none"))
            else:
                layers.append(body)
            channels = outputs
    return nn.Sequential(*layers, conv_norm(channels, 1280, 1), pooled_head(1280, num_classes))


def efficientnet_b0(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """EfficientNet-B0 (Tan and Le 2019) with a unit-stride stem and no 1280-channel head."""
    layers: list[nn.Module] = [conv_norm(input_shape[0], 32, act="silu")]
    plan = (
        (1, 16, 1, 3, 1),
        (6, 24, 2, 3, 2),
        (6, 40, 2, 5, 2),
        (6, 80, 3, 3, 2),
        (6, 112, 3, 5, 1),
        (6, 192, 4, 5, 2),
        (6, 320, 1, 3, 1),
    )
    blocks = sum(depth for _, _, depth, _, _ in plan)
    channels, built = 32, 0
    for expansion, outputs, depth, kernel, first_stride in plan:
        for index in range(depth):
            stride = first_stride if index == 0 else 1
            wide = expansion * channels
            body: list[nn.Module] = [conv_norm(channels, wide, 1, act="silu")] if expansion > 1 else []
            body.append(_depthwise_then_project(wide, outputs, kernel, stride, "silu", gate=channels // 4))
            if stride == 1 and channels == outputs:
                body.append(_SkipPath(0.2 * built / blocks))
                layers.append(Residual(nn.Sequential(*body), act="none"))
            else:
                layers.append(nn.Sequential(*body))
            channels = outputs
            built += 1
    return nn.Sequential(*layers, pooled_head(channels, num_classes, dropout=0.2))


def _depthwise_then_project(
    wide: int, outputs: int, kernel: int, stride: int, act: Activation, gate: int | None = None
) -> nn.Sequential:
    layers: list[nn.Module] = [conv_norm(wide, wide, kernel, stride=stride, groups=wide, act=act)]
    if gate is not None:
        layers.append(ChannelGate(wide, gate, act))
    layers.append(conv_norm(wide, outputs, 1, act="none"))
    return nn.Sequential(*layers)


class _SkipPath(nn.Module):
    """Stochastic depth: in training, drop a sample's residual with the given share and rescale the rest."""

    def __init__(self, drop_share: float) -> None:
        super().__init__()
        self.drop_share = drop_share

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Identity in evaluation; shape is kept."""
        if not self.training or self.drop_share == 0:
            return x
        kept = torch.empty(x.shape[0], 1, 1, 1, device=x.device, dtype=x.dtype).bernoulli_(1 - self.drop_share)
        return x * kept / (1 - self.drop_share)
