"""An ONNX file as work that can be profiled: free sizes are filled in, the graph is walked, a Profile comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.workload.profile.assemble import assembled, by_scope
from setsuden.workload.profile.errors import UnknownOperatorError
from setsuden.workload.profile.result import Profile
from setsuden.workload.profile.targets.onnx.model import TYPES, Model, read
from setsuden.workload.profile.targets.onnx.values import Value
from setsuden.workload.profile.targets.onnx.walk import Walk, weights

_NOTE = "an ONNX file does not say which parameters are trained: all stored weights are taken as trainable"


@dataclass(slots=True)
class OnnxWork:
    """A file with the sizes of its inputs."""

    name: str
    model: Model
    inputs: dict[str, Value]
    batch_size: int

    @classmethod
    def of(cls, path: str, input_shape: Sequence[int] | None, batch_size: int | None) -> OnnxWork:
        """Read ``path``; free sizes come from ``batch_size`` (first axis) and ``input_shape`` (of the first input)."""
        model = read(path)
        inputs, batch = _inputs(path, model, tuple(input_shape) if input_shape else None, batch_size)
        return cls(Path(path).name, model, inputs, batch)

    def profile(
        self, *, train: bool, loss: Callable[[Any], Any] | None, optimizer: Any, device: str, strict: bool
    ) -> Profile:
        """Walk the graph; inference only, ``device`` does not matter."""
        if train:
            raise InputError(
                "an ONNX file holds inference only", place=self.name, remedy="Profile the model it came from to train."
            )
        walk = Walk(self.model)
        values: dict[str, Value | None] = dict(self.inputs)
        walk.graph(self.model.graph, values)
        stored = weights(self.model.graph)
        tree = by_scope(self.name, "onnx", walk.rows)
        if strict:
            for rows in walk.rows.values():
                for row in rows:
                    if row.unknown:
                        raise UnknownOperatorError(row.operator)
        parameters = sum(prod(tensor.dims) for tensor in stored)
        parameter_bytes = sum(int(prod(t.dims) * TYPES.get(t.kind, ("", 4, None))[1]) for t in stored)
        outputs = [values.get(name) for name in self.model.graph.outputs]
        input_bytes = sum(value.nbytes for value in self.inputs.values())
        return assembled(
            tree,
            name=self.name,
            batch_size=self.batch_size,
            device="onnx",
            parameters=parameters,
            parameter_bytes=parameter_bytes,
            input_bytes=input_bytes,
            output_bytes=sum(value.nbytes for value in outputs if value is not None),
            peak_bytes=parameter_bytes + input_bytes + walk.peak,
            notes=(_NOTE, *walk.notes),
            input_shapes=[value.shape for value in self.inputs.values()],
            output_shapes=[value.shape for value in outputs if value is not None],
        )


def _inputs(
    path: str, model: Model, wanted: tuple[int, ...] | None, batch_size: int | None
) -> tuple[dict[str, Value], int]:
    graph = model.graph
    free = {name: entry for name, entry in graph.inputs.items() if name not in graph.stored}
    if not free:
        raise InputError("has no inputs", place=path)
    bound: dict[str, int] = {}
    main = next(iter(free))
    kind, shape = free[main]
    first = shape[0] if shape else 1
    batch = first if isinstance(first, int) and first > 0 else (batch_size or 1)
    if isinstance(first, str):
        bound[first] = batch
    if isinstance(first, int) and first > 0 and batch_size not in (None, 1, first):
        raise InputError(
            f"is made for batches of {first}", place=path, value=batch_size, remedy="Export it with a free batch size."
        )
    if wanted is not None:
        if len(wanted) != len(shape) - 1:
            raise InputError(
                f"its input {main} has {len(shape) - 1} sizes after the batch",
                place="input_shape",
                value="x".join(map(str, wanted)),
            )
        for size, given in zip(shape[1:], wanted, strict=True):
            if isinstance(size, int) and size > 0 and size != given:
                raise InputError(
                    f"its input {main} is fixed to {'x'.join(map(str, shape[1:]))}",
                    place="input_shape",
                    value="x".join(map(str, wanted)),
                )
            if isinstance(size, str):
                bound[size] = given
        shape = (first, *wanted)
        free[main] = (kind, shape)
    values = {}
    for name, (kind, sizes) in free.items():
        values[name] = Value(tuple(_size(path, name, axis, s, bound, batch) for axis, s in enumerate(sizes)), kind)
    return values, batch


def _size(path: str, name: str, axis: int, size: int | str | None, bound: dict[str, int], batch: int) -> int:
    if isinstance(size, int) and size > 0:
        return size
    if isinstance(size, str) and size in bound:
        return bound[size]
    if axis == 0:
        return batch
    raise InputError(
        f"the size of axis {axis} of input {name} is free",
        place=path,
        value=size,
        remedy="Say it with --input-shape (input_shape=), one sample without the batch.",
    )
