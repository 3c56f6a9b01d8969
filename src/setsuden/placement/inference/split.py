"""Where a network can be cut, and what crosses the cut."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from setsuden.errors import InputError

if TYPE_CHECKING:
    from setsuden.workload.profile import Node, Profile

_FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class Layer:
    """One step of the model: its share of the multiply-accumulates (MACs), and the bytes that leave it."""

    name: str
    macs: float
    output_bytes: float


def layers_of(profile: Profile) -> tuple[Layer, ...]:
    """The layers of a model that is one chain, per request, activations as 4-byte floats.

    Raises InputError for a model whose modules are not called one after the other: a cut through its graph would have
    to carry more than one activation, which a profile does not say.
    """
    children = profile.tree.children
    if profile.tree.kind != "Sequential" or not children:
        raise InputError(
            "only a chain of modules can be cut by its profile",
            value=f"{profile.name} is a {profile.tree.kind}",
            remedy="Declare the layers with their MACs and output_bytes instead.",
        )
    found: list[Layer] = []
    crossing = profile.input_bytes / profile.batch_size
    for node, following in pairwise((*children, None)):
        assert node is not None
        size = _elements(node) * _FLOAT_BYTES / profile.batch_size
        crossing = size or crossing  # a reshaping layer passes on what it got
        if following is None:
            crossing = profile.output_bytes / profile.batch_size
        found.append(Layer(f"{node.name} {node.kind}".strip(), node.macs / profile.batch_size, crossing))
    return tuple(found)


def _elements(node: Node) -> int:
    """Elements of the node's result: those of its last operator; pooling that returns positions counts them too."""
    last = [row for _, inner in node.walk() for row in inner.rows if row.phase == "forward"]
    if not last:
        return 0
    halved = 2 if last[-1].operator.endswith("_with_indices") else 1
    return last[-1].elements // halved


def shares(layers: tuple[Layer, ...]) -> tuple[float, ...]:
    """Share of the MACs done up to and with each layer; the last is 1."""
    total = sum(layer.macs for layer in layers)
    if not (total > 0 and math.isfinite(total)):
        raise InputError("the layers do no work", value=total, remedy="Give their MACs.")
    done, found = 0.0, []
    for layer in layers:
        done += layer.macs
        found.append(done / total)
    return tuple(found)
