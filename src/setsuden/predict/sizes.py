"""Sizes that a row does not state: of a layer from its shapes, of a model borrowed from the likest that states them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from setsuden.predict.frame import Rows, input_numbers
from setsuden.predict.layer import sized_layers
from setsuden.predict.words import model_words, similarity


def borrowed_sizes(rows: Rows, others: Rows) -> Rows:
    """Rows whose missing ``gmacs`` and ``macts_m`` are filled from ``others``, scaled to their parameters and input.

    Layers tell theirs by their shapes, see ``setsuden.predict.layer``.
    A donor of equal parameters and input is the same architecture and is copied; otherwise the likest by name and by
    parameters is scaled: work with parameters and pixels, activations with the root of parameters and with pixels.
    """
    rows = sized_layers(rows)
    missing = np.flatnonzero(np.isnan(rows.numbers["gmacs"]) & (rows.numbers["params_m"] > 0))
    donors = _donors(others)
    if not len(missing) or not len(donors):
        return rows
    numbers = {name: column.copy() for name, column in rows.numbers.items()}
    names = [rows.words["model"][i] for i in missing]
    alike = similarity(names, [others.words["model"][k] for k in donors], model_words)
    log_params = np.log(others.numbers["params_m"][donors])
    pixels = np.array([_pixels(others.words["input"][k]) for k in donors])
    for likeness, i in zip(alike, missing, strict=True):
        params, own_pixels = float(rows.numbers["params_m"][i]), _pixels(rows.words["input"][i])
        distance = np.abs(log_params - np.log(params)) + 0.5 * np.abs(np.log(pixels / own_pixels))
        best = int(np.argmax(likeness - distance))
        donor = donors[best]
        weights, area = params / float(others.numbers["params_m"][donor]), own_pixels / pixels[best]
        numbers["gmacs"][i] = others.numbers["gmacs"][donor] * weights * area
        numbers["macts_m"][i] = others.numbers["macts_m"][donor] * np.sqrt(weights) * area
    return Rows(numbers, rows.words, rows.size)


def _donors(rows: Rows) -> npt.NDArray[np.intp]:
    """One row of every model and input that states everything."""
    n = rows.numbers
    complete = np.isfinite(n["gmacs"]) & np.isfinite(n["macts_m"]) & (n["gmacs"] > 0) & (n["params_m"] > 0)
    first: dict[tuple[str, str], int] = {}
    for i in np.flatnonzero(complete):
        first.setdefault((rows.words["model"][i], rows.words["input"][i]), int(i))
    return np.array([first[told] for told in sorted(first)], dtype=np.intp)


def _pixels(text: str) -> float:
    found = input_numbers(text)
    return max(found[0] * found[1], 1.0) if len(found) > 1 else 1.0
