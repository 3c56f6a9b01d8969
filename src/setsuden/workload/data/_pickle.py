"""Reading CIFAR's Python pickles without running code: plain containers and numeric arrays, nothing else."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from setsuden.errors import InputError

_NUMERIC = frozenset("biuf")


def read_plain_pickle(path: Path) -> dict[bytes, object]:
    """The dictionary in a pickle of bytes, numbers, lists, dictionaries and numeric arrays.

    A pickle can name any function to be called on loading. Here only the few names that rebuild a numeric array are
    understood, and they lead to stand-ins of this module; anything else is refused before it is called.
    """
    try:
        with path.open("rb") as file:
            try:
                unpickler = _PlainUnpickler(file, encoding="bytes")
                unpickler.place = str(path)
                found = unpickler.load()
            except InputError:
                raise
            except (pickle.UnpicklingError, EOFError, OverflowError, LookupError) as error:
                raise _damaged(path, file.tell(), error) from error
            except (ValueError, TypeError, AttributeError, MemoryError, struct.error, UnicodeError) as error:
                raise _damaged(path, file.tell(), error) from error
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", place=str(path), remedy="Check its permissions."
        ) from error
    if not isinstance(found, dict):
        raise InputError(
            "the pickle holds no dictionary",
            place=str(path),
            value=type(found).__name__,
            remedy="Use the files of cifar-10-python.tar.gz.",
        )
    return {
        key.encode() if isinstance(key, str) else key: value.array if isinstance(value, _PlainArray) else value
        for key, value in found.items()
    }


def _damaged(path: Path, offset: int, error: Exception) -> InputError:
    return InputError(
        f"the pickle is damaged or cut off: {error or type(error).__name__}",
        place=f"{path}, byte {offset}",
        remedy="Fetch the file again.",
    )


class _PlainUnpickler(pickle.Unpickler):
    place = ""

    def find_class(self, module_name: str, global_name: str) -> Any:
        try:
            return _ALLOWED[module_name, global_name]
        except KeyError:
            raise InputError(
                "the pickle wants to run code that a data file has no need of; nothing of it was run",
                place=self.place,
                value=f"{module_name}.{global_name}",
                remedy="Do not trust this file; fetch cifar-10-python.tar.gz from its authors.",
            ) from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError(f"persistent reference {pid!r}")


class _ArrayKind:
    """Stands for numpy.ndarray as an argument."""


class _PlainType:
    """Stands for numpy.dtype: remembers a numeric type, and its byte order when told."""

    def __init__(self, code: object, _align: object = False, _copy: object = True) -> None:
        text = code.decode("ascii") if isinstance(code, bytes) else code
        if not isinstance(text, str) or text[:1] not in _NUMERIC or not text[1:].isdigit():
            raise pickle.UnpicklingError(f"an array of a type that is not numeric: {code!r}")
        self.dtype = np.dtype(text)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        if order == ">":
            self.dtype = self.dtype.newbyteorder(">")


class _PlainArray:
    """Stands for numpy's rebuilding function; the array is made here from checked parts."""

    array: np.ndarray[Any, Any]

    def __init__(self, _kind: object, _shape: object, _code: object) -> None:
        self.array = np.empty(0, dtype=np.uint8)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, shape, kind, fortran, raw = state
        if not isinstance(kind, _PlainType) or not isinstance(raw, bytes):
            raise pickle.UnpicklingError("an array that is not numeric")
        self.array = np.frombuffer(raw, dtype=kind.dtype).reshape(shape, order="F" if fortran else "C")


def _latin_bytes(text: object, encoding: object) -> bytes:
    """How Python 3 writes bytes in old pickle protocols."""
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
        raise pickle.UnpicklingError("bytes in an unknown encoding")
    return text.encode("latin1")


_ALLOWED: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy.core.multiarray", "_reconstruct"): _PlainArray,
    ("numpy._core.multiarray", "_reconstruct"): _PlainArray,
    ("numpy", "ndarray"): _ArrayKind,
    ("numpy", "dtype"): _PlainType,
    ("_codecs", "encode"): _latin_bytes,
}
