"""Where data sets are looked for: the given root, $SETSUDEN_DATA, ./data, then where the system puts them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def candidates(folders: Sequence[str], root: str | Path | None, system: Iterable[str] = ()) -> list[Path]:
    """Folders to look in, in order; ``folders`` are the names a data set goes by.

    A given ``root`` (the folder itself or its parent) is the only place looked in: a typing slip in it must not
    lead to other data.
    """
    if root is not None:
        base = Path(root).expanduser()
        return [*(base / folder for folder in folders), base]
    bases = [Path("data")]
    if os.environ.get("SETSUDEN_DATA"):
        bases.insert(0, Path(os.environ["SETSUDEN_DATA"]).expanduser())
    return [base / folder for base in bases for folder in folders] + [Path(place) for place in system]


def first_with(files: Sequence[Sequence[str]], places: Iterable[Path]) -> Path | None:
    """The first folder that has, for each group of alternative names, one file."""
    return next((place for place in places if not missing_in(files, place)), None)


def missing_in(files: Sequence[Sequence[str]], place: Path) -> list[str]:
    """First name of each group of which the folder has none; a ``*`` in a name stands for anything."""
    return [group[0] for group in files if not any(next(place.glob(name), None) for name in group)]
