"""Made-up data that takes the place of a data set one cannot have offline, and the label it carries for ever.

A stand-in lies in a folder of its own with the file ``STAND-IN.json``; whatever reader reads that folder, the data
set it returns is marked. A stand-in shows that the machinery works and what a pass costs; it says nothing about the
accuracy, or the number of rounds, on the data whose place it takes.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from setsuden.errors import InputError
from setsuden.workload.data._dataset import Dataset

MARKER = "STAND-IN.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What the file in the folder says.

    stands_for   the data set whose form it has
    recipe       how it was made, in one sentence; seed: what the making drew from
    classes      in label order
    made_with    version of setsuden
    """

    name: str
    stands_for: str
    recipe: str
    licence: str
    classes: tuple[str, ...]
    seed: int
    made_with: str

    def write(self, folder: Path) -> None:
        """Into ``folder``."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False)
        (folder / MARKER).write_text(f"{text}\n", encoding="utf-8")


def marker_of(folder: Path) -> Marker | None:
    """The marker of the folder, None where it has none. InputError where it cannot be understood."""
    path = folder / MARKER
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        marker = Marker(**{**found, "classes": tuple(found["classes"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path) from error
    texts = (marker.name, marker.stands_for, marker.recipe, marker.licence, marker.made_with, *marker.classes)
    if not all(isinstance(text, str) for text in texts) or type(marker.seed) is not int:
        raise _damaged(path)
    return marker


def _damaged(path: Path) -> InputError:
    wanted = ", ".join(field.name for field in fields(Marker))
    return InputError(
        f"must hold {wanted}", place=str(path), remedy="Make the stand-in again with `setsuden data make`."
    )


def labelled(dataset: Dataset, folder: Path) -> Dataset:
    """The same data set, marked as a stand-in where its folder says that it is one."""
    marker = marker_of(folder)
    if marker is None:
        return dataset
    if len(marker.classes) != dataset.num_classes:
        raise InputError(
            f"names {len(marker.classes)} classes, the data has {dataset.num_classes}",
            place=str(folder / MARKER),
            remedy="Make the stand-in again with `setsuden data make`.",
        )
    rest = dataset.name.removeprefix(marker.stands_for)
    return replace(
        dataset,
        name=dataset.name if rest == dataset.name else f"{marker.name}{rest}",
        classes=marker.classes,
        source=f"stand-in for {marker.stands_for}, not that data: {marker.recipe} (seed {marker.seed}); "
        f"read from {folder}",
        licence=marker.licence,
        description=marker.recipe,
        stand_in=True,
    )


def made_folder() -> Path:
    """Where stand-ins are made unless said otherwise: ``setsuden/data`` in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "setsuden" / "data"
