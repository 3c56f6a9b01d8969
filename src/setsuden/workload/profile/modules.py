"""Which module is running: PyTorch's process-wide module hooks, answered only in the thread that counts.

Nothing is attached to the user's modules.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]

from setsuden.workload.profile.engine import Counter, Place


def places_of(module: torch.nn.Module, name: str) -> tuple[Place, dict[int, Place]]:
    """The tree of a module as places to book at, and each sub-module's place by its id; shared ones appear once."""
    by_id: dict[int, Place] = {}
    root = _grow(module, "", name, by_id, set())
    return root, by_id


def _grow(module: torch.nn.Module, path: str, name: str, by_id: dict[int, Place], seen: set[int]) -> Place:
    own = 0
    for parameter in module._parameters.values():
        if parameter is not None and id(parameter) not in seen:
            seen.add(id(parameter))
            own += 0 if isinstance(parameter, UninitializedTensorMixin) else parameter.numel()
    place = Place(path, type(module).__name__, own)
    place.name = name
    by_id[id(module)] = place
    for child_name, child in module._modules.items():
        if child is not None and id(child) not in by_id:
            path_of_child = f"{path}.{child_name}" if path else child_name
            place.children.append(_grow(child, path_of_child, child_name, by_id, seen))
    return place


@contextmanager
def following(counter: Counter, by_id: dict[int, Place], modules: list[torch.nn.Module]) -> Iterator[None]:
    """Book operators at the running module, until left.

    Modules not in ``by_id`` are added as they come, and to ``modules``, which keeps them alive so that ids stay theirs.
    """
    thread = get_ident()
    stack = counter.stack

    def enter(module: Any, args: Any) -> None:
        if get_ident() != thread:
            return
        place = by_id.get(id(module))
        if place is None:
            above = stack[-1]
            kind = type(module).__name__
            taken = {child.name for child in above.children}
            name = (
                kind
                if kind not in taken
                else next(f"{kind}_{n}" for n in range(2, 10**9) if f"{kind}_{n}" not in taken)
            )
            place, grown = places_of(module, name)
            _rebase(place, above.path)
            by_id.update(grown)
            above.children.append(place)
            modules.append(module)
        stack.append(place)

    def leave(module: Any, args: Any, output: Any) -> None:
        if get_ident() == thread and len(stack) > 1:
            stack.pop()

    handles = [register_module_forward_pre_hook(enter), register_module_forward_hook(leave, always_call=True)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _rebase(place: Place, above: str) -> None:
    place.path = f"{above}.{place.name}" if above else place.name
    for child in place.children:
        _rebase(child, place.path)
