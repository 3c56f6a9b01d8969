"""Plain SGD for several clients' convolution networks at once: one grouped convolution does all clients' convolutions.

Small convolutions leave a processor waiting; those of ten clients side by side fill it better.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from setsuden.federated.algorithms.base import Vector
from setsuden.federated.dense import Descent, unnested
from setsuden.federated.schedule import Schedule

# Fixed by shape, never by a clock. Above it the models and activations of a group leave the cache, and one client
# after the other is as fast.
GROUPED_UP_TO = 131_072

_WORDS = ("same", "valid")
_POOLS = (
    nn.MaxPool1d,
    nn.MaxPool2d,
    nn.AvgPool1d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool1d,
    nn.AdaptiveAvgPool2d,
)


def grouped_stack(module: nn.Module) -> tuple[nn.Module, ...] | None:
    """The parts of a small stack of convolutions, then linear layers, that can be trained so; None for any other."""
    parts = unnested(module)
    weighted = [part for part in parts if list(part.parameters())]
    flattened = [at for at, part in enumerate(parts) if isinstance(part, nn.Flatten)]
    if not weighted or len(flattened) != 1 or sum(number.numel() for number in module.parameters()) > GROUPED_UP_TO:
        return None
    if not all(number.requires_grad for number in module.parameters()) or list(module.buffers()):
        return None
    before, after = parts[: flattened[0]], parts[flattened[0] + 1 :]
    convolving = [part for part in before if isinstance(part, nn.Conv1d | nn.Conv2d)]
    plain = all(
        part.groups == 1
        and part.bias is not None
        and part.padding_mode == "zeros"
        and not isinstance(part.padding, str)
        for part in convolving
    )
    fits = all(isinstance(part, (nn.Conv1d, nn.Conv2d, nn.ReLU, *_POOLS)) for part in before) and all(
        isinstance(part, nn.ReLU) or (isinstance(part, nn.Linear) and part.bias is not None) for part in after
    )
    whole = isinstance(parts[flattened[0]], nn.Flatten) and parts[flattened[0]].start_dim == 1
    return tuple(parts) if plain and fits and whole and convolving and convolving[0] is before[0] else None


def descend_grouped(
    stack: tuple[nn.Module, ...],
    models: Sequence[Vector],
    x: torch.Tensor,
    y: torch.Tensor,
    plan: Schedule,
    rate: float,
) -> Descent:
    """Train a client from each of ``models`` as ``plan`` says; x: (samples, *shape), y: (samples,)."""
    ordered = [models[at] for at in plan.place]
    moved = np.stack(ordered)
    clients, width = len(ordered), plan.rows.shape[2]
    leaves = _leaves(stack, torch.from_numpy(moved))
    rows, sizes = torch.from_numpy(plan.rows), torch.from_numpy(plan.sizes)
    share = (torch.arange(width) < sizes.unsqueeze(2)) / sizes.clamp(min=1).unsqueeze(2)
    losses = torch.zeros(clients)
    for step, at_work in enumerate(plan.active.tolist()):
        chosen = rows[step, :at_work]
        here = leaves if at_work == clients else [leaf[:at_work].detach().requires_grad_() for leaf in leaves]
        inputs = x.index_select(0, chosen.reshape(-1)).view(at_work, width, *x.shape[1:])
        logits = _forward(stack, here, inputs)
        each = nn.functional.cross_entropy(logits.flatten(0, 1), y[chosen].reshape(-1), reduction="none")
        weighted = each.view(at_work, width) * share[step, :at_work]
        gradients = torch.autograd.grad(weighted.sum(), here)
        with torch.no_grad():
            for leaf, gradient in zip(here, gradients, strict=True):
                leaf.add_(gradient, alpha=-rate)
            losses[:at_work] += weighted.detach().sum(dim=1) * sizes[step, :at_work]
    torch.cat([leaf.detach().reshape(clients, -1) for leaf in leaves], dim=1, out=torch.from_numpy(moved))
    for vector, model in zip(moved, ordered, strict=True):
        vector -= model
    back = np.argsort(plan.place, kind="stable")
    return Descent(
        updates=[moved[at] for at in back],
        losses=[float(losses[at]) for at in back],
        samples=plan.sizes.sum(axis=0)[back].tolist(),
        steps=(plan.sizes > 0).sum(axis=0)[back].tolist(),
    )


def _leaves(stack: tuple[nn.Module, ...], vectors: torch.Tensor) -> list[torch.Tensor]:
    """Each parameter of all clients, (clients, *shape), of its own: slices of one leaf would fill it with zeros."""
    leaves, start = [], 0
    for part in stack:
        for number in part.parameters():
            piece = vectors[:, start : start + number.numel()].reshape(len(vectors), *number.shape).clone()
            leaves.append(piece.requires_grad_())
            start += number.numel()
    return leaves


def _forward(stack: tuple[nn.Module, ...], leaves: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """(clients, batch, *shape) to (clients, batch, classes)."""
    clients, batch = x.shape[:2]
    left = iter(leaves)
    h = x.transpose(0, 1).reshape(batch, clients * x.shape[2], *x.shape[3:])
    for part in stack:
        if isinstance(part, nn.Conv1d):
            weight, bias = next(left).flatten(0, 1), next(left).reshape(-1)
            h = nn.functional.conv1d(h, weight, bias, part.stride, part.padding, part.dilation, clients)
        elif isinstance(part, nn.Conv2d):
            weight, bias = next(left).flatten(0, 1), next(left).reshape(-1)
            h = nn.functional.conv2d(h, weight, bias, part.stride, part.padding, part.dilation, clients)
        elif isinstance(part, nn.Linear):
            weight, bias = next(left), next(left)
            h = torch.baddbmm(bias.unsqueeze(1), h, weight.transpose(1, 2))
        elif isinstance(part, nn.Flatten):
            h = h.reshape(batch, clients, -1).transpose(0, 1)
        else:
            h = part(h)
    return h
