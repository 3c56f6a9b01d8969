"""Walks an ONNX graph in order: shapes, counts, traffic and the most that lives at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from setsuden.workload.profile.targets.onnx.macs import COUNTS, PACKED_ATTENTION
from setsuden.workload.profile.targets.onnx.model import Graph, Model, Node, Stored
from setsuden.workload.profile.targets.onnx.shapes import RULES, folded
from setsuden.workload.profile.targets.onnx.values import UnknownValueError, Value, content
from setsuden.workload.profile.tree import OperatorRow

_SHAPING = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Shape", "Size"})
_VIEWS = _SHAPING | {"Constant", "ConstantOfShape", "Range"}


@dataclass(slots=True)
class Walk:
    """Rows by scope (the path in a node's name), and the peak of live bytes beside the weights."""

    model: Model
    rows: dict[str, list[OperatorRow]] = field(default_factory=dict)
    live: int = 0
    peak: int = 0
    notes: list[str] = field(default_factory=list)

    def graph(self, graph: Graph, values: dict[str, Value | None], repeat: int = 1) -> None:
        """Walk one graph; ``values`` holds inputs and what outer graphs know, and receives everything computed."""
        for stored in graph.stored.values():
            values[stored.name] = Value(stored.dims, stored.kind, stored.data)
        self._nodes(graph.nodes, values, repeat, set(graph.outputs), graph)

    def _nodes(
        self, nodes: Sequence[Node], values: dict[str, Value | None], repeat: int, kept: set[str], graph: Graph | None
    ) -> None:
        last = {name: place for place, node in enumerate(nodes) for name in node.inputs}
        owned: dict[str, int] = {}
        for place, node in enumerate(nodes):
            outs = self._run(node, values, repeat, graph)
            for name, value in zip(node.outputs, outs, strict=False):
                values[name] = value
                if value is not None and value.data is None and node.op not in _VIEWS:
                    owned[name] = value.nbytes
                    self.live += value.nbytes
            self.peak = max(self.peak, self.live)
            for name in {*node.inputs, *node.outputs}:
                if name in owned and last.get(name, -1) <= place and name not in kept:
                    self.live -= owned.pop(name)
        self.live -= sum(size for name, size in owned.items() if name not in kept)

    def _run(self, node: Node, values: dict[str, Value | None], repeat: int, graph: Graph | None) -> list[Value | None]:
        ins = [values.get(name) if name else None for name in node.inputs]
        while ins and ins[-1] is None and not node.inputs[len(ins) - 1]:
            ins.pop()
        if node.op in ("If", "Loop", "Scan"):
            return self._control(node, ins, values, repeat)
        function = self.model.functions.get((node.domain, node.op))
        if function is not None:
            return self._call(function, ins, repeat)
        small = folded(node, ins)
        if small is not None:
            return list(small)
        outs = self._shapes(node, ins)
        if outs is None:
            # a shape that hangs on data (NonZero, a computed size): the file's own declaration is the way out
            outs = self._declared(node, graph)
        if outs is None:
            self._book(node, ins, [], 0, repeat, unknown=True)
            return [None] * len(node.outputs)
        if all(value.data is not None for value in outs) and node.op != "Constant":
            return list(outs)
        unknown = node.op not in RULES and node.op not in COUNTS
        macs = 0
        count = PACKED_ATTENTION if _packed(node) else COUNTS.get(node.op)
        if count is not None:
            try:
                macs = count(node, ins, outs) * repeat
            except (AttributeError, IndexError, KeyError, TypeError):
                unknown = True  # an operand whose shape is not known
        self._book(node, ins, outs, macs, repeat, unknown=unknown)
        return list(outs)

    def _shapes(self, node: Node, ins: list[Any]) -> list[Value] | None:
        rule = RULES.get("QAttention" if _packed(node) else node.op)
        try:
            return None if rule is None else rule(node, ins, self.model.opset)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, UnknownValueError):
            return None  # an input whose shape or content is not known

    def _declared(self, node: Node, graph: Graph | None) -> list[Value] | None:
        found: list[Value] = []
        for name in node.outputs:
            kind, shape = graph.declared.get(name, (0, (None,))) if graph is not None else (0, (None,))
            sizes = [size for size in shape if isinstance(size, int)]
            if len(sizes) != len(shape):
                return None
            found.append(Value(tuple(sizes), kind))
        return found

    def _control(self, node: Node, ins: list[Any], values: dict[str, Value | None], repeat: int) -> list[Value | None]:
        if node.op == "If":
            return self._branch(node, ins, values, repeat)
        body: Graph = node.attributes["body"]
        if node.op == "Loop":
            try:
                trips = int(content(ins[0]).ravel()[0])
            except UnknownValueError:
                trips = 1
                self._note(f"{node.name or 'Loop'}: the number of rounds depends on data; one round is counted")
            carried: list[Value | None] = [Value((), 7), Value((), 9), *ins[2:]]
            states = len(ins) - 2
        else:
            scans = int(node.attributes["num_scan_inputs"])
            states = len(ins) - scans
            trips = int(ins[states].shape[0]) if ins[states] is not None else 1
            carried = [*ins[:states], *(v.like(v.shape[1:]) if v is not None else None for v in ins[states:])]
        inner = dict(values)
        inner.update(zip(body.inputs, carried, strict=False))
        self.graph(body, inner, repeat * trips)
        outs = [inner.get(name) for name in body.outputs]
        outs = outs[1:] if node.op == "Loop" else outs
        return [*outs[:states], *(v.like((trips, *v.shape)) if v is not None else None for v in outs[states:])]

    def _branch(self, node: Node, ins: list[Any], values: dict[str, Value | None], repeat: int) -> list[Value | None]:
        branches = [node.attributes["then_branch"], node.attributes["else_branch"]]
        if ins[0] is not None and ins[0].data is not None:
            branches = branches[:1] if bool(ins[0].data.ravel()[0]) else branches[1:]
        else:
            self._note(f"{node.name or 'If'}: the branch depends on data; the costlier one is counted")
        tries: list[tuple[int, Walk, list[Value | None]]] = []
        for branch in branches:
            walk, inner = Walk(self.model, live=self.live, peak=self.peak), dict(values)
            walk.graph(branch, inner, repeat)
            macs = sum(row.macs for rows in walk.rows.values() for row in rows)
            tries.append((macs, walk, [inner.get(name) for name in branch.outputs]))
        _, best, outs = max(tries, key=lambda entry: entry[0])
        for scope, rows in best.rows.items():
            self.rows.setdefault(scope, []).extend(rows)
        self.peak = max(self.peak, best.peak)
        self.notes += best.notes
        return outs

    def _call(
        self, function: tuple[list[str], list[str], list[Node]], ins: list[Any], repeat: int
    ) -> list[Value | None]:
        inputs, outputs, nodes = function
        inner: dict[str, Value | None] = dict(zip(inputs, ins, strict=False))
        self._nodes(nodes, inner, repeat, set(outputs), None)
        return [inner.get(name) for name in outputs]

    def _book(
        self, node: Node, ins: list[Any], outs: Sequence[Value], macs: int, repeat: int, *, unknown: bool
    ) -> None:
        if node.op in _VIEWS:
            return
        tensors = [value for value in ins if value is not None]
        written = sum(value.nbytes for value in outs)
        read = sum(value.nbytes for value in tensors)
        if node.op in ("Gather", "GatherElements", "GatherND", "EmbedLayerNormalization"):
            read = written + (tensors[1].nbytes if len(tensors) > 1 else 0)
        row = OperatorRow(
            f"onnx::{node.op}",
            "forward",
            tuple(value.shape for value in tensors),
            repeat,
            macs,
            read * repeat,
            written * repeat,
            sum(value.elements for value in outs) * repeat,
            unknown,
        )
        scope = "/".join(part for part in node.name.split("/")[:-1] if part)
        self.rows.setdefault(scope, []).append(row)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _packed(node: Node) -> bool:
    return node.op == "Attention" and node.domain == "com.microsoft"


def weights(graph: Graph, nested: bool = True) -> list[Stored]:
    """Stored tensors that are weights: floating point or quantised; numbers that steer shapes are not."""
    found = [stored for stored in graph.stored.values() if stored.kind not in (6, 7, 8, 9, 12, 13)]
    for node in graph.nodes:
        for value in node.attributes.values():
            if isinstance(value, Graph) and nested:
                found += weights(value)
            elif isinstance(value, Stored) and node.op == "Constant" and value.dims and value.kind not in (6, 7, 8, 9):
                found.append(value)
    return found
