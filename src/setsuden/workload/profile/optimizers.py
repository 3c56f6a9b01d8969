"""Optimisers by name, as functions of parameters; only shapes matter here, so learning rates do not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

import torch

from setsuden.errors import InputError

_NAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"lr": 1e-3}),
    "momentum": ("SGD", {"lr": 1e-3, "momentum": 0.9}),
    "nesterov": ("SGD", {"lr": 1e-3, "momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", {}),
    "adamw": ("AdamW", {}),
    "adamax": ("Adamax", {}),
    "nadam": ("NAdam", {}),
    "radam": ("RAdam", {}),
    "rmsprop": ("RMSprop", {}),
    "adagrad": ("Adagrad", {}),
    "adadelta": ("Adadelta", {}),
}


def maker(optimizer: Any) -> Callable[[Iterable[torch.Tensor]], torch.optim.Optimizer]:
    """A function that makes the optimiser: from its name, an optimiser in use (its kind and settings), or as given."""
    if isinstance(optimizer, str):
        if optimizer not in _NAMES:
            raise InputError(
                "unknown optimiser", place="optimizer", value=optimizer, remedy="Known: " + ", ".join(_NAMES) + "."
            )
        kind, settings = _NAMES[optimizer]
        return partial(getattr(torch.optim, kind), **settings)
    if isinstance(optimizer, torch.optim.Optimizer):
        # some optimisers keep settings that their constructor does not take
        taken = inspect.signature(type(optimizer).__init__).parameters
        settings = {name: value for name, value in optimizer.defaults.items() if name in taken}
        return partial(type(optimizer), **settings)
    if callable(optimizer):
        return cast("Callable[[Iterable[torch.Tensor]], torch.optim.Optimizer]", optimizer)
    raise InputError(
        "not an optimiser", place="optimizer", value=type(optimizer).__name__, remedy="Give a name or a function."
    )
