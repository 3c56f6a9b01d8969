"""Networks that concatenate: DenseNet-121, DPN-26, GoogLeNet and SimpleDLA for small images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from setsuden.workload.zoo._blocks import conv_norm, norm_conv, pooled_head
from setsuden.workload.zoo.residual import basic_block


def densenet121(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """DenseNet-121 (Huang et al. 2017), growth 32, compression 0.5."""
    growth, channels = 32, 64
    layers: list[nn.Module] = [nn.Conv2d(input_shape[0], channels, 3, padding=1, bias=False)]
    depths = (6, 12, 24, 16)
    for stage, depth in enumerate(depths):
        for _ in range(depth):
            grow = nn.Sequential(norm_conv(channels, 4 * growth, 1), norm_conv(4 * growth, growth))
            layers.append(_Grow(grow))
            channels += growth
        if stage < len(depths) - 1:
            layers += [norm_conv(channels, channels // 2, 1), nn.AvgPool2d(2)]
            channels //= 2
    layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, pooled_head(channels, num_classes))


class _Grow(nn.Module):
    """Put the new channels of ``body`` in front of those that came in."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) to (N, C + growth, H, W)."""
        return torch.cat([self.body(x), x], dim=1)


def dpn26(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """Dual-path network of 26 layers (Chen et al. 2017): one path is added, another concatenated."""
    layers: list[nn.Module] = [conv_norm(input_shape[0], 64)]
    channels = 64
    for width, added, dense, first_stride in (
        (96, 256, 16, 1),
        (192, 512, 32, 2),
        (384, 1024, 24, 2),
        (768, 2048, 128, 2),
    ):
        for index in range(2):
            layers.append(_DualPath(channels, width, added, dense, first_stride if index == 0 else 1, index == 0))
            channels = added + (index + 2) * dense
    return nn.Sequential(*layers, pooled_head(channels, num_classes))


class _DualPath(nn.Module):
    """The first ``added`` channels are summed, ``dense`` new ones appended."""

    def __init__(self, inputs: int, width: int, added: int, dense: int, stride: int, first: bool) -> None:
        super().__init__()
        self.added = added
        self.body = nn.Sequential(
            conv_norm(inputs, width, 1),
            conv_norm(width, width, stride=stride, groups=32),
            conv_norm(width, added + dense, 1, act="none"),
        )
        self.shortcut = conv_norm(inputs, added + dense, 1, stride=stride, act="none") if first else nn.Identity()
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, H, W) to (N, channels of the shortcut + dense, H/stride, W/stride)."""
        new, old = self.body(x), self.shortcut(x)
        split = self.added
        joined: torch.Tensor = self.act(
            torch.cat([old[:, :split] + new[:, :split], old[:, split:], new[:, split:]], dim=1)
        )
        return joined


def googlenet(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """GoogLeNet (Szegedy et al. 2015), one 3x3 stem, batch normalisation, 5x5 branches as two 3x3."""
    stages = (
        ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
        (
            (192, 96, 208, 16, 48, 64),
            (160, 112, 224, 24, 64, 64),
            (128, 128, 256, 24, 64, 64),
            (112, 144, 288, 32, 64, 64),
            (256, 160, 320, 32, 128, 128),
        ),
        ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
    )
    layers: list[nn.Module] = [conv_norm(input_shape[0], 192, bias=True)]
    channels = 192
    for number, stage in enumerate(stages):
        if number:
            layers.append(nn.MaxPool2d(3, stride=2, padding=1))
        for widths in stage:
            layers.append(_Inception(channels, widths))
            channels = widths[0] + widths[2] + widths[4] + widths[5]
    return nn.Sequential(*layers, pooled_head(channels, num_classes))


class _Inception(nn.Module):
    """Four branches side by side; widths are (1x1, 3x3 reduced, 3x3, 5x5 reduced, 5x5, pooled)."""

    def __init__(self, inputs: int, widths: tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        one, three_in, three, five_in, five, pooled = widths
        self.branches = nn.ModuleList(
            [
                conv_norm(inputs, one, 1, bias=True),
                nn.Sequential(conv_norm(inputs, three_in, 1, bias=True), conv_norm(three_in, three, bias=True)),
                nn.Sequential(
                    conv_norm(inputs, five_in, 1, bias=True),
                    conv_norm(five_in, five, bias=True),
                    conv_norm(five, five, bias=True),
                ),
                nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv_norm(inputs, pooled, 1, bias=True)),
            ]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, H, W) to (N, sum of branch widths, H, W)."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def simple_dla(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """Deep layer aggregation (Yu et al. 2018), the simplified tree that joins two subtrees per node."""
    return nn.Sequential(
        conv_norm(input_shape[0], 16),
        conv_norm(16, 16),
        conv_norm(16, 32),
        _Tree(32, 64, levels=1, stride=1),
        _Tree(64, 128, levels=2, stride=2),
        _Tree(128, 256, levels=2, stride=2),
        _Tree(256, 512, levels=1, stride=2),
        pooled_head(512, num_classes),
    )


class _Tree(nn.Module):
    """A binary tree of residual blocks; each node joins the outputs of its two children by a 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int, *, levels: int, stride: int) -> None:
        super().__init__()
        self.left: nn.Module
        self.right: nn.Module
        if levels == 1:
            self.left, self.right = basic_block(inputs, outputs, stride), basic_block(outputs, outputs, 1)
        else:
            self.left = _Tree(inputs, outputs, levels=levels - 1, stride=stride)
            self.right = _Tree(outputs, outputs, levels=levels - 1, stride=1)
        self.join = conv_norm(2 * outputs, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, H, W) to (N, outputs, H/stride, W/stride)."""
        first = self.left(x)
        joined: torch.Tensor = self.join(torch.cat([first, self.right(first)], dim=1))
        return joined
