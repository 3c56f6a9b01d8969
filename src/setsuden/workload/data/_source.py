"""One data set that lives in files: where it may be, what it must hold, who made it, how to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.language import Messages
from setsuden.workload.data._dataset import Array, Dataset, Limits, Standardisation
from setsuden.workload.data._places import candidates, first_with, missing_in
from setsuden.workload.data._stand_in import made_folder
from setsuden.workload.zoo import Domain


@dataclass(frozen=True, slots=True)
class Source:
    """A named data set.

    folders   names its folder goes by below a base folder
    system    where a package of the operating system puts it
    files     for each needed file, the names it may have; a pattern such as ``*/*.wav`` means any file
    load      reads a folder that has the files
    made      it is a stand-in that `setsuden data make` makes: also looked for where that puts it
    """

    name: str
    domain: Domain
    folders: tuple[str, ...]
    system: tuple[str, ...]
    files: tuple[tuple[str, ...], ...]
    origin: str
    licence: str
    load: Callable[[Path, Limits], Dataset]
    made: bool = False

    @property
    def description(self) -> str:
        """What it holds, in English."""
        return Messages("data", "en").say(f"about.{self.name}")

    @property
    def how(self) -> str:
        """How to get it, one sentence in English."""
        return Messages("data", "en").say(f"how.{self.name}")

    def dataset(
        self,
        folder: Path,
        classes: tuple[str, ...],
        train: tuple[Array, NDArray[np.int64]],
        test: tuple[Array, NDArray[np.int64]],
        standardisation: Standardisation | None,
        *,
        groups_train: NDArray[np.str_] | None = None,
    ) -> Dataset:
        """What ``load`` read from ``folder``: inputs and labels of both parts, under this source's name and licence."""
        return Dataset(
            name=self.name,
            domain=self.domain,
            x_train=train[0],
            y_train=train[1],
            x_test=test[0],
            y_test=test[1],
            num_classes=len(classes),
            classes=classes,
            source=f"{self.origin}; read from {folder}",
            licence=self.licence,
            description=self.description,
            standardisation=standardisation,
            groups_train=groups_train,
        )

    def places(self, root: str | Path | None) -> list[Path]:
        """Folders to look in, in order."""
        made = tuple(str(made_folder() / folder) for folder in self.folders) if self.made else ()
        return candidates(self.folders, root, (*self.system, *made))

    def find(self, root: str | Path | None) -> Path | None:
        """The first folder that has the files."""
        return first_with(self.files, self.places(root))

    def not_found(self, root: str | Path | None) -> InputError:
        """The error that says where was looked, what is missing where a part is there, and how to get the data."""
        places = self.places(root)
        message = f"the data set is not here; looked in: {', '.join(map(str, places))}"
        for place in places:
            missing = missing_in(self.files, place)
            if len(missing) < len(self.files):
                message += f"; {place} lacks {', '.join(missing)}"
        return InputError(message, place=self.name, remedy=self.how)
