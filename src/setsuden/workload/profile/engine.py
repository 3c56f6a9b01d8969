"""The counting engine: sees every operator below autograd, on any device, and books it to the running module.

One engine serves counting and profiling. It keeps one row per (module, operator, phase, shapes), so that the cost per
operator stays at a few microseconds and memory does not grow with repetition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from setsuden.workload.profile.assemble import BACKWARD, FORWARD, RECOMPUTE
from setsuden.workload.profile.errors import UnknownOperatorError
from setsuden.workload.profile.live import LiveBytes
from setsuden.workload.profile.lookinside import python_kernel
from setsuden.workload.profile.registry import Kind, Rule, rule_of

Tensor = torch.Tensor
_task = torch._C._current_graph_task_id
_node = torch._C._current_autograd_node
_sequence = torch.autograd._get_sequence_nr  # type: ignore[attr-defined]
_grad_enabled = torch.is_grad_enabled

# columns of a row
CALLS, MACS, READ, WRITTEN, ELEMENTS, UNKNOWN = range(6)


class Place:
    """Where operators are booked: a module, or the top level; rows by (operator, phase, shapes)."""

    __slots__ = ("children", "kind", "module", "name", "own_parameters", "path", "rows", "saved")

    def __init__(self, path: str, kind: str, own_parameters: int = 0) -> None:
        self.path = path
        self.name = path.rpartition(".")[2]
        self.kind = kind
        self.own_parameters = own_parameters
        self.children: list[Place] = []
        self.rows: dict[tuple[Any, ...], list[int]] = {}
        self.saved = 0


class Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what runs while it is entered, in the thread that entered it.

    root     where operators outside any module are booked; ``stack[-1]`` is where the next one goes
    live     tracks bytes of live tensors when given
    strict   raise UnknownOperatorError at the first operator nobody described
    trace    remember which module made each autograd node, to book its backward there
    lean     keep MACs only, one row per operator at the root
    """

    supports_higher_order_operators = True

    def __init__(
        self,
        root: Place,
        *,
        live: LiveBytes | None = None,
        strict: bool = False,
        trace: bool = False,
        lean: bool = False,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.root = root
        self.stack = [root]
        self.live = live
        self.strict = strict
        self.trace = trace
        self.lean = lean
        self.phase = FORWARD
        self.assumed = False  # a branch on data was decided on meta, see shapekernels
        self.scratch: Place | None = None
        self.makers: dict[int, Place] = {}
        self.keys: dict[tuple[Any, ...], tuple[Any, ...]] = {}  # equal keys of repeated blocks are kept once

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # nothing is compiled while we count (see isolate.eagerly), so PyTorch's guard would only cost time
        return False

    @classmethod
    def ignore_compile_internals(cls) -> bool:
        """Compiled code is run eagerly while we count, so there is nothing of it to ignore."""
        return True

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        rule = rule_of(func)
        kind = rule.kind
        if kind is Kind.VIEW:
            if self.trace and _task() == -1:
                self.makers[_sequence() - 1] = self.stack[-1]
            return func(*args, **kwargs)
        if kind is Kind.COMPOSITE:
            with self:
                out = func.decompose(*args, **kwargs)
            return func(*args, **kwargs) if out is NotImplemented else out
        if kind is Kind.UNKNOWN:
            out = self._look_inside(func, args, kwargs)
            if out is not NotImplemented:
                return out
        out = NotImplemented if rule.shape is None else rule.shape(args, kwargs)
        if out is NotImplemented:
            out = func(*args, **kwargs)
        elif type(out) is bool:
            self.assumed = True
        if self.live is not None:
            self.live.add(out)
        if self.lean and self.scratch is None:
            if kind is not Kind.FREE:
                self._tally(rule, func, args, kwargs, out)
        else:
            self._book(rule, func, args, kwargs, out)
        return out

    def _tally(self, rule: Rule, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> None:
        row = self.root.rows.setdefault((func,), [0] * 6)
        if rule.formula is not None:
            row[MACS] += rule.formula(args, kwargs, out)
        elif _elements(out):
            row[UNKNOWN] = True

    def _book(self, rule: Rule, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> None:
        if _task() == -1:
            phase, place = self.phase, self.stack[-1]
            if self.trace:
                self.makers[_sequence() - 1] = place
        else:
            phase, place = self._in_backward()
        if self.scratch is not None:
            place = self.scratch

        read = 0
        shapes: list[Any] = [func, phase]
        for value in args:
            if isinstance(value, Tensor):
                read += value.nbytes
                shapes.append(_shape(value) if value.is_nested else value.shape)
            elif isinstance(value, (list, tuple)):
                for item in value:
                    if isinstance(item, Tensor):
                        read += item.nbytes
                        shapes.append(_shape(item) if item.is_nested else item.shape)
        if rule.reader is not None:
            read = rule.reader(args, kwargs, out)
        written = elements = 0
        if isinstance(out, Tensor):
            written, elements = out.nbytes, out.numel()
        elif isinstance(out, (list, tuple)):
            for item in out:
                if isinstance(item, Tensor):
                    written += item.nbytes
                    elements += item.numel()
        key = tuple(shapes)
        row = place.rows.get(key)
        if row is None:
            row = place.rows[self.keys.setdefault(key, key)] = [
                0,
                0,
                0,
                0,
                0,
                rule.kind is Kind.UNKNOWN and elements > 0,
            ]
        row[CALLS] += 1
        if rule.formula is not None:
            row[MACS] += rule.formula(args, kwargs, out)
        elif rule.kind is Kind.UNKNOWN and elements and self.strict:
            raise UnknownOperatorError(rule.name)
        row[READ] += read
        row[WRITTEN] += written
        row[ELEMENTS] += elements

    def _look_inside(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Run a custom operator's Python kernel with the engine on; NotImplemented where that shows nothing."""
        kernel = python_kernel(func, args)
        if kernel is None:
            return NotImplemented
        above = self.scratch or (self.stack[-1] if _task() == -1 else self._in_backward()[1])
        scratch = Place(above.path, above.kind)
        outer, self.scratch = self.scratch, scratch
        try:
            with self:
                out = kernel(*args, **kwargs)
        except UnknownOperatorError:
            raise
        except Exception:
            # whatever a kernel made for real tensors does on meta; on a real device its error is the user's to see
            if not _on_meta(args):
                raise
            return NotImplemented
        finally:
            self.scratch = outer
        made = sum(row[ELEMENTS] for row in scratch.rows.values())
        if made < _elements(out):
            return NotImplemented
        for key, row in scratch.rows.items():
            kept = above.rows.setdefault(key, [0, 0, 0, 0, 0, row[UNKNOWN]])
            for column in (CALLS, MACS, READ, WRITTEN, ELEMENTS):
                kept[column] += row[column]
        return out

    def _in_backward(self) -> tuple[str, Place]:
        # gradients are enabled inside a backward pass only while a checkpoint recomputes its forward
        if _grad_enabled():
            place = self.stack[-1]
            if self.trace:
                self.makers[_sequence() - 1] = place
            return RECOMPUTE, place
        node = _node() if self.trace else None
        maker = None if node is None else self.makers.get(node._sequence_nr())
        return BACKWARD, maker or self.stack[-1]


def _elements(out: Any) -> int:
    tensors = out if isinstance(out, (list, tuple)) else (out,)
    return sum(tensor.numel() for tensor in tensors if isinstance(tensor, Tensor))


def _on_meta(args: Sequence[Any]) -> bool:
    return any(isinstance(value, Tensor) and value.is_meta for value in args)


def _shape(nested: Tensor) -> tuple[int, ...]:
    """Of a nested tensor, whose rows differ: (rows, elements)."""
    return nested.size(0), nested.numel()
