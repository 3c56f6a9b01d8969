"""Paths of the files that sensors read, without pathlib, whose import takes a quarter of a meter's start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Folder(str):
    """A path that is joined with ``/`` as those of pathlib are; what goes here goes there, and fakes use those."""

    __slots__ = ()

    def __truediv__(self, below: str) -> Folder:
        return Folder(f"{self}/{below}")

    @property
    def name(self) -> str:
        """The last part."""
        return os.path.basename(self)

    @property
    def parent(self) -> Folder:
        """All but the last part."""
        return Folder(os.path.dirname(self))

    def exists(self) -> bool:
        """Whether there is anything."""
        return os.path.exists(self)


if TYPE_CHECKING:
    Place = Path | Folder
