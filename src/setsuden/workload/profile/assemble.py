"""From rows to a Profile, for every kind of target; needs nothing but the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from setsuden.workload.profile.result import Profile
from setsuden.workload.profile.tree import Node, OperatorRow, OperatorTotal, UnknownOperator

FORWARD, LOSS, RECOMPUTE, BACKWARD, UPDATE = "forward", "loss", "recompute", "backward", "update"
TRAINING = (FORWARD, RECOMPUTE, BACKWARD)


def node_of(
    path: str,
    name: str,
    kind: str,
    own_parameters: int,
    saved: int,
    rows: Sequence[OperatorRow],
    children: Sequence[Node],
) -> Node:
    """A node whose sums include its children."""
    forward = [row for row in rows if row.phase == FORWARD]
    return Node(
        path=path,
        name=name,
        kind=kind,
        parameters=own_parameters + sum(child.parameters for child in children),
        macs=sum(row.macs for row in forward) + sum(child.macs for child in children),
        training_macs=sum(row.macs for row in rows if row.phase in TRAINING)
        + sum(child.training_macs for child in children),
        bytes_read=sum(row.bytes_read for row in forward) + sum(child.bytes_read for child in children),
        bytes_written=sum(row.bytes_written for row in forward) + sum(child.bytes_written for child in children),
        activation_elements=sum(row.elements for row in forward if row.macs)
        + sum(child.activation_elements for child in children),
        saved_for_backward_bytes=saved + sum(child.saved_for_backward_bytes for child in children),
        rows=tuple(rows),
        children=tuple(children),
    )


def by_scope(name: str, kind: str, rows: Mapping[str, Sequence[OperatorRow]]) -> Node:
    """A tree from rows under slash-separated scopes such as ``encoder/layer.0``; equal rows are added up."""

    def grow(prefix: str, own_name: str) -> Node:
        below: dict[str, None] = {}
        for scope in rows:
            inside = scope.removeprefix(prefix + "/") if prefix else scope
            if inside and scope != prefix and (not prefix or scope.startswith(prefix + "/")):
                below[inside.split("/")[0]] = None
        children = [grow(f"{prefix}/{child}" if prefix else child, child) for child in below]
        return node_of(prefix.replace("/", "."), own_name, kind, 0, 0, merged(rows.get(prefix, ())), children)

    return grow("", name)


def merged(rows: Iterable[OperatorRow]) -> list[OperatorRow]:
    """Rows of the same operator, phase and shapes added up, in order of first appearance."""
    groups: dict[tuple[object, ...], list[OperatorRow]] = {}
    for row in rows:
        groups.setdefault((row.operator, row.phase, row.shapes, row.unknown), []).append(row)
    return [
        OperatorRow(
            group[0].operator,
            group[0].phase,
            group[0].shapes,
            sum(row.calls for row in group),
            sum(row.macs for row in group),
            sum(row.bytes_read for row in group),
            sum(row.bytes_written for row in group),
            sum(row.elements for row in group),
            group[0].unknown,
        )
        for group in groups.values()
    ]


def assembled(
    tree: Node,
    *,
    name: str,
    batch_size: int,
    device: str,
    parameters: int = 0,
    trainable_parameters: int | None = None,
    parameter_bytes: int = 0,
    buffers: int = 0,
    buffer_bytes: int = 0,
    input_bytes: int = 0,
    output_bytes: int = 0,
    peak_bytes: int | None = None,
    trained: bool = False,
    optimizer_bytes: int | None = None,
    notes: tuple[str, ...] = (),
    input_shapes: Iterable[Sequence[int]] = (),
    output_shapes: Iterable[Sequence[int]] = (),
) -> Profile:
    """The Profile of a tree.

    trainable_parameters   all of them unless given
    trained                a training step was run; backward rows alone also count as training
    """
    rows = [row for _, node in tree.walk() for row in node.rows]
    forward = [row for row in rows if row.phase == FORWARD]
    training = [row for row in rows if row.phase in TRAINING]
    worked = trained or any(row.phase == BACKWARD for row in rows)
    activations = [row for row in forward if row.macs]
    updated = sum(row.elements for row in rows if row.phase == UPDATE)
    return Profile(
        name=name,
        batch_size=batch_size,
        device=device,
        parameters=parameters,
        trainable_parameters=parameters if trainable_parameters is None else trainable_parameters,
        parameter_bytes=parameter_bytes,
        input_bytes=input_bytes,
        output_bytes=output_bytes,
        buffers=buffers,
        buffer_bytes=buffer_bytes,
        macs=tree.macs,
        training_macs=tree.training_macs if worked else None,
        activation_elements=sum(row.elements for row in activations),
        activation_bytes=sum(row.bytes_written for row in activations),
        saved_for_backward_bytes=tree.saved_for_backward_bytes if trained else None,
        optimizer_bytes=optimizer_bytes,
        bytes_read=tree.bytes_read,
        bytes_written=tree.bytes_written,
        training_bytes_read=sum(row.bytes_read for row in training) if worked else None,
        training_bytes_written=sum(row.bytes_written for row in training) if worked else None,
        peak_bytes=peak_bytes,
        elementwise_elements=sum(row.elements for row in forward if not row.macs),
        update_elements=updated if optimizer_bytes is not None else None,
        tree=tree,
        operators=_by_operator(rows),
        unknown_operators=_unknown(rows),
        notes=notes,
        input_shapes=tuple(tuple(shape) for shape in input_shapes),
        output_shapes=tuple(tuple(shape) for shape in output_shapes),
    )


def _by_operator(rows: list[OperatorRow]) -> tuple[OperatorTotal, ...]:
    sums: dict[str, list[int]] = {}
    unknown: set[str] = set()
    for row in rows:
        figures = sums.setdefault(row.operator, [0] * 6)
        figures[0] += row.calls
        figures[1] += row.macs if row.phase == FORWARD else 0
        figures[2] += row.macs
        figures[3] += row.bytes_read
        figures[4] += row.bytes_written
        figures[5] += row.elements
        if row.unknown:
            unknown.add(row.operator)
    totals = [OperatorTotal(name, c[0], c[1], c[2], c[3], c[4], c[5], name in unknown) for name, c in sums.items()]
    return tuple(sorted(totals, key=lambda total: (-total.training_macs, -total.bytes_written, total.operator)))


def _unknown(rows: list[OperatorRow]) -> tuple[UnknownOperator, ...]:
    everything = sum(row.elements for row in rows)
    sums: dict[str, list[int]] = {}
    for row in rows:
        if row.unknown:
            figures = sums.setdefault(row.operator, [0, 0])
            figures[0] += row.calls
            figures[1] += row.elements
    found = [
        UnknownOperator(name, calls, elements, elements / everything if elements else None)
        for name, (calls, elements) in sums.items()
    ]
    return tuple(sorted(found, key=lambda operator: (-operator.elements, operator.operator)))
