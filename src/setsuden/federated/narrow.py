"""Sub-models: the same stack of layers with the first channels only, and where its numbers stand in the whole model."""

from __future__ import annotations

import copy
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from setsuden.errors import InputError
from setsuden.federated.compression import SubModel
from setsuden.federated.grouped import POOLS

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask

_SHAPELESS = (nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, *POOLS, nn.Identity)


class Part(NamedTuple):
    """A sub-model and the places of its numbers in the whole vector; None for the whole model."""

    module: nn.Module
    places: NDArray[np.int64] | None


def narrowed(task: FederatedTask, module: nn.Module) -> tuple[Part, ...]:
    """One part per device class of the task's compression; the whole model where there are no sub-models."""
    if not isinstance(task.compression, SubModel):
        return (Part(module, None),)
    return tuple(narrow(module, width) if width < 1.0 else Part(module, None) for width in task.compression.widths)


def narrow(module: nn.Module, width: float) -> Part:
    """``module`` with ceil(width x channels) channels in every hidden layer; InputError for other than plain stacks."""
    layers = list(_stack(module))
    weighted = [layer for layer in layers if isinstance(layer, nn.Linear | nn.modules.conv._ConvNd)]
    small: list[nn.Module] = []
    places: list[NDArray[np.int64]] = []
    start = 0
    channels: NDArray[np.int64] | None = None  # inputs that are left; None: all
    positions = 0  # channels of the last layer, to see how many numbers each gave after flattening
    for layer in layers:
        if not isinstance(layer, nn.Linear | nn.modules.conv._ConvNd):
            small.append(copy.deepcopy(layer))
            continue
        outputs, inputs = layer.weight.shape[:2]
        kept_out = outputs if layer is weighted[-1] else ceil(width * outputs)
        kept_in = np.arange(inputs)
        if channels is not None:
            each = inputs // positions
            kept_in = (channels[:, np.newaxis] * each + np.arange(each)).ravel()
        whole = np.arange(layer.weight.numel()).reshape(layer.weight.shape)
        places.append(start + whole[:kept_out][:, kept_in].ravel())
        start += layer.weight.numel()
        if layer.bias is not None:
            places.append(start + np.arange(kept_out))
            start += outputs
        small.append(_smaller(layer, kept_out, kept_in))
        channels, positions = np.arange(kept_out), outputs
    return Part(nn.Sequential(*small), np.concatenate(places).astype(np.int64))


def _stack(module: nn.Module) -> list[nn.Module]:
    if isinstance(module, nn.Sequential):
        return [layer for part in module for layer in _stack(part)]
    plain_conv = isinstance(module, nn.modules.conv._ConvNd) and module.groups == 1 and not module.transposed
    if plain_conv or isinstance(module, (nn.Linear, nn.Flatten, *_SHAPELESS)):
        return [module]
    raise InputError(
        f"a layer {type(module).__name__} cannot be made narrower",
        place="compression",
        value=type(module).__name__,
        remedy="Use sub-models with stacks of linear and convolution layers, or another compression.",
    )


def _smaller(layer: nn.Linear | nn.modules.conv._ConvNd, outputs: int, inputs: NDArray[np.int64]) -> nn.Module:
    bias = layer.bias is not None
    if isinstance(layer, nn.Linear):
        small: nn.Linear | nn.modules.conv._ConvNd = nn.Linear(len(inputs), outputs, bias=bias)
    else:
        small = type(layer)(  # type: ignore[call-arg]
            len(inputs),
            outputs,
            layer.kernel_size,
            stride=layer.stride,
            padding=layer.padding,
            dilation=layer.dilation,
            bias=bias,
            padding_mode=layer.padding_mode,
        )
    with torch.no_grad():
        small.weight.copy_(layer.weight[:outputs][:, torch.from_numpy(inputs)])
        if layer.bias is not None and small.bias is not None:
            small.bias.copy_(layer.bias[:outputs])
    return small
