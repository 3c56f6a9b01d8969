"""Plain SGD for several clients' convolution networks at once: one grouped convolution does all clients' convolutions.

Small convolutions leave a processor waiting; those of a few clients side by side fill it better. Two things more are
saved that change no result: images stay in oneDNN's own layout from the first convolution to the last pooling, where
pooling works on many channels at once, and a ReLU before a maximum is taken after it, over a quarter of the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from setsuden.federated.algorithms.base import Vector
from setsuden.federated.dense import Descent, descent, unnested
from setsuden.federated.schedule import Schedule

# Fixed by shape, never by a clock. Above it the models and activations of a group leave the cache, and one client
# after the other is as fast.
GROUPED_UP_TO = 131_072
# Clients side by side: their activations stay in the cache with 5, no longer with 10.
GROUP = 5

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
    return _late_relu(parts) if plain and fits and whole and convolving and convolving[0] is before[0] else None


def _late_relu(parts: list[nn.Module]) -> tuple[nn.Module, ...]:
    """The same function with each ReLU after the maximum that follows it: both rise, so their order is free."""
    found = list(parts)
    for at in range(len(found) - 1):
        if isinstance(found[at], nn.ReLU) and isinstance(found[at + 1], nn.MaxPool1d | nn.MaxPool2d):
            found[at], found[at + 1] = found[at + 1], found[at]
    return tuple(found)


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
    moved = torch.empty(len(ordered), len(ordered[0]))
    losses = torch.zeros(len(ordered))
    rows, sizes = torch.from_numpy(plan.rows), torch.from_numpy(plan.sizes)
    for first in range(0, len(ordered), GROUP):
        here = slice(first, first + GROUP)
        received = torch.from_numpy(np.stack(ordered[here]))
        active = np.clip(plan.active - first, 0, len(received)).tolist()
        leaves = _leaves(stack, received)
        _train(stack, leaves, x, y, rows[:, here], sizes[:, here], active, losses[here], rate)
        torch.cat([leaf.detach().reshape(len(received), -1) for leaf in leaves], dim=1, out=moved[here])
        moved[here] -= received
    return descent(moved, moved.sum(dim=1), losses, plan)


def _train(
    stack: tuple[nn.Module, ...],
    leaves: list[torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
    rows: torch.Tensor,
    sizes: torch.Tensor,
    active: list[int],
    losses: torch.Tensor,
    rate: float,
) -> None:
    """One group: ``leaves`` are trained in place and the sums of the losses added to ``losses``."""
    width = rows.shape[2]
    share = (torch.arange(width) < sizes.unsqueeze(2)) / sizes.clamp(min=1).unsqueeze(2)
    for step, at_work in enumerate(active):
        if not at_work:
            break
        chosen = rows[step, :at_work].reshape(-1)
        here = leaves if at_work == len(losses) else [leaf[:at_work].detach().requires_grad_() for leaf in leaves]
        inputs = x.index_select(0, chosen).view(at_work, width, *x.shape[1:])
        logits = _forward(stack, here, inputs)
        each = nn.functional.cross_entropy(logits.flatten(0, 1), y[chosen], reduction="none")
        weighted = each.view(at_work, width) * share[step, :at_work]
        gradients = torch.autograd.grad(weighted.sum(), here)
        with torch.no_grad():
            for leaf, gradient in zip(here, gradients, strict=True):
                leaf.add_(gradient, alpha=-rate)
            losses[:at_work] += weighted.detach().sum(dim=1) * sizes[step, :at_work]


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
    if isinstance(stack[0], nn.Conv2d) and torch._C._has_mkldnn:
        h = h.to_mkldnn()
    for part in stack:
        if h.is_mkldnn and not _in_own_layout(part):
            h = h.to_dense()
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
        elif isinstance(part, nn.ReLU):
            h = torch.relu(h)
        else:
            h = part(h)
    return h


def _in_own_layout(part: nn.Module) -> bool:
    """Whether oneDNN does this part, forward and backward, on images in its own layout."""
    if isinstance(part, nn.MaxPool2d):
        return part.dilation in (1, (1, 1)) and not part.ceil_mode
    return isinstance(part, nn.Conv2d | nn.ReLU)
