"""An ONNX file as plain data: graph, nodes, attributes; weights stay on disk.

Field numbers from onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (Apache-2.0).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.workload.profile.targets.onnx.wire import WireError, fields, floats, numbers, signed, text, view

# element type -> (name, bytes per element, NumPy type where it has one)
TYPES: dict[int, tuple[str, float, str | None]] = {
    1: ("float", 4, "<f4"),
    2: ("uint8", 1, "u1"),
    3: ("int8", 1, "i1"),
    4: ("uint16", 2, "<u2"),
    5: ("int16", 2, "<i2"),
    6: ("int32", 4, "<i4"),
    7: ("int64", 8, "<i8"),
    8: ("string", 16, None),
    9: ("bool", 1, "?"),
    10: ("float16", 2, "<f2"),
    11: ("double", 8, "<f8"),
    12: ("uint32", 4, "<u4"),
    13: ("uint64", 8, "<u8"),
    14: ("complex64", 8, "<c8"),
    15: ("complex128", 16, "<c16"),
    16: ("bfloat16", 2, None),
    17: ("float8e4m3fn", 1, None),
    18: ("float8e4m3fnuz", 1, None),
    19: ("float8e5m2", 1, None),
    20: ("float8e5m2fnuz", 1, None),
    21: ("uint4", 0.5, None),
    22: ("int4", 0.5, None),
    23: ("float4e2m1", 0.5, None),
}
SMALL = 65_536  # elements above which values are not followed, only shapes


@dataclass(slots=True)
class Stored:
    """A tensor in the file: ``data`` only where it is small and can matter for shapes."""

    name: str
    dims: tuple[int, ...]
    kind: int
    data: NDArray[Any] | None


@dataclass(slots=True)
class Node:
    """One operator call."""

    op: str
    name: str
    domain: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]


@dataclass(slots=True)
class Graph:
    """Nodes in order; ``inputs`` and ``declared`` give element type and shape, sizes as int, name or None."""

    nodes: list[Node] = field(default_factory=list)
    stored: dict[str, Stored] = field(default_factory=dict)
    inputs: dict[str, tuple[int, tuple[int | str | None, ...]]] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    declared: dict[str, tuple[int, tuple[int | str | None, ...]]] = field(default_factory=dict)


@dataclass(slots=True)
class Model:
    """A graph and the functions it may call, by (domain, name)."""

    graph: Graph
    functions: dict[tuple[str, str], tuple[list[str], list[str], list[Node]]]
    opset: int


def read(path: str) -> Model:
    """Read a file; InputError when it is missing or is no ONNX model."""
    try:
        with Path(path).open("rb") as file:
            # the map closes itself when its last view is gone; closing it here could meet views of a failed parse
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return _model(memoryview(mapped), path)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=path, remedy="Give an existing file.") from error
    except (WireError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"is no ONNX model: {error}", place=path, remedy="Give a complete .onnx file.") from error


def _model(message: memoryview, path: str) -> Model:
    graph: Graph | None = None
    functions: dict[tuple[str, str], tuple[list[str], list[str], list[Node]]] = {}
    opset = 0
    for number, _, value in fields(message):
        if number == 7:
            graph = _graph(view(value))
        elif number == 8:
            domain, version = "", 0
            for inner, _, entry in fields(view(value)):
                if inner == 1:
                    domain = text(entry)
                elif inner == 2:
                    version = signed(entry)
            opset = version if domain in ("", "ai.onnx") else opset
        elif number == 25:
            key, body = _function(view(value))
            functions[key] = body
    if graph is None or not graph.nodes:
        raise InputError("holds no graph", place=path, remedy="Give a complete .onnx file.")
    return Model(graph, functions, opset)


def _graph(message: memoryview) -> Graph:
    graph = Graph()
    for number, _, value in fields(message):
        if number == 1:
            graph.nodes.append(_node(view(value)))
        elif number == 5:
            stored = _tensor(view(value))
            graph.stored[stored.name] = stored
        elif number == 11:
            name, kind, shape = _value_info(view(value))
            graph.inputs[name] = (kind, shape)
        elif number == 12:
            graph.outputs.append(_value_info(view(value))[0])
        elif number == 13:
            name, kind, shape = _value_info(view(value))
            graph.declared[name] = (kind, shape)
    return graph


def _function(message: memoryview) -> tuple[tuple[str, str], tuple[list[str], list[str], list[Node]]]:
    name = domain = ""
    inputs: list[str] = []
    outputs: list[str] = []
    nodes: list[Node] = []
    for number, _, value in fields(message):
        if number == 1:
            name = text(value)
        elif number == 4:
            inputs.append(text(value))
        elif number == 5:
            outputs.append(text(value))
        elif number == 7:
            nodes.append(_node(view(value)))
        elif number == 10:
            domain = text(value)
    return (domain, name), (inputs, outputs, nodes)


def _node(message: memoryview) -> Node:
    node = Node("", "", "", [], [], {})
    for number, _, value in fields(message):
        if number == 1:
            node.inputs.append(text(value))
        elif number == 2:
            node.outputs.append(text(value))
        elif number == 3:
            node.name = text(value)
        elif number == 4:
            node.op = text(value)
        elif number == 5:
            name, content = _attribute(view(value))
            node.attributes[name] = content
        elif number == 7:
            node.domain = text(value)
    return node


def _attribute(message: memoryview) -> tuple[str, Any]:
    name = ""
    content: Any = None
    many: list[Any] = []
    for number, kind, value in fields(message):
        if number == 1:
            name = text(value)
        elif number == 2:
            content = floats(kind, value)[0]
        elif number == 3:
            content = signed(value)
        elif number == 4:
            content = text(value)
        elif number == 5:
            content = _tensor(view(value))
        elif number == 6:
            content = _graph(view(value))
        elif number == 7:
            many += floats(kind, value)
        elif number == 8:
            many += numbers(kind, value)
        elif number == 9:
            many.append(text(value))
    return name, many if content is None else content


def _tensor(message: memoryview) -> Stored:
    name, kind = "", 0
    dims: list[int] = []
    raw: memoryview | None = None
    typed: list[float] | list[int] = []
    parts = list(fields(message))
    for number, wire, value in parts:
        if number == 1:
            dims += numbers(wire, value)
        elif number == 2:
            kind = signed(value)
        elif number == 8:
            name = text(value)
        elif number == 9:
            raw = view(value)
    data = None
    numpy_type = TYPES.get(kind, ("", 0, None))[2]
    if prod(dims) <= SMALL and numpy_type is not None:
        if raw is not None:
            data = np.frombuffer(bytes(raw), numpy_type)
        else:
            for number, wire, value in parts:
                if number == 4:
                    typed = [*typed, *floats(wire, value)]
                elif number in (5, 7, 11):
                    typed = [*typed, *numbers(wire, value)]
            data = np.array(typed, numpy_type) if len(typed) == prod(dims) else None
        data = data.reshape(dims) if data is not None and data.size == prod(dims) else None
    return Stored(name, tuple(dims), kind, data)


def _value_info(message: memoryview) -> tuple[str, int, tuple[int | str | None, ...]]:
    name, kind = "", 0
    shape: tuple[int | str | None, ...] = ()
    for number, _, value in fields(message):
        if number == 1:
            name = text(value)
        elif number == 2:
            for inner, _, entry in fields(view(value)):
                if inner == 1:
                    for part, _, piece in fields(view(entry)):
                        if part == 1:
                            kind = signed(piece)
                        elif part == 2:
                            shape = tuple(_dimensions(view(piece)))
    return name, kind, shape


def _dimensions(message: memoryview) -> Iterator[int | str | None]:
    for number, _, value in fields(message):
        if number == 1:
            size: int | str | None = None
            for inner, _, entry in fields(view(value)):
                if inner == 1:
                    size = signed(entry)
                elif inner == 2:
                    size = text(entry)
            yield size
