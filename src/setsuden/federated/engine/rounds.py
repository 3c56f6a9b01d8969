"""What the three ways to run rounds have in common."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from setsuden.federated.algorithms.base import Vector


class Rounds(Protocol):
    """One way to run rounds."""

    @property
    def parameters(self) -> Vector:
        """The model of the federation now."""
        ...

    def round(self, round_: int) -> tuple[int, int]:
        """One round; how many were asked, how many entered the model."""
        ...

    def end(self) -> None:
        """After the last round: record what is still under way."""
        ...

    def evaluation_rows(self) -> list[int]:
        """Rows of the shared models to be evaluated."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint."""
        ...

    def plain(self) -> dict[str, Any]:
        """For a checkpoint, what JSON takes."""
        ...

    def restore(self, about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """The inverse."""
        ...
