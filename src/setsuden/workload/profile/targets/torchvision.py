"""A torchvision that does not fit this torch must not stop a profile.

Its Python part asks for operators that only its compiled part declares ("operator torchvision::nms does not exist");
timm and transformers import it. Declaring the two operators lets the import pass; calling them still fails.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[object] = []


def mend() -> None:
    """Make ``import torchvision`` pass where only its compiled operators are missing; nothing happens otherwise."""
    if "torchvision" in sys.modules or _declared or find_spec("torchvision") is None:
        return
    try:
        import_module("torchvision")
    except (ImportError, RuntimeError, OSError):
        import torch

        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for schema in _SCHEMAS:
            if not hasattr(torch.ops.torchvision, schema.partition("(")[0]):
                library.define(schema)  # type: ignore[no-untyped-call]
        _declared.append(library)  # a library that is collected takes its operators with it
