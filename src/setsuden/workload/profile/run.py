"""One counted run: forward, and on request backward and optimiser step, of a stand-in for the user's model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]

from setsuden.errors import InputError
from setsuden.workload.profile.assemble import FORWARD, LOSS, UPDATE
from setsuden.workload.profile.engine import Counter, Place
from setsuden.workload.profile.isolate import eagerly, untouched_random_state
from setsuden.workload.profile.live import LiveBytes
from setsuden.workload.profile.modules import following, places_of

Tensor = torch.Tensor
Loss = Callable[[Any], Tensor]
MakeOptimizer = Callable[[Iterable[Tensor]], torch.optim.Optimizer]


@dataclass(slots=True)
class Recording:
    """What a run left behind, before it becomes a Profile."""

    root: Place
    modules: list[torch.nn.Module] = field(default_factory=list)
    input_bytes: int = 0
    output_bytes: int = 0
    input_shapes: list[tuple[int, ...]] = field(default_factory=list)
    output_shapes: list[tuple[int, ...]] = field(default_factory=list)
    live_peak: int = 0
    trained: bool = False
    assumed: bool = False
    optimizer_bytes: int | None = None


def record(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    name: str,
    train: bool = False,
    loss: Loss | None = None,
    optimizer: MakeOptimizer | None = None,
    strict: bool = False,
) -> Recording:
    """Run ``fn(*args, **kwargs)`` with everything counted; ``fn`` may be a module, which is then trained if asked."""
    module = fn if isinstance(fn, torch.nn.Module) else None
    root, by_id = places_of(module, name) if module is not None else (Place("", "function"), {})
    root.name = name
    recording = Recording(root, [module] if module is not None else [])
    live = LiveBytes()
    held = _storages_of(module)
    inputs = tensors_in((args, kwargs))
    live.hold([*held, *inputs])
    recording.input_bytes, recording.input_shapes = _size_of(inputs)
    counter = Counter(root, live=live, strict=strict, trace=True)
    saving = _saved(counter, [*held]) if train else contextlib.nullcontext()
    with untouched_random_state(), eagerly(), following(counter, by_id, recording.modules), counter:
        if not train:
            quiet = torch.no_grad() if module is not None else contextlib.nullcontext()
            with quiet:
                out = fn(*args, **kwargs)
            recording.output_bytes, recording.output_shapes = _size_of(tensors_in(out))
        else:
            with torch.enable_grad():
                with saving:
                    out = fn(*args, **kwargs)
                    recording.output_bytes, recording.output_shapes = _size_of(tensors_in(out))
                    counter.phase = LOSS
                    objective = (loss or total_of)(out)
                backward(objective)
                del out, objective
                recording.trained = True
            if optimizer is not None and module is not None:
                counter.phase = UPDATE
                recording.optimizer_bytes = _update(module, optimizer)
    recording.live_peak = live.peak
    recording.assumed = counter.assumed
    return recording


def _size_of(tensors: Sequence[Tensor]) -> tuple[int, list[tuple[int, ...]]]:
    """Bytes of all of them, and the shape of each that has one: nested ones are ragged."""
    shapes = [tuple(tensor.shape) for tensor in tensors if not tensor.is_nested]
    return sum(tensor.nbytes for tensor in tensors), shapes


def total_of(out: Any) -> Tensor:
    """The loss used when none is given: the output's own ``loss``, else the sum of squares of what it puts out."""
    own = getattr(out, "loss", None)
    if isinstance(own, Tensor):
        return own
    trainable = [tensor for tensor in tensors_in(out) if tensor.requires_grad]
    if not trainable:
        raise InputError(
            "nothing to train: no output depends on a trainable parameter",
            place="train",
            remedy="Unfreeze a parameter, or profile without training.",
        )
    # squares, not values: the gradient of a plain sum is one expanded number, which some kernels refuse
    total = _square(trainable[0])
    for tensor in trainable[1:]:
        total = total + _square(tensor)
    return total


def _square(tensor: Tensor) -> Tensor:
    return (tensor.abs() if tensor.is_complex() else tensor).square().sum()


def backward(objective: Any) -> None:
    """Run the backward pass of a loss; InputError unless it is one number."""
    if not isinstance(objective, Tensor) or objective.numel() != 1:
        raise InputError(
            "a loss must return one number as a tensor",
            place="loss",
            value=tuple(objective.shape) if isinstance(objective, Tensor) else type(objective).__name__,
        )
    objective.backward()  # type: ignore[no-untyped-call]


def _update(module: torch.nn.Module, make: MakeOptimizer) -> int:
    optimizer = make([parameter for parameter in module.parameters() if parameter.requires_grad])
    optimizer.step()
    return sum(tensor.nbytes for tensor in tensors_in(list(optimizer.state.values())))


def tensors_in(value: Any) -> list[Tensor]:
    """Every tensor in nested containers, registered ones such as model outputs included."""
    if isinstance(value, Tensor):
        return [value]
    from torch.utils import _pytree as pytree

    return [leaf for leaf in pytree.tree_leaves(value) if isinstance(leaf, Tensor)]


def _storages_of(module: torch.nn.Module | None) -> list[Tensor]:
    if module is None:
        return []
    lazy = UninitializedTensorMixin
    return [t for t in (*module.parameters(), *module.buffers()) if not isinstance(t, lazy)]


def _saved(counter: Counter, held: Sequence[Tensor]) -> contextlib.AbstractContextManager[Any]:
    """Book what autograd keeps for backward at the running module: every storage once, weights and buffers apart."""
    seen = {tensor.untyped_storage()._cdata for tensor in held if tensor.layout is torch.strided}
    kept: list[Any] = []  # storages stay alive while their addresses are keys

    def pack(tensor: Tensor) -> Tensor:
        if counter.phase == FORWARD and torch._C._current_graph_task_id() == -1 and tensor.layout is torch.strided:
            storage = tensor.untyped_storage()
            if storage._cdata not in seen:
                seen.add(storage._cdata)
                kept.append(storage)
                counter.stack[-1].saved += storage.nbytes()
        return tensor

    def unpack(tensor: Tensor) -> Tensor:
        kept.clear()
        return tensor

    return torch.autograd.graph.saved_tensors_hooks(pack, unpack)
