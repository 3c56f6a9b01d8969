"""Saved models: exported programs and TorchScript as PyTorch keeps them, and Keras files. Pickles are not opened."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError, require

if TYPE_CHECKING:
    from setsuden.workload.profile.targets.resolve import Work

SUFFIXES = (".pt2", ".pt", ".pth", ".ts", ".ckpt", ".bin", ".safetensors", ".keras", ".h5")


def from_file(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any], input_shape: Sequence[int] | None, batch_size: int | None
) -> Work:
    """Work of a saved model; an exported program brings its example inputs.

    Raises InputError for a file that is missing or damaged, and for weights or pickles, which hold no model that could
    be run without running what they name.
    """
    path = Path(name)
    if not path.is_file():
        raise InputError("there is no such file", place=name)
    if path.suffix == ".keras":
        return _keras(path, args, kwargs, input_shape, batch_size)
    require("Counting the work of this model", "torch", "torch")
    from setsuden.workload.profile.targets.torch import TorchWork

    model = _torch_model(path)
    return TorchWork.of(model, args, kwargs, input_shape, batch_size, name=path.stem)


def _torch_model(path: Path) -> Any:
    """An exported program or a scripted module; what an archive holds is told by its members, not by its name."""
    import torch

    members = _members(path)
    try:
        if "archive_format" in members:
            return torch.export.load(path)
        if "constants.pkl" in members:
            return torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    except Exception as error:
        raise InputError(
            f"the saved model cannot be read: {_first_line(error)}", place=str(path),
            remedy="Save it again with this version of PyTorch.",
        ) from error  # fmt: skip
    raise InputError(
        "holds weights or pickled Python, not a model that can be run", place=str(path),
        remedy="Write a function that builds the model and give it as package.module:factory (MACs do not need the "
        "weights), or save the model with torch.export.save.",
    )  # fmt: skip


def _members(path: Path) -> set[str]:
    """Last parts of the names in a ZIP archive; nothing for another file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {member.rpartition("/")[2] for member in archive.namelist()}
    except zipfile.BadZipFile:
        return set()


def _keras(
    path: Path,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    input_shape: Sequence[int] | None,
    batch_size: int | None,
) -> Work:
    require("Counting the work of this model", "keras", "keras")
    import keras

    from setsuden.workload.profile.targets import keras as target

    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise InputError(f"the saved model cannot be read: {_first_line(error)}", place=str(path)) from error
    return target.work(model, args, kwargs, input_shape, batch_size)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
