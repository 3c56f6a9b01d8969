"""Hugging Face models from their configuration alone: built on meta, no weights, no network."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError, MissingDependencyError, require
from setsuden.workload.profile.targets.torchvision import mend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from setsuden.workload.profile.targets.torch import TorchWork

DEFAULT_TOKENS = 128


def work(
    config: Any,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    input_shape: Sequence[int] | None,
    batch_size: int | None,
    name: str | None = None,
) -> TorchWork:
    """The model of a configuration, given as a mapping or a ``PretrainedConfig``.

    input_shape   (tokens,) for text (128 by default), (channels, height, width) of images, (features, frames) of sound

    The class is the first of the configuration's ``architectures``, else the base model of its type. Raises InputError
    for a configuration without a known ``model_type``.
    """
    require("A Hugging Face configuration", "huggingface", "torch", "transformers")
    import torch

    from setsuden.workload.profile.targets.torch import TorchWork

    transformers = _transformers()
    if isinstance(config, Mapping):
        config = _from_mapping(transformers, config, name or "configuration")
    with torch.device("meta"), _without_initialisation(transformers):
        model = _model(transformers, config)
    if not args and not kwargs:
        kwargs = _inputs(model, config, tuple(input_shape) if input_shape else None, batch_size or 1)
    return TorchWork.of(model, args, kwargs, None, batch_size, name=name or type(model).__name__, disposable=True)


def from_file(
    path: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    input_shape: Sequence[int] | None,
    batch_size: int | None,
) -> TorchWork:
    """The model of a ``config.json``; raises InputError for a file that is missing or is no such configuration."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=path, remedy="Give an existing file.") from error
    except ValueError as error:
        raise InputError(f"is not JSON: {error}", place=path, remedy="Give a Hugging Face config.json.") from error
    if not isinstance(content, dict):
        raise InputError("is not a model configuration", place=path, value=type(content).__name__)
    return work(content, args, kwargs, input_shape, batch_size, name=path)


def by_type(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any], input_shape: Sequence[int] | None, batch_size: int | None
) -> TorchWork | None:
    """The default model of a model type such as ``bert``; None where transformers is absent or has no such type."""
    try:
        transformers = _transformers()
    except MissingDependencyError:
        return None
    if name not in transformers.CONFIG_MAPPING:
        return None
    return work(transformers.AutoConfig.for_model(name), args, kwargs, input_shape, batch_size, name=name)


def _transformers() -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    mend()
    try:
        import transformers
    except ImportError as error:
        raise MissingDependencyError("transformers", "A Hugging Face configuration", "huggingface") from error
    return transformers


def _from_mapping(transformers: Any, content: Mapping[str, Any], place: str) -> Any:
    settings = dict(content)
    kind = settings.pop("model_type", None)
    if kind not in transformers.CONFIG_MAPPING:
        raise InputError(
            "is not a model configuration of a known type",
            place=place,
            value=kind,
            remedy='It needs "model_type", one that the installed transformers knows.',
        )
    return transformers.AutoConfig.for_model(kind, **settings)


def _model(transformers: Any, config: Any) -> Any:
    for architecture in getattr(config, "architectures", None) or ():
        found = getattr(transformers, architecture, None)
        if found is not None:
            return found(config)
    return transformers.AutoModel.from_config(config)


@contextmanager
def _without_initialisation(transformers: Any) -> Iterator[None]:
    """Weights on meta need no values; skipping them halves the time of building."""
    try:
        from transformers.initialization import no_init_weights
    except ImportError:
        yield
        return
    with no_init_weights():
        yield


def _inputs(model: Any, config: Any, shape: tuple[int, ...] | None, batch: int) -> dict[str, Any]:
    import inspect

    import torch

    accepted = inspect.signature(model.forward).parameters
    main = model.main_input_name

    def tokens(length: int) -> torch.Tensor:
        return torch.empty((batch, length), dtype=torch.long, device="meta")

    given: dict[str, Any] = {}
    if main == "pixel_values":
        given[main] = torch.empty((batch, *(shape or _image(config))), device="meta")
    elif main == "input_features":
        bands = getattr(config, "num_mel_bins", 80)
        given[main] = torch.empty((batch, *(shape or (bands, 2 * config.max_source_positions))), device="meta")
    elif main == "input_values":
        given[main] = torch.empty((batch, *(shape or (16000,))), device="meta")
    else:
        length = shape[0] if shape else DEFAULT_TOKENS
        given[main] = tokens(length)
    if "input_ids" in accepted and main != "input_ids":
        given["input_ids"] = tokens(DEFAULT_TOKENS)
    if "decoder_input_ids" in accepted and getattr(config, "is_encoder_decoder", False):
        given["decoder_input_ids"] = tokens(given[main].shape[1] if main == "input_ids" else 1)
    if "use_cache" in accepted:
        given["use_cache"] = False
    return given


def _image(config: Any) -> tuple[int, int, int]:
    size = getattr(config, "image_size", None) or 224
    height, width = (size, size) if isinstance(size, int) else tuple(size)
    return getattr(config, "num_channels", 3), height, width
