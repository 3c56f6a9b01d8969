"""Networks without branches: logistic regression, multi-layer perceptron, small CNNs, LeNet-5 and VGG."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from torch import nn

from setsuden.workload.zoo._blocks import conv_norm, pooled_head


def logistic(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """Multinomial logistic regression on the flattened input."""
    return nn.Sequential(nn.Flatten(), nn.Linear(prod(input_shape), num_classes))


def mlp(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """Two hidden layers of 256 and 128 units."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(prod(input_shape), 256),
        nn.ReLU(inplace=True),
        nn.Linear(256, 128),
        nn.ReLU(inplace=True),
        nn.Linear(128, num_classes),
    )


def small_cnn(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """Three 3x3 convolutions of 16, 32 and 64 channels, halving the image twice."""
    return nn.Sequential(
        conv_norm(input_shape[0], 16),
        conv_norm(16, 32, stride=2),
        conv_norm(32, 64, stride=2),
        *_quartered_head(64, input_shape, num_classes),
    )


def depthwise_cnn(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """The small CNN with its convolutions after the first made depth-wise separable."""
    return nn.Sequential(
        conv_norm(input_shape[0], 16),
        *_separable(16, 32, 2),
        *_separable(32, 64, 2),
        *_quartered_head(64, input_shape, num_classes),
    )


def mobilenet(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """MobileNet (Howard et al. 2017) without the first stride, for small images."""
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    layers: list[nn.Module] = [conv_norm(input_shape[0], 32)]
    channels = 32
    for outputs, stride in plan:
        layers += _separable(channels, outputs, stride)
        channels = outputs
    return nn.Sequential(*layers, pooled_head(channels, num_classes))


def lenet(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """LeNet-5 (LeCun et al. 1998) with ReLU and max pooling; the image must be at least 16x16."""
    channels, height, width = input_shape
    rows, columns = (((side - 4) // 2 - 4) // 2 for side in (height, width))
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * rows * columns, 120),
        nn.ReLU(inplace=True),
        nn.Linear(120, 84),
        nn.ReLU(inplace=True),
        nn.Linear(84, num_classes),
    )


def vgg(input_shape: Sequence[int], num_classes: int, *, depth: int) -> nn.Module:
    """VGG (Simonyan and Zisserman 2015) with batch normalisation and one linear layer; depth 11, 16 or 19."""
    repeats = {11: (1, 1, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}[depth]
    layers: list[nn.Module] = []
    channels = input_shape[0]
    for outputs, repeat in zip((64, 128, 256, 512, 512), repeats, strict=True):
        for _ in range(repeat):
            layers.append(conv_norm(channels, outputs, bias=True))
            channels = outputs
        layers.append(nn.MaxPool2d(2, ceil_mode=True))  # ceil: images below 32x32 keep at least one pixel
    return nn.Sequential(*layers, pooled_head(channels, num_classes))


def _quartered_head(features: int, input_shape: Sequence[int], num_classes: int) -> list[nn.Module]:
    """One linear layer on every position of the map, a quarter of the image a side: so few layers must know where."""
    rows, columns = (-(-side // 4) for side in input_shape[1:])
    return [nn.Flatten(), nn.Linear(features * rows * columns, num_classes)]


def _separable(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    """A depth-wise 3x3 and a point-wise 1x1 convolution."""
    return [conv_norm(inputs, inputs, stride=stride, groups=inputs), conv_norm(inputs, outputs, 1)]
