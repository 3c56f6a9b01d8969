"""Rows of a measured table as columns: numbers as float arrays (absent: NaN), words as tuples of str (absent: '')."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from setsuden.errors import InputError

Floats = npt.NDArray[np.float64]

NUMBERS = (
    "params_m",
    "active_params_m",
    "gmacs",
    "macts_m",
    "batch_size",
    "device_count",
    "device_tdp_w",
    "device_flops",
    "device_bytes_per_s",
    "power_limit_w",
    "units_per_s",
    "latency_ms",
    "energy_j",
    "power_w",
)
# A layer may have no weights and do no products; every other number of a row is above zero or was not told.
_MAY_BE_NONE = ("params_m", "active_params_m", "gmacs", "macts_m")
_LEAST, _MOST = 1e-30, 1e30  # nothing that a row tells of is smaller or larger: powers of it stay finite
WORDS = (
    "mode",
    "task",
    "model",
    "group",
    "input",
    "precision",
    "framework",
    "device",
    "device_class",
    "unit",
    "scope",
    "extra",
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of work and, where measured, what it cost.

    numbers   column -> float array, NaN where absent; columns of ``NUMBERS``; ``device_flops`` and
              ``device_bytes_per_s`` are rates measured on the device, which go before its data sheet
    words     column -> tuple of str, '' where absent; columns of ``WORDS``
    """

    numbers: Mapping[str, Floats]
    words: Mapping[str, tuple[str, ...]]
    size: int

    def __len__(self) -> int:
        return self.size

    def take(self, index: npt.NDArray[np.intp]) -> Rows:
        """The rows at ``index``, in its order."""
        numbers = {name: column[index] for name, column in self.numbers.items()}
        words = {name: tuple(column[i] for i in index) for name, column in self.words.items()}
        return Rows(numbers, words, len(index))

    def measured(self, target: str) -> Floats:
        """The target of every row, NaN where it was not measured."""
        if target == "seconds_per_unit":
            speed = self.numbers["units_per_s"]
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(speed > 0, 1.0 / speed, np.nan)
        values = self.numbers[target]
        return np.where(values > 0, values, np.nan)

    def watts(self) -> Floats:
        """What joules and speed of every row tell of its watts, or else its watts; NaN where neither was measured."""
        told = self.measured("energy_j") / self.measured("seconds_per_unit")
        return np.where(np.isfinite(told), told, self.measured("power_w"))


def rows_of(frame: Any) -> Rows:
    """A table in any common shape as ``Rows``.

    frame   ``Rows``, a mapping of columns, an object with ``columns`` and ``frame[name]`` (pandas, polars), a sequence
            of mappings (``csv.DictReader`` rows), or None or nothing for an empty table; unknown columns are ignored

    Raises InputError for columns of unequal length or a number that is none.
    """
    if isinstance(frame, Rows):
        return frame
    columns = _columns(frame)
    sizes = {name: len(column) for name, column in columns.items()}
    if len(set(sizes.values())) > 1:
        raise InputError("columns of a table must be equally long", place="frame", value=sizes)
    size = next(iter(sizes.values()), 0)
    numbers = {name: _numbers(name, columns.get(name), size) for name in NUMBERS}
    words = {name: _words(columns.get(name), size) for name in WORDS}
    return Rows(numbers, words, size)


def _columns(frame: Any) -> dict[str, Sequence[Any]]:
    if frame is None:
        return {}
    known = (*NUMBERS, *WORDS)
    if isinstance(frame, Mapping):
        return {str(name): list(column) for name, column in frame.items() if name in known}
    if hasattr(frame, "columns"):
        return {str(name): list(frame[name]) for name in frame.columns if name in known}
    if isinstance(frame, Iterable):
        rows = list(frame)
        if all(isinstance(row, Mapping) for row in rows):
            return {name: [row.get(name) for row in rows] for name in known if any(name in row for row in rows)}
    raise InputError(
        "a table must be a mapping of columns, a data frame or a list of mappings",
        place="frame",
        value=type(frame).__name__,
    )


def _numbers(name: str, column: Sequence[Any] | None, size: int) -> Floats:
    if column is None:
        return np.full(size, np.nan)
    try:
        values = np.array([np.nan if _absent(cell) else float(cell) for cell in column], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("a cell is no number", place=f"frame[{name!r}]", value=str(error)) from None
    possible = ((values >= _LEAST) & (values <= _MOST)) | ((values == 0) & (name in _MAY_BE_NONE))
    return np.where(possible, values, np.nan)


def _absent(cell: Any) -> bool:
    """Whether a cell says nothing: None, blank, NaN, or what pandas takes for missing, which compares with nothing."""
    if cell is None or isinstance(cell, str):
        return cell is None or not cell or cell.isspace()
    try:
        return bool(cell != cell)
    except TypeError:
        return True


def _words(column: Sequence[Any] | None, size: int) -> tuple[str, ...]:
    if column is None:
        return ("",) * size
    return tuple("" if _absent(cell) else str(cell) for cell in column)


def input_numbers(text: str) -> tuple[float, ...]:
    """The numbers in a description of an input, in order: ``224x224x3`` -> (224, 224, 3)."""
    return tuple(min(float(number), _MOST) for number in _NUMBER.findall(text))
