"""The optimiser that a training was configured with."""

from __future__ import annotations

import torch
from torch import nn

from setsuden.workload.settings import TrainConfig


def optimizer_of(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Torch's optimiser of ``config`` over the parameters that are trained."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate, weight_decay=decay)
    if config.optimizer == "adamw":
        return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, weight_decay=decay)
    return torch.optim.SGD(parameters, lr=rate, momentum=config.momentum, weight_decay=decay)
