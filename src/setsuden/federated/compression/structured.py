"""A smaller model for weaker devices: the first channels of every hidden layer (HeteroFL, ordered dropout)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.compression.base import Encoded, Plain
from setsuden.workload.settings import in_range


@dataclass(frozen=True, slots=True, kw_only=True)
class SubModel(Plain):
    """Each client trains and exchanges the first ``width`` share of the channels of every hidden layer, as float32.

    widths    per device class, 0 < width <= 1
    classes   (clients,): the class of each client; empty deals the classes out in turn

    Diao et al. 2021 (arXiv:2010.01264). Supported for plain stacks of linear and convolution layers without groups;
    other models are refused when the training starts. An entry of the model is averaged over those who hold it.
    """

    widths: tuple[float, ...] = (1.0, 0.5)
    classes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.widths:
            raise InputError("give at least one width", place="compression.widths")
        for width in self.widths:
            in_range("compression.widths", width, above=0.0)
            if width > 1.0:
                raise InputError("must be at most 1", place="compression.widths", value=width)
        wrong = [kind for kind in self.classes if not 0 <= kind < len(self.widths)]
        if wrong:
            raise InputError(
                f"a class must lie in 0 .. {len(self.widths) - 1}", place="compression.classes", value=wrong[0]
            )

    @property
    def name(self) -> str:
        """With the widths."""
        return f"sub-models({', '.join(f'{width:g}' for width in self.widths)})"

    @property
    def lossless(self) -> bool:
        """Of what is sent, yes."""
        return True

    def class_of(self, client: int) -> int:
        """The device class of a client."""
        if self.classes:
            return self.classes[client]
        return client % len(self.widths)

    def encode(self, update: NDArray[np.float32], random: np.random.Generator) -> Encoded:
        """The entries of the sub-model, in the order of the sub-model."""
        return Plain.encode(self, update, random)
