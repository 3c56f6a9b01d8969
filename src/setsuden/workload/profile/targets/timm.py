"""timm models by name, where timm is installed and can be imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.workload.profile.targets.torchvision import mend


def by_name(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any], input_shape: Sequence[int] | None, batch_size: int | None
) -> Any:
    """Work of a timm model built on meta; None where timm is absent, broken or does not know the name."""
    mend()
    try:
        import timm
    except (ImportError, RuntimeError):
        return None
    if name not in timm.list_models():
        return None
    import torch

    from setsuden.workload.profile.targets.torch import TorchWork

    with torch.device("meta"):
        model = timm.create_model(name, pretrained=False)
    shape = input_shape or model.pretrained_cfg["input_size"]
    return TorchWork.of(model, args, kwargs, shape, batch_size, name=name, disposable=True)
