"""Bytes read by operators that do not read all of their inputs: look-ups read the rows they return, writers nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Reader = Callable[[Sequence[Any], Mapping[str, Any], Any], int]


def _nothing(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
    return 0


def _looked_up(indices: int) -> Reader:
    """The rows that come out, and the indices at one place."""

    def reader(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
        index = args[indices] if len(args) > indices else None
        tensors = index if isinstance(index, (list, tuple)) else [index]
        return int(out.nbytes) + sum(int(getattr(tensor, "nbytes", 0)) for tensor in tensors)

    return reader


def _source(place: int) -> Reader:
    """Only the operand at one place: the other is overwritten."""

    def reader(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
        return int(getattr(args[place], "nbytes", 0))

    return reader


_READERS: dict[str, Reader] = {
    "embedding": _looked_up(1),
    "index": _looked_up(1),
    "_unsafe_index": _looked_up(1),
    "index_select": _looked_up(2),
    "gather": _looked_up(2),
    "take": _looked_up(1),
    "copy_": _source(1),
}
for _name in (
    *("fill_", "zero_", "set_", "resize_", "bernoulli_", "uniform_", "normal_", "exponential_", "random_"),
    *(prefix + kind for prefix in ("", "new_") for kind in ("empty", "zeros", "ones", "full", "empty_strided")),
    *(f"{kind}_like" for kind in ("empty", "zeros", "ones", "full", "rand", "randn")),
):
    _READERS[_name] = _nothing


def reader_of(name: str) -> Reader | None:
    """The reader of ``aten::name``; None for operators that read every input once."""
    namespace, _, base = name.partition("::")
    return _READERS.get(base) if namespace == "aten" else None
