"""The plain counters: one number, nothing else kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from setsuden.errors import InputError
from setsuden.workload.profile.build import macs_of
from setsuden.workload.profile.engine import UNKNOWN, Counter, Place
from setsuden.workload.profile.isolate import eagerly, stand_in, untouched_random_state
from setsuden.workload.profile.registry import rule_of
from setsuden.workload.profile.run import backward, total_of


def count(fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """MACs of ``fn(*args, **kwargs)``."""
    if isinstance(fn, torch.nn.Module) and any(part.training for part in fn.modules()):
        fn = _protected(fn)  # in evaluation mode a forward pass has nothing of the module's to change
    counter = Counter(Place("", "function"), lean=True)
    with untouched_random_state(), eagerly(), counter:
        fn(*args, **kwargs)
    return _total(counter.root)


def count_training(module: torch.nn.Module, args: Sequence[Any], loss: Callable[[Any], Any] | None) -> int:
    """MACs of forward and backward of one batch."""
    twin = _protected(module)
    if isinstance(twin, torch.nn.Module) and not any(part.training for part in twin.modules()):
        twin.train()
    counter = Counter(Place("", "function"), lean=True)
    with untouched_random_state(), eagerly(), torch.enable_grad(), counter:
        backward((loss or total_of)(twin(*args)))
    return _total(counter.root)


def _protected(fn: Callable[..., Any]) -> Callable[..., Any]:
    if not isinstance(fn, torch.nn.Module):
        return fn
    try:
        return stand_in(fn, None)
    except InputError:
        # a module that refuses to be copied is counted as it is
        return fn


def _total(root: Place) -> int:
    unknown = sorted({rule_of(key[0]).name for key, row in root.rows.items() if row[UNKNOWN]})
    if unknown:
        warnings.warn(
            f"not counted, because no formula is known: {', '.join(unknown)}; "
            "declare them with setsuden.workload.profile.register",
            stacklevel=4,
        )
    return macs_of(root)
