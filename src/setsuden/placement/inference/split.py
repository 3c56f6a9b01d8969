"""Where a network can be cut, and what crosses the cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError

if TYPE_CHECKING:
    from setsuden.placement.inference.dataflow import Flow

_DECLARE = "Declare the layers with their MACs and output_bytes instead."


@dataclass(frozen=True, slots=True)
class Layer:
    """One stretch of the model up to a cut: its multiply-accumulates (MACs), and the bytes that leave it."""

    name: str
    macs: float
    output_bytes: float


def layers_of(target: Any, *args: Any, input_shape: Sequence[int] | None = None, **kwargs: Any) -> tuple[Layer, ...]:
    """The stretches of a torch model between the points where one single tensor carries everything on, per request.

    target   as for ``workload.profile``: a module with its arguments or ``input_shape``, a name of the zoo,
             ``package.module:factory``; one sample

    The model is run once on shapes alone and its data followed, operator by operator, so branches, residual
    connections and views are seen as they are: a residual block can be cut before and after, not within. Where nothing
    is computed between two such points, the smaller tensor is taken. Raises InputError for a model that has no such
    point, with how many tensors cross at its narrowest, and for one that is not run by torch.
    """
    from setsuden.placement.inference.dataflow import flow_of
    from setsuden.workload.profile.targets import resolve
    from setsuden.workload.profile.targets.torch import TorchWork

    work = resolve(target, args, kwargs, input_shape=input_shape, batch_size=None if args or kwargs else 1)
    import torch

    if not isinstance(work, TorchWork) or not isinstance(work.fn, torch.nn.Module):
        raise InputError("only a torch module shows where its data flows", value=target, remedy=_DECLARE)
    try:
        flow = flow_of(work)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"cannot be followed on shapes alone: {type(error).__name__}", place=work.name, remedy=_DECLARE
        ) from error
    return _stretches(flow, work.name, work.batch_size)


def _stretches(flow: Flow, name: str, batch: int) -> tuple[Layer, ...]:
    from setsuden.placement.inference.dataflow import cuts

    total = sum(step.macs for step in flow.steps)
    done, points = 0, []
    narrowest: tuple[int, str] | None = None
    for cut in cuts(flow):
        step = flow.steps[cut.index]
        done += step.macs
        if not 0 < done < total:
            continue
        if cut.tensors == 1:
            points.append((done, cut.crossing_bytes, _named(step.module, step.kind)))
        elif cut.tensors > 1 and (narrowest is None or cut.tensors < narrowest[0]):
            narrowest = (cut.tensors, _named(step.module, step.kind))
    if not points:
        why = (
            f"its narrowest inner point, after {narrowest[1]}, still has {narrowest[0]} tensors that are needed later"
            if narrowest
            else "all its work is one operator"
        )
        raise InputError(
            f"no single tensor carries everything on anywhere inside it: {why}", value=name, remedy=_DECLARE
        )
    best: dict[int, tuple[int, str]] = {}
    for macs, size, where in points:
        if macs not in best or size < best[macs][0]:
            best[macs] = (size, where)
    found, before = [], 0
    for macs, (size, where) in best.items():
        found.append(Layer(where, (macs - before) / batch, size / batch))
        before = macs
    end = max((value.crossing(len(flow.steps) - 1) for value in flow.values), default=0)
    return (*found, Layer("output", (total - before) / batch, end / batch))


def _named(path: str, kind: str) -> str:
    return f"{path} {kind}".strip()


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
