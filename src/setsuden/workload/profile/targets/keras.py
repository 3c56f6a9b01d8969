"""Keras 3 models: as torch modules on the torch back end, through the jaxpr on the JAX back end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError

if TYPE_CHECKING:
    from setsuden.workload.profile.targets.resolve import Work


def work(
    model: Any,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    input_shape: Sequence[int] | None,
    batch_size: int | None,
) -> Work:
    """Work of a built Keras model; inputs come from the model where none are given.

    Raises InputError on the TensorFlow back end, and for a model whose input sizes are not known.
    """
    import keras

    backend = keras.backend.backend()
    if args or kwargs:
        shapes: list[tuple[int, ...]] = []
    else:
        batch_size = batch_size or 1
        shapes = _shapes(model, input_shape, batch_size)
    if backend == "torch":
        import torch

        from setsuden.workload.profile.targets.torch import TorchWork

        if shapes:
            made = [torch.zeros(shape) for shape in shapes]
            args = (made[0] if len(made) == 1 else made,)
        return TorchWork.of(model, args, kwargs, None, batch_size, name=model.name)
    if backend == "jax":
        return _through_jax(model, args, kwargs, shapes, batch_size)
    raise InputError(
        "Keras models can be profiled on its torch and JAX back ends",
        place="KERAS_BACKEND",
        value=backend,
        remedy="Set KERAS_BACKEND=torch before keras is imported.",
    )


def _shapes(model: Any, input_shape: Sequence[int] | None, batch: int) -> list[tuple[int, ...]]:
    if input_shape is not None:
        return [(batch, *input_shape)]
    declared = getattr(model, "inputs", None)
    shapes = [tuple(tensor.shape) for tensor in declared] if declared else []
    free = [shape for shape in shapes if None in shape[1:]]
    if not shapes or free:
        raise InputError(
            "the model does not say the size of its input",
            place=model.name,
            value=free[0] if free else None,
            remedy="Give input_shape (--input-shape), one sample without the batch.",
        )
    return [(batch, *shape[1:]) for shape in shapes]


def _through_jax(
    model: Any, args: Sequence[Any], kwargs: Mapping[str, Any], shapes: list[tuple[int, ...]], batch_size: int | None
) -> Work:
    import jax

    from setsuden.workload.profile.targets.jax import JaxWork

    if shapes:
        made = [jax.ShapeDtypeStruct(shape, "float32") for shape in shapes]  # type: ignore[no-untyped-call]
        args = (made[0] if len(made) == 1 else made,)
        if not model.built:
            model.build(shapes[0])
    trainable = [variable.value for variable in model.trainable_variables]
    fixed = [variable.value for variable in model.non_trainable_variables]

    def forward(weights: Any, state: Any, *inputs: Any) -> Any:
        return model.stateless_call(weights, state, *inputs, **kwargs)[0]

    parameters = sum(prod(variable.shape) for variable in model.weights)
    return JaxWork(forward, (trainable, fixed, *args), {}, batch_size, model.name, parameters=parameters)
