"""One data set that lives in files: where it may be, what it must hold, who made it, how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from setsuden.workload.data._dataset import Dataset, Limits
from setsuden.workload.data._places import candidates, first_with
from setsuden.workload.zoo import Domain


@dataclass(frozen=True, slots=True)
class Source:
    """A named data set.

    folders   names its folder goes by below a base folder
    system    where a package of the operating system puts it
    files     for each needed file, the names it may have; a ``*`` file name means "any"
    how       one sentence: how to get it
    load      reads a folder that has the files
    """

    name: str
    domain: Domain
    folders: tuple[str, ...]
    system: tuple[str, ...]
    files: tuple[tuple[str, ...], ...]
    origin: str
    licence: str
    description: str
    how: str
    load: Callable[[Path, Limits], Dataset]

    def places(self, root: str | Path | None) -> list[Path]:
        """Folders to look in, in order."""
        return candidates(self.folders, root, self.system)

    def find(self, root: str | Path | None) -> Path | None:
        """The first folder that has the files."""
        return first_with(self.files, self.places(root))
