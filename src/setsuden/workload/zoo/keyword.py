"""Keyword spotting: M5 and a depth-wise network on raw sound, DS-CNN on a small spectrogram."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from setsuden.workload.zoo._blocks import pooled_head


def m5(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """M5 of Dai et al. 2017: five weight layers on the raw waveform (channels, samples)."""
    layers: list[nn.Module] = _sound_layer(input_shape[0], 128, 80, stride=4, padding=0)
    channels = 128
    for outputs in (128, 256, 512):
        layers += [nn.MaxPool1d(4), *_sound_layer(channels, outputs, 3)]
        channels = outputs
    layers += [nn.MaxPool1d(4), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(channels, num_classes)]
    return nn.Sequential(*layers)


def ds_cnn_1d(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """Depth-wise separable convolutions on the raw waveform, 64 to 128 channels, a stem of 160 samples."""
    layers: list[nn.Module] = _sound_layer(input_shape[0], 64, 160, stride=40, padding=0)
    channels = 64
    for outputs, stride in ((64, 2), (96, 2), (128, 2), (128, 1)):
        layers += _sound_layer(channels, channels, 9, stride=stride, padding=4, groups=channels)
        layers += _sound_layer(channels, outputs, 1, padding=0)
        channels = outputs
    layers += [nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(channels, num_classes)]
    return nn.Sequential(*layers)


def ds_cnn(input_shape: Sequence[int], num_classes: int) -> nn.Module:
    """DS-CNN, small (Zhang et al. 2017): 64 filters of 10x4, then four separable blocks; (1, frames, bands)."""
    layers: list[nn.Module] = [
        nn.Conv2d(input_shape[0], 64, (10, 4), stride=2, padding=(5, 1), bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
    ]
    for _ in range(4):
        for kernel, groups in ((3, 64), (1, 1)):
            layers += [
                nn.Conv2d(64, 64, kernel, padding=kernel // 2, groups=groups, bias=False),
                nn.BatchNorm2d(64),
                nn.ReLU(inplace=True),
            ]
    return nn.Sequential(*layers, pooled_head(64, num_classes))


def _sound_layer(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, padding: int = 1, groups: int = 1
) -> list[nn.Module]:
    return [
        nn.Conv1d(inputs, outputs, kernel, stride=stride, padding=padding, groups=groups, bias=False),
        nn.BatchNorm1d(outputs),
        nn.ReLU(inplace=True),
    ]
