"""A stand-in for the user's module: on meta, or sharing its weights, so that counting leaves the original untouched."""

from __future__ import annotations

import contextlib
import copy
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.parameter import UninitializedTensorMixin  # type: ignore[attr-defined]
from torch.overrides import TorchFunctionMode

from setsuden.errors import InputError

Tensor = torch.Tensor


class _Replacing(TorchFunctionMode):
    """Replaces the deep copy of any tensor, wherever in an object it hides."""

    def __init__(self, replace: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.replace = replace

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is Tensor.__deepcopy__:
            tensor, memo = args
            if id(tensor) not in memo:
                memo[id(tensor)] = self.replace(tensor)
            return memo[id(tensor)]
        return func(*args, **(kwargs or {}))


def on_meta(tensor: Tensor) -> Tensor:
    """A meta tensor of the same shape, strides and type; itself when it is on meta already."""
    if tensor.is_meta:
        return tensor
    if type(tensor) in (Tensor, torch.nn.Parameter) and tensor.layout is torch.strided and not tensor.is_quantized:
        empty = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
    else:
        empty = tensor.detach().to("meta")
    return empty.requires_grad_(tensor.requires_grad)


def _owned(tensor: Tensor) -> Tensor:
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)


def stand_in(module: torch.nn.Module, device: str | None, *, own_weights: bool = False) -> torch.nn.Module:
    """A copy of ``module`` that can be run, trained and thrown away.

    device        ``"meta"``: no tensor data at all; None: stay where the module is, share its weights, copy the rest
    own_weights   copy weights too, for a run that updates them

    Tied weights stay tied; attributes that cannot be copied (locks, files) are shared. Raises InputError for a module
    that refuses even that.
    """
    memo: dict[int, Any] = {}
    for parameter in module.parameters():
        memo[id(parameter)] = _parameter(parameter, device, own_weights)
    with _Replacing(on_meta if device == "meta" else _owned):
        twin = _copied(module, memo)
    if device not in (None, "meta"):
        twin = twin.to(device)
    return twin


def _copied(module: torch.nn.Module, memo: dict[int, Any]) -> torch.nn.Module:
    known = dict(memo)
    try:
        return copy.deepcopy(module, memo)
    except Exception:
        memo = known
    for part in module.modules():
        for value in vars(part).values():
            if not isinstance(value, (dict, torch.nn.Module)):
                try:
                    copy.deepcopy(value, dict(memo))
                except Exception:
                    memo[id(value)] = value
    try:
        return copy.deepcopy(module, memo)
    except Exception as error:
        raise InputError(
            f"cannot be copied, so it could not be left untouched: {error}",
            place=type(module).__name__,
            remedy="Give a function that calls it: profile(lambda *inputs: model(*inputs), ...).",
        ) from error


def _parameter(parameter: Any, device: str | None, own_weights: bool) -> Any:
    if isinstance(parameter, UninitializedTensorMixin):
        return type(parameter)(requires_grad=parameter.requires_grad, device=device or parameter.device)
    if device == "meta":
        return parameter if parameter.is_meta else torch.nn.Parameter(on_meta(parameter), parameter.requires_grad)
    data = parameter.detach()
    return torch.nn.Parameter(data.clone() if own_weights else data, parameter.requires_grad)


def moved(value: Any, move: Callable[[Tensor], Tensor]) -> Any:
    """Nested arguments with every tensor moved: lists, tuples, named tuples, mappings, objects that can be copied."""
    if isinstance(value, Tensor):
        return move(value)
    if isinstance(value, (str, bytes, int, float, type(None))):
        return value
    from torch.utils import _pytree as pytree

    leaves, spec = pytree.tree_flatten(value)
    if len(leaves) == 1 and leaves[0] is value:
        return _copy_of(value, move)
    return pytree.tree_unflatten([moved(leaf, move) for leaf in leaves], spec)


def _copy_of(value: Any, move: Callable[[Tensor], Tensor]) -> Any:
    """Any other object, such as a cache of keys and values, with its tensors moved: running may write into it."""
    if callable(value):
        return value
    try:
        with _Replacing(move):
            return copy.deepcopy(value)
    except Exception:  # what cannot be copied is shared
        return value


@contextmanager
def untouched_random_state() -> Iterator[None]:
    """Random generators of torch (CPU), Python and, when loaded, NumPy are as before when left."""
    numpy = sys.modules.get("numpy")
    states = torch.get_rng_state(), random.getstate(), numpy.random.get_state() if numpy else None
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        if numpy is not None and states[2] is not None:
            numpy.random.set_state(states[2])


_eager_lock = threading.Lock()
_eager: list[contextlib.AbstractContextManager[Any]] = []  # the stance in force, and one entry per profile under way


@contextmanager
def eagerly() -> Iterator[None]:
    """Compiled functions run their original code meanwhile; nothing happens where nothing was compiled.

    The stance belongs to the process: the first profile sets it, the last one to end takes it back.
    """
    if "torch._dynamo" not in sys.modules:
        yield
        return
    with _eager_lock:
        if not _eager:
            stance = torch.compiler.set_stance("force_eager")
            stance.__enter__()
            _eager.append(stance)
        _eager.append(contextlib.nullcontext())
    try:
        yield
    finally:
        with _eager_lock:
            _eager.pop()
            if len(_eager) == 1:
                _eager.pop().__exit__(None, None, None)
