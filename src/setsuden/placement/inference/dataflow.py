"""The data flow of a model that was run once: which operator made which tensor, and which one needs it last.

Seen below autograd, so no symbolic tracing is needed and control flow in Python is no obstacle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from setsuden.workload.profile.engine import Counter, Place
from setsuden.workload.profile.isolate import eagerly, moved, on_meta, stand_in, untouched_random_state
from setsuden.workload.profile.modules import following, places_of
from setsuden.workload.profile.registry import Kind, rule_of
from setsuden.workload.profile.run import tensors_in
from setsuden.workload.profile.targets.torch import TorchWork

Tensor = torch.Tensor
# these look at a shape only: what they make does not carry the input on
_SHAPE_ONLY = ("_like", "::new_")


@dataclass(slots=True)
class Value:
    """One tensor that depends on the input, under all its views, until something is written into it.

    made, last   index of the operator that made it (-1: the input), and of the last one that reads it
    whole        bytes of its storage; ``reads`` bytes of each view by the index of its last reading
    """

    made: int
    whole: int
    last: int = -1
    reads: dict[tuple[Any, ...], tuple[int, int]] = field(default_factory=dict)

    def crossing(self, at: int) -> int:
        """Bytes of it that operators after ``at`` read."""
        return min(self.whole, sum(size for last, size in self.reads.values() if last > at))


@dataclass(slots=True)
class Step:
    """One operator: where it ran, and its multiply-accumulates."""

    module: str
    kind: str
    macs: int


class Flow(Counter):  # type: ignore[no-untyped-call]
    """Follows which tensors depend on the input; ``steps`` are the operators and ``values`` the tensors."""

    def __init__(self, root: Place, inputs: Sequence[Tensor]) -> None:
        super().__init__(root, lean=True)
        self.steps: list[Step] = []
        self.values: list[Value] = []
        self._now: dict[int, Value] = {}  # by storage
        self._kept: list[Any] = []  # storages stay alive while their addresses are keys
        for tensor in inputs:
            self._make(tensor, -1)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        rule = rule_of(func)
        inputs = tensors_in((args, kwargs))
        out = super().__torch_dispatch__(func, types, args, kwargs)
        made = tensors_in(out)
        # what a composite operator is made of was followed itself, unless it could not be taken apart
        apart = rule.kind is Kind.COMPOSITE and all(_key(tensor) in self._now for tensor in made)
        if apart or rule.kind is Kind.VIEW:
            return out
        shape_only = any(part in rule.name for part in _SHAPE_ONLY)
        read = [] if shape_only else [tensor for tensor in inputs if _key(tensor) in self._now]
        index = len(self.steps)
        place = self.stack[-1]
        macs = 0 if rule.formula is None else int(rule.formula(args, kwargs, out))
        self.steps.append(Step(place.path, place.kind, macs))
        for tensor in read:
            self._read(tensor, index)
        if read and not made:
            # a number left for Python: whatever follows may depend on it, so no later cut is safe
            self.values.append(Value(index, 0, last=_NEVER))
        for tensor in made:
            if read or _key(tensor) in self._now:  # written into, or new
                self._make(tensor, index)
        return out

    def end(self, outputs: Sequence[Tensor]) -> None:
        """The results of the model are read once all is done."""
        for tensor in outputs:
            if _key(tensor) in self._now:
                self._read(tensor, len(self.steps))

    def _make(self, tensor: Tensor, index: int) -> None:
        value = Value(index, tensor.untyped_storage().nbytes())
        self.values.append(value)
        self._now[_key(tensor)] = value
        self._kept.append(tensor.untyped_storage())

    def _read(self, tensor: Tensor, index: int) -> None:
        value = self._now[_key(tensor)]
        value.last = max(value.last, index)
        view = (tensor.storage_offset(), tuple(tensor.shape), tuple(tensor.stride()))
        # of an expanded tensor only what is stored has to cross
        value.reads[_window(view)] = (index, tensor.nbytes)


_NEVER = 2**62


def _window(view: tuple[Any, ...]) -> tuple[int, int]:
    """Where a view begins and how far it reaches: views of the same window are one and the same data."""
    offset, shape, stride = view
    reach = sum((size - 1) * step for size, step in zip(shape, stride, strict=True)) if shape else 0
    return offset, reach


def _key(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata) if tensor.layout is torch.strided else id(tensor)


@dataclass(frozen=True, slots=True)
class Cut:
    """After operator ``index``: what later operators need of what was made before; one tensor if it is a cut."""

    index: int
    tensors: int
    crossing_bytes: int


def cuts(flow: Flow) -> Iterator[Cut]:
    """Every place between two operators, in order, with what crosses there."""
    waiting = sorted(flow.values, key=lambda value: value.made, reverse=True)
    alive: list[Value] = []
    for index in range(len(flow.steps)):
        while waiting and waiting[-1].made <= index:
            alive.append(waiting.pop())
        alive = [value for value in alive if value.last > index]
        yield Cut(index, len(alive), sum(value.crossing(index) for value in alive))


def flow_of(work: TorchWork) -> Flow:
    """Run the module of ``work`` once, on shapes alone, and follow its data."""
    module = work.fn
    assert isinstance(module, torch.nn.Module)
    twin = stand_in(module, "meta").eval()
    args, kwargs = moved(tuple(work.args), on_meta), moved(dict(work.kwargs), on_meta)
    root, by_id = places_of(twin, work.name)
    flow = Flow(root, tensors_in((args, kwargs)))
    with untouched_random_state(), eagerly(), following(flow, by_id, [twin]), torch.no_grad(), flow:
        out = twin(*args, **kwargs)
    flow.end(tensors_in(out))
    return flow
