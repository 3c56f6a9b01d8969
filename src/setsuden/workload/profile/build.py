"""From what a run left behind to a Profile: sums up the tree, and names what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]

from setsuden.workload.profile.engine import (
    BACKWARD,
    CALLS,
    ELEMENTS,
    FORWARD,
    MACS,
    READ,
    RECOMPUTE,
    UPDATE,
    WRITTEN,
    Place,
)
from setsuden.workload.profile.engine import UNKNOWN as UNKNOWN_COLUMN
from setsuden.workload.profile.registry import rule_of
from setsuden.workload.profile.result import Node, OperatorRow, OperatorTotal, Profile, UnknownOperator
from setsuden.workload.profile.run import Recording

_TRAINING = (FORWARD, RECOMPUTE, BACKWARD)


def build(recording: Recording, *, name: str, batch_size: int, device: str, notes: tuple[str, ...] = ()) -> Profile:
    """The Profile of a recording; ``batch_size`` is the samples that were run."""
    node = _node(recording.root)
    rows = [row for _, place in node.walk() for row in place.rows]
    forward = [row for row in rows if row.phase == FORWARD]
    training = [row for row in rows if row.phase in _TRAINING]
    parameters, buffers = _own(recording.modules, "parameters"), _own(recording.modules, "buffers")
    parameter_bytes, buffer_bytes = _bytes(parameters), _bytes(buffers)
    if recording.assumed:
        notes = (*notes, "branches on data were decided without data: every all() taken as true, every any() as false")
    worked = recording.trained or any(row.phase == BACKWARD for row in rows)
    activations = [row for row in forward if row.macs]
    return Profile(
        name=name,
        batch_size=batch_size,
        device=device,
        parameters=sum(p.numel() for p in parameters),
        trainable_parameters=sum(p.numel() for p in parameters if p.requires_grad),
        parameter_bytes=parameter_bytes,
        input_bytes=recording.input_bytes,
        output_bytes=recording.output_bytes,
        buffers=sum(b.numel() for b in buffers),
        buffer_bytes=buffer_bytes,
        macs=sum(row.macs for row in forward),
        training_macs=sum(row.macs for row in training) if worked else None,
        activation_elements=sum(row.elements for row in activations),
        activation_bytes=sum(row.bytes_written for row in activations),
        saved_for_backward_bytes=node.saved_for_backward_bytes if recording.trained else None,
        optimizer_bytes=recording.optimizer_bytes,
        bytes_read=sum(row.bytes_read for row in forward),
        bytes_written=sum(row.bytes_written for row in forward),
        training_bytes_read=sum(row.bytes_read for row in training) if worked else None,
        training_bytes_written=sum(row.bytes_written for row in training) if worked else None,
        peak_bytes=parameter_bytes + buffer_bytes + recording.input_bytes + recording.live_peak,
        elementwise_elements=sum(row.elements for row in forward if not row.macs),
        update_elements=(
            sum(row.elements for row in rows if row.phase == UPDATE) if recording.optimizer_bytes is not None else None
        ),
        tree=node,
        operators=_by_operator(rows),
        unknown_operators=_unknown(rows),
        notes=notes,
    )


def macs_of(root: Place) -> int:
    """MACs of everything below a place, all phases."""
    return sum(row[MACS] for row in root.rows.values()) + sum(macs_of(child) for child in root.children)


def _node(place: Place) -> Node:
    children = tuple(_node(child) for child in place.children)
    rows = tuple(_row(key, figures) for key, figures in place.rows.items())
    forward = [row for row in rows if row.phase == FORWARD]

    def total(own: int, name: Callable[[Node], int]) -> int:
        return own + sum(name(child) for child in children)

    return Node(
        path=place.path,
        name=place.name,
        kind=place.kind,
        parameters=total(place.own_parameters, lambda child: child.parameters),
        macs=total(sum(row.macs for row in forward), lambda child: child.macs),
        training_macs=total(sum(r.macs for r in rows if r.phase in _TRAINING), lambda child: child.training_macs),
        bytes_read=total(sum(row.bytes_read for row in forward), lambda child: child.bytes_read),
        bytes_written=total(sum(row.bytes_written for row in forward), lambda child: child.bytes_written),
        activation_elements=total(
            sum(row.elements for row in forward if row.macs), lambda child: child.activation_elements
        ),
        saved_for_backward_bytes=total(place.saved, lambda child: child.saved_for_backward_bytes),
        rows=rows,
        children=children,
    )


def _row(key: tuple[Any, ...], figures: list[int]) -> OperatorRow:
    return OperatorRow(
        rule_of(key[0]).name,
        key[1],
        key[2:],
        figures[CALLS],
        figures[MACS],
        figures[READ],
        figures[WRITTEN],
        figures[ELEMENTS],
        bool(figures[UNKNOWN_COLUMN]),
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
    totals = [OperatorTotal(name, *figures, unknown=name in unknown) for name, figures in sums.items()]
    return tuple(sorted(totals, key=lambda total: (-total.training_macs, -total.bytes_written, total.operator)))


def _unknown(rows: list[OperatorRow]) -> tuple[UnknownOperator, ...]:
    everything = sum(row.elements for row in rows)
    sums: dict[str, list[int]] = {}
    for row in rows:
        if row.unknown:
            figures = sums.setdefault(row.operator, [0, 0])
            figures[0] += row.calls
            figures[1] += row.elements
    found = [UnknownOperator(name, calls, elements, elements / everything) for name, (calls, elements) in sums.items()]
    return tuple(sorted(found, key=lambda operator: (-operator.elements, operator.operator)))


def _own(modules: list[torch.nn.Module], kind: str) -> list[torch.Tensor]:
    unique = {id(tensor): tensor for module in modules for tensor in getattr(module, kind)()}
    return [t for t in unique.values() if not isinstance(t, UninitializedTensorMixin)]


def _bytes(tensors: list[torch.Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)
