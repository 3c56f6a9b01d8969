"""Plain SGD for several clients' convolution networks at once: one grouped convolution does all clients' convolutions.

Small convolutions leave a processor waiting; those of a few clients side by side fill it better. Two things more are
saved that change no result: images stay in oneDNN's own layout from the first convolution to the last pooling, where
pooling works on many channels at once, and a ReLU before a maximum is taken after it, over a quarter of the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from setsuden.federated.dense import Descent, unnested
from setsuden.federated.schedule import Schedule

# Fixed by shape, never by a clock. Above it the models and activations of a group leave the cache, and one client
# after the other is as fast.
GROUPED_UP_TO = 131_072
# Clients side by side: their activations stay in the cache with 5, no longer with 10.
GROUP = 5

POOLS = (
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
    fits = all(isinstance(part, (nn.Conv1d, nn.Conv2d, nn.ReLU, *POOLS)) for part in before) and all(
        isinstance(part, nn.ReLU) or (isinstance(part, nn.Linear) and part.bias is not None) for part in after
    )
    whole = isinstance(parts[flattened[0]], nn.Flatten) and parts[flattened[0]].start_dim == 1
    if not (plain and fits and whole and convolving and convolving[0] is before[0]):
        return None
    return _late_relu([_over_images(part) for part in parts])


def _over_images(part: nn.Module) -> nn.Module:
    """A part over signals as the same over images of height 1, which oneDNN has faster ways for; others as they are.

    Its weights have no values: those of the clients take their place.
    """
    if isinstance(part, nn.Conv1d):
        assert not isinstance(part.padding, str)
        (kernel,), (stride,), (padding,), (dilation,) = part.kernel_size, part.stride, part.padding, part.dilation
        return nn.Conv2d(
            part.in_channels, part.out_channels, (1, kernel), (1, stride), (0, padding), (1, dilation), device="meta"
        )
    if isinstance(part, nn.MaxPool1d):
        kernel, stride, padding, dilation = map(_single, (part.kernel_size, part.stride, part.padding, part.dilation))
        return nn.MaxPool2d((1, kernel), (1, stride), (0, padding), (1, dilation), ceil_mode=part.ceil_mode)
    if isinstance(part, nn.AvgPool1d):
        kernel, stride, padding = map(_single, (part.kernel_size, part.stride, part.padding))
        return nn.AvgPool2d((1, kernel), (1, stride), (0, padding), part.ceil_mode, part.count_include_pad)
    if isinstance(part, nn.AdaptiveAvgPool1d):
        return nn.AdaptiveAvgPool2d((1, _single(part.output_size)))
    return part


def _single(size: int | tuple[int, ...] | None) -> int:
    assert size is not None
    return size if isinstance(size, int) else size[0]


def _late_relu(parts: list[nn.Module]) -> tuple[nn.Module, ...]:
    """The same function with each ReLU after the maximum that follows it: both rise, so their order is free."""
    found = list(parts)
    for at in range(len(found) - 1):
        if isinstance(found[at], nn.ReLU) and isinstance(found[at + 1], nn.MaxPool2d):
            found[at], found[at + 1] = found[at + 1], found[at]
    return tuple(found)


def descend_grouped(
    stack: tuple[nn.Module, ...],
    received: torch.Tensor,
    x: torch.Tensor,
    y: torch.Tensor,
    plan: Schedule,
    rate: float,
) -> Iterator[Descent]:
    """Train a client from each row of ``received``, (clients, parameters), as ``plan`` says.

    x: (samples, *shape), y: (samples,)
    """
    layout, rows = plan.layout, torch.from_numpy(plan.rows)
    shares, sizes = torch.from_numpy(layout.shares), torch.from_numpy(layout.sizes)
    ordered = layout.placed(received)
    for first in range(0, len(ordered), GROUP):
        here = slice(first, first + GROUP)
        begun = ordered[here]
        active = [min(max(at_work - first, 0), len(begun)) for at_work in layout.active]
        leaves, losses = _leaves(stack, begun), torch.zeros(len(begun))
        _train(stack, leaves, x, y, rows[:, here], shares[:, here], sizes[:, here], active, losses, rate)
        moved = torch.cat([leaf.detach().reshape(len(begun), -1) for leaf in leaves], dim=1)
        yield Descent(range(first, first + len(begun)), moved.sub_(begun), losses)


def _train(
    stack: tuple[nn.Module, ...],
    leaves: list[torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
    rows: torch.Tensor,
    shares: torch.Tensor,
    sizes: torch.Tensor,
    active: list[int],
    losses: torch.Tensor,
    rate: float,
) -> None:
    """One group: ``leaves`` are trained in place and the sums of the losses added to ``losses``."""
    width = rows.shape[2]
    for step, at_work in enumerate(active):
        if not at_work:
            break
        chosen = rows[step, :at_work].reshape(-1)
        here = leaves if at_work == len(losses) else [leaf[:at_work].detach().requires_grad_() for leaf in leaves]
        inputs = x.index_select(0, chosen).view(at_work, width, *x.shape[1:])
        logits = _forward(stack, here, inputs)
        each = nn.functional.cross_entropy(logits.flatten(0, 1), y[chosen], reduction="none")
        weighted = each.view(at_work, width) * shares[step, :at_work]
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
    height = x.shape[3] if x.ndim == 5 else 1
    h = x.transpose(0, 1).reshape(batch, clients * x.shape[2], height, x.shape[-1])
    if torch._C._has_mkldnn:
        h = h.to_mkldnn()
    for part in stack:
        if h.is_mkldnn and not _in_own_layout(part):
            h = h.to_dense()
        if isinstance(part, nn.Conv2d):
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
