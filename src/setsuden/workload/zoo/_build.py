"""From a name to a module with seeded weights, and an input that fits it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from setsuden.errors import InputError, MissingDependencyError
from setsuden.workload.factory import call_with_known, is_factory, load_factory
from setsuden.workload.zoo._entries import ZooEntry, entry

if TYPE_CHECKING:
    import torch
    from torch import nn


def build(
    name: str,
    *,
    input_shape: Sequence[int] | None = None,
    num_classes: int | None = None,
    vocabulary: int | None = None,
    seed: int = 0,
) -> nn.Module:
    """A model with weights drawn from ``seed``; torch's own random state is left as it was.

    name          of the zoo, or ``package.module:factory`` for one of your own; the factory may take any of
                  input_shape, num_classes and vocabulary, and returns a torch.nn.Module
    input_shape   of one sample without the batch; the entry's own by default
    num_classes   outputs of the last layer, at least 1; the entry's own by default
    vocabulary    distinct tokens, text models only

    Raises InputError for an unknown name, a shape the model cannot take, or fewer than one class.
    """
    _require_torch()
    import torch

    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        if is_factory(name):
            return _own(name, input_shape, num_classes, vocabulary)
        chosen = entry(name)
        shape = _checked_shape(chosen, input_shape)
        classes = _at_least_one("num_classes", chosen.num_classes if num_classes is None else num_classes)
        options = dict(chosen.options)
        if chosen.vocabulary is not None:
            options["vocabulary"] = _at_least_one("vocabulary", vocabulary or chosen.vocabulary)
        module, function = chosen.builder.split(":")
        builder = getattr(import_module(f"setsuden.workload.zoo.{module}"), function)
        model: nn.Module = builder(shape, classes, **options)
        return model


def example_input(
    name: str,
    batch_size: int = 1,
    input_shape: Sequence[int] | None = None,
    device: str | torch.device | None = None,
) -> torch.Tensor:
    """A batch of the right shape and type: normal noise, or tokens 1 .. vocabulary - 1; the same every time."""
    _require_torch()
    import torch

    chosen = entry(name)
    shape = (_at_least_one("batch_size", batch_size), *_checked_shape(chosen, input_shape))
    generator = torch.Generator().manual_seed(0)
    if chosen.vocabulary is not None:
        return torch.randint(1, chosen.vocabulary, shape, generator=generator).to(device)
    return torch.randn(shape, generator=generator).to(device)


def _own(spec: str, input_shape: Sequence[int] | None, num_classes: int | None, vocabulary: int | None) -> nn.Module:
    from torch import nn

    known = {"input_shape": input_shape, "num_classes": num_classes, "vocabulary": vocabulary}
    model = call_with_known(load_factory(spec), {key: value for key, value in known.items() if value is not None})
    if not isinstance(model, nn.Module):
        raise InputError(
            "the factory did not return a torch.nn.Module",
            place=spec,
            value=type(model).__name__,
            remedy="Return the model itself, already built.",
        )
    return model


def _checked_shape(chosen: ZooEntry, input_shape: Sequence[int] | None) -> tuple[int, ...]:
    shape = chosen.input_shape if input_shape is None else tuple(input_shape)
    reason = chosen.refusal(shape)
    if reason is not None:
        raise InputError(
            f"the model {chosen.name} cannot take inputs of this shape: {reason}",
            place="input_shape",
            value="x".join(map(str, shape)),
            remedy="Choose another model or enlarge the input.",
        )
    return shape


def _at_least_one(place: str, value: int) -> int:
    if value < 1:
        raise InputError("must be at least 1", place=place, value=value, remedy="Give a positive whole number.")
    return value


def _require_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError("torch", "The model zoo", "torch") from error
