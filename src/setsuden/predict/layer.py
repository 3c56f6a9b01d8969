"""How large a single layer is, from the shapes that the column ``extra`` of its row states.

A JSON object of numbers, all of one sample: ``input_size`` of a layer without weights, with ``output_size`` of a linear
one; or ``image_size``, ``in_channels``, ``kernel_size``, ``stride``, ``padding`` and of convolutions ``out_channels``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import floor, nan

import numpy as np

from setsuden.predict.domain import LAYERS, domains_of, extra_fields
from setsuden.predict.frame import Rows

POOLINGS, ELEMENTWISE = ("AdaptiveAvgPool2d", "MaxPool2d"), ("Dropout", "ReLU", "Sigmoid", "Softmax", "Tanh")
_IMAGE = ("image_size", "in_channels", "kernel_size", "stride", "padding")
_WINDOW = 4.0  # elements under the window of a pooling that does not state it
_MOST = 1e15  # a shape of more elements is none


@dataclass(frozen=True, slots=True)
class Layer:
    """Elements of one sample that a layer takes in and puts out, and its weights; NaN where the row does not tell."""

    taken: float
    given: float
    weights: float


@lru_cache(maxsize=32768)
def layer(name: str, extra: str, gmacs: float) -> Layer:
    """The sizes of a layer by its shapes; of one that has no weights and states none, by its operations.

    gmacs   10^9 multiply-accumulates; of layers without products 10^9 operations, half of them in a pooling
    """
    fields = extra_fields(extra)
    told = {key: _above_zero(value) for key, value in fields.items() if key != "padding"}
    if all(key in fields for key in _IMAGE):
        return _of_image({**told, "padding": max(_number(fields["padding"]), 0.0)})
    if "input_size" in told:
        made = told.get("output_size", told["input_size"])
        return Layer(told["input_size"], made, told["input_size"] * made if "output_size" in told else 0.0)
    operations = 1e9 * gmacs
    if name == "Linear":
        return Layer(nan, nan, operations)
    if name == "MaxPool2d":
        return Layer(2 * operations, 2 * operations / _WINDOW, 0.0)
    known = name in (*ELEMENTWISE, *POOLINGS)
    return Layer(operations, operations, 0.0) if known else Layer(nan, nan, nan)


def _of_image(told: Mapping[str, float]) -> Layer:
    side, channels, window = told["image_size"], told["in_channels"], told["kernel_size"]
    steps = (side + 2 * told["padding"] - window) / told["stride"]
    windows = float(floor(steps) + 1) ** 2 if 0 <= steps < _MOST else nan
    made = told.get("out_channels", channels)
    return Layer(channels * side**2, made * windows, channels * made * window**2 if "out_channels" in told else 0.0)


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return nan


def _above_zero(value: object) -> float:
    number = _number(value)
    return number if 0 < number < _MOST else nan


def layers(rows: Rows) -> list[Layer]:
    """The sizes of every row, taken for a layer."""
    w = rows.words
    return [layer(*row) for row in zip(w["model"], w["extra"], rows.numbers["gmacs"].tolist(), strict=True)]


def sized_layers(rows: Rows) -> Rows:
    """Rows with ``macts_m`` (what is put out) and ``params_m`` of layers filled where they were not stated."""
    index = np.flatnonzero(np.array(domains_of(rows)) == LAYERS)
    if not len(index):
        return rows
    found = layers(rows.take(index))
    numbers = dict(rows.numbers)
    for name, sizes in (("macts_m", [one.given for one in found]), ("params_m", [one.weights for one in found])):
        column = numbers[name].copy()
        column[index] = np.where(np.isnan(column[index]), np.array(sizes) / 1e6, column[index])
        numbers[name] = column
    return Rows(numbers, rows.words, rows.size)
