"""``result.json`` and what goes with it appear whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from setsuden.errors import InputError

RESULT = "result.json"


def check_folder(folder: Path) -> None:
    """Raise InputError unless files can be written into ``folder``; what is made to find out is removed again."""
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        what = "a link that leads to no folder" if place.is_symlink() else "a file, not a folder"
        raise InputError(f"this is {what}", place="--out", value=str(place), remedy="Name a folder.")
    try:  # asking for permissions says nothing of a full or read-only disk, nor to root
        with tempfile.TemporaryDirectory(prefix=".setsuden-", dir=place) as trial:
            (Path(trial) / RESULT).write_text("{}", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot write here: {error.strerror}", place="--out", value=str(folder), remedy="Choose another folder."
        ) from None


def write_result(document: Mapping[str, Any], folder: Path) -> Path:
    """Write a document as ``result.json`` beside its place and move it there in one step."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return write_files({RESULT: text}, folder, "the results")[0]


def write_files(texts: Mapping[str, str], folder: Path, what: str) -> list[Path]:
    """Write every file or none of them; InputError saying that ``what`` cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return write_whole({folder / name: text for name, text in texts.items()})
    except OSError as error:
        raise InputError(
            f"cannot write {what}: {error.strerror}", place=str(folder), remedy="Choose another folder with --out."
        ) from None


def write_whole(texts: Mapping[Path, str]) -> list[Path]:
    """Write every file beside its place, then move each there in one step; a failure leaves no draft behind.

    A link is followed; what is no plain file (a pipe, a terminal) is written to as it is.
    """
    drafts = {path: _draft(path) for path in texts}
    try:
        for path, draft in drafts.items():
            draft.write_bytes(texts[path].encode("utf-8"))
        for path, draft in drafts.items():
            if draft != path:
                draft.replace(path.resolve())
        return list(texts)
    except BaseException:
        for path, draft in drafts.items():
            if draft != path:
                with contextlib.suppress(OSError):  # a read-only disk refuses even to remove what is not there
                    draft.unlink(missing_ok=True)
        raise


def _draft(path: Path) -> Path:
    """Beside where ``path`` leads; ``path`` itself where it is not to be moved to."""
    if path.exists() and not path.is_file():
        return path
    return path.resolve().with_name(f".{path.name}.{os.getpid()}")
