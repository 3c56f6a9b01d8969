"""From a target to work that can be profiled: objects by their type, strings by their form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from setsuden.errors import InputError, require
from setsuden.workload.profile.result import Profile


class Work(Protocol):
    """Something that can be profiled."""

    def profile(
        self, *, train: bool, loss: Callable[[Any], Any] | None, optimizer: Any, device: str, strict: bool
    ) -> Profile:
        """Count it."""
        ...


def resolve(
    target: Any,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    input_shape: Sequence[int] | None,
    batch_size: int | None,
) -> Work:
    """The work behind a target; raises InputError that lists what was tried for a string nobody knows."""
    _check(input_shape, batch_size)
    if isinstance(target, Path):
        target = str(target)
    if isinstance(target, str):
        return _named(target, args, kwargs, input_shape, batch_size)
    module_name = type(target).__module__.partition(".")[0]
    if isinstance(target, Mapping) or (module_name == "transformers" and hasattr(target, "to_dict")):
        from setsuden.workload.profile.targets import huggingface

        return huggingface.work(target, args, kwargs, input_shape, batch_size)
    if _is_keras(target):
        from setsuden.workload.profile.targets import keras

        return keras.work(target, args, kwargs, input_shape, batch_size)
    if callable(target):
        if _is_jax(target, args, kwargs):
            from setsuden.workload.profile.targets import jax

            return jax.JaxWork(target, args, kwargs, batch_size)
        require("Counting the work of this model", "torch", "torch")
        from setsuden.workload.profile.targets.torch import TorchWork

        return TorchWork.of(target, args, kwargs, input_shape, batch_size)
    raise InputError(
        "cannot be profiled",
        place="target",
        value=type(target).__name__,
        remedy="Give a module, a callable, a name, a package.module:factory, a configuration or a file.",
    )


def _check(input_shape: Sequence[int] | None, batch_size: int | None) -> None:
    if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
        raise InputError("a batch holds at least one sample", place="batch_size", value=batch_size)
    if input_shape is not None and not all(isinstance(size, int) and size > 0 for size in input_shape):
        raise InputError(
            "an input shape has positive whole sizes",
            place="input_shape",
            value=input_shape,
            remedy="Example: 3x224x224.",
        )


def _named(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any], input_shape: Sequence[int] | None, batch_size: int | None
) -> Work:
    from setsuden.workload import zoo
    from setsuden.workload.factory import is_factory, load_factory
    from setsuden.workload.profile.targets import saved

    if name.endswith(".onnx"):
        from setsuden.workload.profile.targets.onnx import OnnxWork

        return OnnxWork.of(name, input_shape, batch_size)
    if name.endswith(".json"):
        from setsuden.workload.profile.targets import huggingface

        return huggingface.from_file(name, args, kwargs, input_shape, batch_size)
    if name.endswith(saved.SUFFIXES):
        return saved.from_file(name, args, kwargs, input_shape, batch_size)
    if is_factory(name):
        return _made(name, load_factory(name)(), args, kwargs, input_shape, batch_size)
    if name in zoo.names():
        require("Counting the work of this model", "torch", "torch")
        from setsuden.workload.profile.targets.torch import TorchWork

        return TorchWork.from_zoo(name, input_shape, batch_size)
    from setsuden.workload.profile.targets import huggingface, timm

    for source in (huggingface.by_type, timm.by_name):
        found = source(name, args, kwargs, input_shape, batch_size)
        if found is not None:
            return found
    # Last, because "resnet18" is also the name of another network where timm is installed.
    if (near := zoo.spelled(name)) is not None:
        return _named(near, args, kwargs, input_shape, batch_size)
    raise InputError(
        "no such model",
        place="target",
        value=name,
        remedy=f"{zoo.meant(name)}Known: zoo names ({', '.join(sorted(zoo.names()))}), package.module:factory, a "
        "Hugging Face model type such as bert or its JSON configuration, a timm name where timm is installed, a .onnx, "
        ".pt2, TorchScript or .keras file.",
    )


def _made(
    name: str,
    made: Any,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    input_shape: Sequence[int] | None,
    batch_size: int | None,
) -> Work:
    """What a factory returned: a model, or (model, example inputs)."""
    if isinstance(made, tuple) and len(made) == 2 and callable(made[0]) and not args and not kwargs:
        given = made[1]
        made = made[0]
        if isinstance(given, Mapping):
            kwargs = given
        else:
            args = given if isinstance(given, (tuple, list)) else (given,)
    if not callable(made):
        raise InputError(
            "a factory must return a model, or a model with its example inputs", place=name, value=type(made).__name__
        )
    work = resolve(made, args, kwargs, input_shape=input_shape, batch_size=batch_size)
    if hasattr(work, "name"):
        work.name = name
    return work


def _is_keras(target: Any) -> bool:
    return any(base.__module__.partition(".")[0] == "keras" for base in type(target).__mro__)


def _is_jax(target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    if type(target).__module__.partition(".")[0] in ("jax", "jaxlib"):
        return True
    import sys

    jax = sys.modules.get("jax")
    if jax is None:
        return False
    leaves = jax.tree_util.tree_leaves((args, dict(kwargs)))
    return any(isinstance(leaf, (jax.Array, jax.ShapeDtypeStruct)) for leaf in leaves)
