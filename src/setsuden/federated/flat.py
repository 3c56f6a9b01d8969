"""A model as one vector: all its numbers are views of one buffer, trainable ones first."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from setsuden.errors import InputError


class FlatModel:
    """A module whose parameters and float buffers live in ``vector``, (size,) float32.

    Order: trainable parameters, frozen parameters, buffers (the means and variances of normalisation layers), each as
    the module names them. Whole-number buffers such as counters of batches stay with the module.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        parameters = list(module.parameters())
        self.leaves = [parameter for parameter in parameters if parameter.requires_grad]
        frozen = [parameter for parameter in parameters if not parameter.requires_grad]
        held = [
            (owner, name, buffer)
            for owner in module.modules()
            for name, buffer in owner.named_buffers(recurse=False)
            if buffer.is_floating_point()
        ]
        tensors: list[torch.Tensor] = [*self.leaves, *frozen, *(buffer for _, _, buffer in held)]
        wrong = next((tensor.dtype for tensor in tensors if tensor.dtype != torch.float32), None)
        if wrong is not None or not self.leaves:
            raise InputError(
                "a model must have trainable numbers, all float32",
                place="model",
                value=str(wrong) if wrong is not None else "nothing to train",
            )
        self.trainable = sum(leaf.numel() for leaf in self.leaves)
        self.size = sum(tensor.numel() for tensor in tensors)
        self.vector = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
        self.numpy: NDArray[np.float32] = self.vector.numpy()
        views = [
            part.view_as(tensor)
            for part, tensor in zip(torch.split(self.vector, [t.numel() for t in tensors]), tensors, strict=True)
        ]
        for parameter, view in zip([*self.leaves, *frozen], views, strict=False):
            parameter.data = view
        for (owner, name, _), view in zip(held, views[len(parameters) :], strict=True):
            owner._buffers[name] = view
        self.normalises = any(
            isinstance(part, nn.modules.batchnorm._BatchNorm) and part.training for part in module.modules()
        )
        self.steady = all(isinstance(part, _STEADY) or not list(part.parameters()) for part in module.modules()) and (
            not any(isinstance(part, nn.modules.dropout._DropoutNd) for part in module.modules())
        )

    def load(self, parameters: NDArray[np.float32]) -> None:
        """Become the model of that vector."""
        self.numpy[:] = parameters


_STEADY = (nn.Linear, nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.Sequential)
