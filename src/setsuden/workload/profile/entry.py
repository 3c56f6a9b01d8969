"""The public entry points: profile anything, or just count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from setsuden.workload.profile.result import Profile

if TYPE_CHECKING:
    import torch


def profile(
    target: Any,
    *args: Any,
    input_shape: Sequence[int] | None = None,
    batch_size: int | None = None,
    train: bool = False,
    loss: Callable[[Any], Any] | None = None,
    optimizer: Any = None,
    device: str = "meta",
    strict: bool = False,
    **kwargs: Any,
) -> Profile:
    """Work, traffic and memory of one pass of ``target`` over one batch.

    target       torch module; callable; zoo name; ``package.module:factory``; Hugging Face model type, configuration
                 or its JSON file; timm name; ONNX file; exported program, also saved (``.pt2``); TorchScript file; JAX
                 function (its arguments are arrays or ``jax.ShapeDtypeStruct``); Keras 3 model, also saved
    args, kwargs what the target is called with; nested tensors are fine. Without any, inputs are made up from
                 ``input_shape`` (one sample, without the batch) or from what the target says about itself
    batch_size   samples per pass, >= 1. With given arguments: how many samples they hold (default: the length of the
                 first tensor for a module, 1 for a callable)
    train        also run backward, and the optimiser's step where ``optimizer`` is given
    loss         output -> one number; default: the output's ``loss``, else the sum of squares of its tensors
    optimizer    ``"sgd"``, ``"momentum"``, ``"adam"``, ``"adamw"``, ..., or a function of parameters
    device       where to run: ``"meta"`` (shapes only, no memory, default), ``"cpu"``, ``"cuda"``...; same counts.
                 A model that looks at its data cannot run on meta: it is run where it lives, and ``notes`` say so
    strict       raise UnknownOperatorError instead of listing operators without a formula

    A module is run in evaluation mode for inference, in its own mode for training (training mode where all of it is in
    evaluation mode), always as a stand-in: the original keeps its weights, buffers, gradients, mode and hooks.
    Raises InputError for a target or input that cannot be used.
    """
    from setsuden.workload.profile.targets import resolve

    work = resolve(target, args, kwargs, input_shape=input_shape, batch_size=batch_size)
    return work.profile(train=train, loss=loss, optimizer=optimizer, device=device, strict=strict)


def count_macs(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
    """MACs of calling ``fn(*args, **kwargs)`` as it is, on the device its tensors are on.

    fn   torch module or any callable; whatever it runs is counted, its own backward passes too

    Operators without a formula cannot be counted: they raise a warning that names them. Modules are left untouched.
    """
    from setsuden.workload.profile.count import count

    return count(fn, args, kwargs)


def count_training_macs(module: torch.nn.Module, *args: Any, loss: Callable[[Any], Any] | None = None) -> int:
    """MACs of one training step, forward and backward, on the device of the arguments.

    loss   output -> one number; default: the output's ``loss``, else the sum of squares of its tensors
    """
    from setsuden.workload.profile.count import count_training

    return count_training(module, args, loss)
