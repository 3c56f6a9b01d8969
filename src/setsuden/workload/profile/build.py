"""From what a run of torch left behind to a Profile."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]

from setsuden.workload.profile.assemble import assembled, node_of
from setsuden.workload.profile.engine import CALLS, ELEMENTS, MACS, READ, UNKNOWN, WRITTEN, Place
from setsuden.workload.profile.registry import rule_of
from setsuden.workload.profile.result import Profile
from setsuden.workload.profile.run import Recording, tensors_in
from setsuden.workload.profile.tree import Node, OperatorRow

_ASSUMED = "branches on data were decided without data: every all() taken as true, every any() as false"


def build(recording: Recording, *, name: str, batch_size: int, device: str, notes: tuple[str, ...] = ()) -> Profile:
    """The Profile of a recording; ``batch_size`` is the samples that were run."""
    parameters = [*_own(recording.modules, "parameters"), *_packed(recording.modules)]
    buffers = _own(recording.modules, "buffers")
    parameter_bytes, buffer_bytes = (sum(tensor.nbytes for tensor in owned) for owned in (parameters, buffers))
    return assembled(
        _node(recording.root),
        name=name,
        batch_size=batch_size,
        device=device,
        parameters=sum(parameter.numel() for parameter in parameters),
        trainable_parameters=sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
        parameter_bytes=parameter_bytes,
        buffers=sum(buffer.numel() for buffer in buffers),
        buffer_bytes=buffer_bytes,
        input_bytes=recording.input_bytes,
        output_bytes=recording.output_bytes,
        peak_bytes=parameter_bytes + buffer_bytes + recording.input_bytes + recording.live_peak,
        trained=recording.trained,
        optimizer_bytes=recording.optimizer_bytes,
        notes=(*notes, _ASSUMED) if recording.assumed else notes,
        input_shapes=recording.input_shapes,
        output_shapes=recording.output_shapes,
    )


def macs_of(root: Place) -> int:
    """MACs of everything below a place, all phases."""
    return sum(row[MACS] for row in root.rows.values()) + sum(macs_of(child) for child in root.children)


def _node(place: Place) -> Node:
    rows = [_row(key, figures) for key, figures in place.rows.items()]
    children = [_node(child) for child in place.children]
    return node_of(place.path, place.name, place.kind, place.own_parameters, place.saved, rows, children)


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
        bool(figures[UNKNOWN]),
    )


def _own(modules: list[torch.nn.Module], kind: str) -> list[torch.Tensor]:
    unique = {id(tensor): tensor for module in modules for tensor in getattr(module, kind)()}
    return [tensor for tensor in unique.values() if not isinstance(tensor, UninitializedTensorMixin)]


def _packed(modules: list[torch.nn.Module]) -> list[torch.Tensor]:
    """Weights and biases that quantised modules keep packed, out of sight of ``parameters()``; each module once."""
    found: list[Any] = []
    for part in {id(part): part for module in modules for part in module.modules()}.values():
        if type(part).__module__.startswith("torch.ao.nn.") and next(part.parameters(), None) is None:
            for name in ("weight", "bias", "get_weight", "get_bias"):
                unpack = getattr(part, name, None)
                if callable(unpack):
                    found.append(unpack())
    return [tensor.detach() for tensor in tensors_in(found)]
