"""Where the work of a profile lies: a tree by module, rows by operator and shape, and what could not be counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """One operator at one place, in one phase, with one set of input shapes; figures are sums over ``calls``.

    phase    forward, loss, recompute, backward or update
    unknown  True: nobody described it, its MACs are missing, not zero
    """

    operator: str
    phase: str
    shapes: tuple[tuple[int, ...], ...]
    calls: int
    macs: int
    bytes_read: int
    bytes_written: int
    elements: int
    unknown: bool = False

    @property
    def flops(self) -> int:
        """Floating-point operations of the contractions: two per MAC."""
        return 2 * self.macs

    def to_json(self) -> dict[str, Any]:
        """Plain data; MACs are null where unknown."""
        return {
            "operator": self.operator,
            "phase": self.phase,
            "shapes": [list(shape) for shape in self.shapes],
            "calls": self.calls,
            "macs": None if self.unknown else self.macs,
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "elements": self.elements,
        }


@dataclass(frozen=True, slots=True)
class OperatorTotal:
    """One operator over the whole run, all places, phases and shapes."""

    operator: str
    calls: int
    macs: int
    training_macs: int
    bytes_read: int
    bytes_written: int
    elements: int
    unknown: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data; MACs are null where unknown."""
        return {
            "operator": self.operator,
            "calls": self.calls,
            "macs": None if self.unknown else self.macs,
            "training_macs": None if self.unknown else self.training_macs,
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "elements": self.elements,
        }


@dataclass(frozen=True, slots=True)
class UnknownOperator:
    """An operator with tensor output and no formula.

    share   of all output elements that came from it, 0-1; None where not even its output shape is known
    """

    operator: str
    calls: int
    elements: int
    share: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"operator": self.operator, "calls": self.calls, "elements": self.elements, "share": self.share}


@dataclass(frozen=True, slots=True)
class Node:
    """One module with everything below it; ``rows`` are its own operators, ``children`` the modules inside it.

    macs, bytes_read, bytes_written   forward pass of the profiled batch, children included
    training_macs                     forward, recomputed and backward; equal to ``macs`` without training
    activation_elements               elements that contractions put out in the forward pass
    saved_for_backward_bytes          kept by autograd from forward to backward, each storage once
    """

    path: str
    name: str
    kind: str
    parameters: int
    macs: int
    training_macs: int
    bytes_read: int
    bytes_written: int
    activation_elements: int
    saved_for_backward_bytes: int
    rows: tuple[OperatorRow, ...] = ()
    children: tuple[Node, ...] = ()

    @property
    def flops(self) -> int:
        """Two per forward MAC."""
        return 2 * self.macs

    @property
    def arithmetic_intensity(self) -> float | None:
        """FLOPs per byte read or written in the forward pass; None where nothing moved."""
        moved = self.bytes_read + self.bytes_written
        return 2 * self.macs / moved if moved else None

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """This node and all below it, each with its depth, parents first."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    def find(self, path: str) -> Node:
        """The node of a module path such as ``layer1.0.conv1``; KeyError if there is none."""
        for _, node in self.walk():
            if node.path == path:
                return node
        raise KeyError(path)

    def to_json(self) -> dict[str, Any]:
        """Plain data, rows and children included."""
        return {
            "path": self.path,
            "name": self.name,
            "kind": self.kind,
            "parameters": self.parameters,
            "macs": self.macs,
            "training_macs": self.training_macs,
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "activation_elements": self.activation_elements,
            "saved_for_backward_bytes": self.saved_for_backward_bytes,
            "operators": [row.to_json() for row in self.rows],
            "children": [child.to_json() for child in self.children],
        }
