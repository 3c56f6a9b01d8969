"""Output shapes of ONNX operators that rearrange arrays; small contents are followed too."""

from __future__ import annotations

from math import ceil, floor, prod
from typing import Any

import numpy as np

from setsuden.workload.profile.targets.onnx.model import Node
from setsuden.workload.profile.targets.onnx.values import (
    FLOAT,
    INT64,
    Value,
    content,
    integers,
    known,
)


def reshape(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """The shape asked for: 0 keeps a size, -1 takes the rest."""
    wanted = integers(ins[1]) if len(ins) > 1 else node.attributes["shape"]
    shape = list(wanted)
    if not node.attributes.get("allowzero"):
        shape = [ins[0].shape[axis] if size == 0 else size for axis, size in enumerate(shape)]
    if -1 in shape:
        rest = prod(size for size in shape if size != -1)
        shape[shape.index(-1)] = ins[0].elements // rest if rest else 0
    return [_kept(ins[0], tuple(shape))]


def _kept(value: Value, shape: tuple[int, ...]) -> Value:
    data = value.data.reshape(shape) if value.data is not None else None
    return Value(shape, value.kind, data)


def flatten(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Two axes."""
    axis = node.attributes.get("axis", 1) % (len(ins[0].shape) + 1)
    return [_kept(ins[0], (prod(ins[0].shape[:axis]), prod(ins[0].shape[axis:])))]


def transpose(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Axes in another order."""
    order = node.attributes.get("perm") or list(range(len(ins[0].shape)))[::-1]
    if ins[0].data is not None:
        return [known(ins[0].data.transpose(order))]
    return [ins[0].like(tuple(ins[0].shape[axis] for axis in order))]


def _axes(node: Node, ins: list[Any], place: int = 1) -> list[int] | None:
    if len(ins) > place and ins[place] is not None:
        return integers(ins[place])
    found = node.attributes.get("axes")
    return list(found) if found is not None else None


def squeeze(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Without axes of length one."""
    rank, axes = len(ins[0].shape), _axes(node, ins)
    gone = {axis % rank for axis in axes} if axes else {a for a, size in enumerate(ins[0].shape) if size == 1}
    return [_kept(ins[0], tuple(size for axis, size in enumerate(ins[0].shape) if axis not in gone))]


def unsqueeze(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """With new axes of length one."""
    axes = _axes(node, ins) or []
    rank = len(ins[0].shape) + len(axes)
    new = {axis % rank for axis in axes}
    old = iter(ins[0].shape)
    return [_kept(ins[0], tuple(1 if axis in new else next(old) for axis in range(rank)))]


def concat(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """One axis added up."""
    axis = node.attributes["axis"] % max(1, len(ins[0].shape))
    if all(value.data is not None for value in ins):
        return [known(np.concatenate([value.data for value in ins], axis))]
    shape = list(ins[0].shape)
    shape[axis] = sum(value.shape[axis] for value in ins)
    return [ins[0].like(tuple(shape))]


def split(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """One axis in parts."""
    axis = node.attributes.get("axis", 0) % len(ins[0].shape)
    size, parts = ins[0].shape[axis], len(node.outputs)
    given = integers(ins[1]) if len(ins) > 1 and ins[1] is not None else node.attributes.get("split")
    each = ceil(size / parts)
    sizes = given or [min(each, size - each * part) for part in range(parts)]
    if ins[0].data is not None:
        return [known(part) for part in np.split(ins[0].data, np.cumsum(sizes)[:-1], axis)]
    return [ins[0].like((*ins[0].shape[:axis], part, *ins[0].shape[axis + 1 :])) for part in sizes]


def sliced(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """A stretch of some axes."""
    if len(ins) > 1:
        starts, ends = integers(ins[1]), integers(ins[2])
        axes = _axes(node, ins, 3) or list(range(len(starts)))
        steps = integers(ins[4]) if len(ins) > 4 and ins[4] is not None else [1] * len(starts)
    else:
        starts, ends = node.attributes["starts"], node.attributes["ends"]
        axes, steps = node.attributes.get("axes") or list(range(len(starts))), [1] * len(starts)
    cut = [slice(None)] * len(ins[0].shape)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        # the smallest int64 as the end of a backward slice means: through the first element
        through = step < 0 and end < -ins[0].shape[axis]
        cut[axis] = slice(start, None if through else end, step)
    if ins[0].data is not None:
        return [known(ins[0].data[tuple(cut)])]
    sizes = [len(range(*piece.indices(size))) for piece, size in zip(cut, ins[0].shape, strict=True)]
    return [ins[0].like(tuple(sizes))]


def gather(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Indices in place of one axis."""
    axis = node.attributes.get("axis", 0) % len(ins[0].shape)
    if ins[0].data is not None and ins[1].data is not None:
        return [known(np.take(ins[0].data, ins[1].data.astype(np.int64), axis))]
    return [ins[0].like((*ins[0].shape[:axis], *ins[1].shape, *ins[0].shape[axis + 1 :]))]


def gather_nd(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Indices in place of the first axes."""
    batched, index = node.attributes.get("batch_dims", 0), ins[1].shape
    return [ins[0].like((*index[:-1], *ins[0].shape[batched + index[-1] :]))]


def expand(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Broadcast to a shape."""
    shape = np.broadcast_shapes(ins[0].shape, tuple(integers(ins[1])))
    if ins[0].data is not None and prod(shape) <= 65_536:
        return [known(np.broadcast_to(ins[0].data, shape))]
    return [ins[0].like(shape)]


def tile(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Repeated along axes."""
    repeats = integers(ins[1])
    if ins[0].data is not None and ins[0].elements * prod(repeats) <= 65_536:
        return [known(np.tile(ins[0].data, repeats))]
    return [ins[0].like(tuple(a * b for a, b in zip(ins[0].shape, repeats, strict=True)))]


def shape_of(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """The shape as a known content."""
    cut = slice(node.attributes.get("start", 0), node.attributes.get("end"))
    return [known(np.array(ins[0].shape[cut], np.int64))]


def size(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """The number of elements as a known content."""
    return [known(np.array(ins[0].elements, np.int64))]


def filled(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """One number everywhere."""
    shape = tuple(integers(ins[0]))
    stored = node.attributes.get("value")
    fill = stored.data.ravel()[0] if stored is not None and stored.data is not None else np.float32(0)
    if prod(shape) <= 65_536:
        return [known(np.full(shape, fill))]
    return [Value(shape, stored.kind if stored is not None else FLOAT)]


def constant(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """What the attribute holds."""
    attributes = node.attributes
    stored = attributes.get("value")
    if stored is not None:
        return [Value(stored.dims, stored.kind, stored.data)]
    for name, kind in (("value_int", np.int64), ("value_float", np.float32), ("value_ints", np.int64)):
        if name in attributes:
            return [known(np.array(attributes[name], kind))]
    return [known(np.array(attributes.get("value_floats", []), np.float32))]


def ranged(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Numbers in steps."""
    start, stop, step = (content(value).ravel()[0] for value in ins)
    return [known(np.arange(start, stop, step).astype(content(ins[0]).dtype))]


def cast(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Another type."""
    from setsuden.workload.profile.targets.onnx.model import TYPES

    kind = node.attributes.get("to", FLOAT) if node.op == "Cast" else ins[1].kind
    numpy_type = TYPES.get(kind, ("", 0, None))[2]
    data = ins[0].data.astype(numpy_type) if ins[0].data is not None and numpy_type is not None else None
    return [Value(ins[0].shape, kind, data)]


def pad(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Longer axes."""
    pads = integers(ins[1]) if len(ins) > 1 else node.attributes["pads"]
    rank = len(ins[0].shape)
    axes = _axes(node, ins, 3) or list(range(rank))
    shape = list(ins[0].shape)
    for place, axis in enumerate(axes):
        shape[axis] += pads[place] + pads[place + len(axes)]
    return [ins[0].like(tuple(shape))]


def resize(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Axes scaled or given."""
    shape = list(ins[0].shape)
    axes = node.attributes.get("axes") or list(range(len(shape)))
    if node.op == "Resize" and len(ins) > 3 and ins[3] is not None:
        new = integers(ins[3])
    else:
        place = 1 if node.op == "Upsample" or len(ins) == 2 else 2
        scales = content(ins[place]) if len(ins) > place else np.array(node.attributes["scales"])
        new = [floor(shape[axis] * float(scale)) for axis, scale in zip(axes, scales.ravel(), strict=True)]
    for axis, size in zip(axes, new, strict=True):
        shape[axis] = size
    return [ins[0].like(tuple(shape))]


def reduced(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Without the reduced axes, or with length one."""
    rank = len(ins[0].shape)
    if node.op in ("ArgMax", "ArgMin"):
        axes: list[int] | None = [node.attributes.get("axis", 0)]
    else:
        axes = _axes(node, ins)
        if not axes and node.attributes.get("noop_with_empty_axes"):
            return [ins[0]]
    gone = {axis % rank for axis in axes} if axes else set(range(rank))
    keep = node.attributes.get("keepdims", 1)
    shape = tuple(1 if a in gone else size for a, size in enumerate(ins[0].shape) if keep or a not in gone)
    if ins[0].data is not None and node.op in _NUMPY_REDUCTIONS:
        return [known(_NUMPY_REDUCTIONS[node.op](ins[0].data, axis=tuple(gone)).reshape(shape))]
    return [Value(shape, INT64 if node.op in ("ArgMax", "ArgMin") else ins[0].kind)]


_NUMPY_REDUCTIONS: dict[str, Any] = {
    "ReduceProd": np.prod,
    "ReduceSum": np.sum,
    "ReduceMax": np.max,
    "ReduceMin": np.min,
}


def top(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """One axis cut to k."""
    k = integers(ins[1])[0] if len(ins) > 1 else node.attributes["k"]
    axis = node.attributes.get("axis", -1) % len(ins[0].shape)
    shape = (*ins[0].shape[:axis], k, *ins[0].shape[axis + 1 :])
    return [ins[0].like(shape), Value(shape, INT64)]


def depth_to_space(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """Channels for positions, or back."""
    n, c, h, w = ins[0].shape
    b = node.attributes["blocksize"]
    if node.op == "DepthToSpace":
        return [ins[0].like((n, c // b // b, h * b, w * b))]
    return [ins[0].like((n, c * b * b, h // b, w // b))]


def one_hot(node: Node, ins: list[Any], opset: int) -> list[Value]:
    """A new axis of the depth."""
    axis = node.attributes.get("axis", -1) % (len(ins[0].shape) + 1)
    depth = integers(ins[1])[0]
    return [ins[2].like((*ins[0].shape[:axis], depth, *ins[0].shape[axis:]))]
