"""Samples as compact blocks of bytes, both ways; plain data as JSON text."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from functools import partial
from operator import is_not
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError
from setsuden.ledger.channel import Count
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from array import array

# One sample as it is written: t_s, energy_j, low_j, high_j, power_w (None when unknown).
Row = tuple[float, float, float, float, float | None]

# Made once: the samples of a meter pass through it at every flush.
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)

_BOUNDS = 1  # the block carries low and high; otherwise both equal the energy
_POWER = 2  # the block carries power and, per sample, whether it is known
_ZLIB = 4


def dumps(document: Any) -> str:
    """Compact JSON; NaN, infinity and objects that are not plain data raise InputError."""
    try:
        text: str = storable(_ENCODER.encode(document))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"cannot be stored as JSON: {error}", remedy="Give finite numbers, text, lists, maps."
        ) from None
    return text


def storable(value: Any) -> Any:
    """Text as UTF-8 can hold it, with ``?`` for bytes of a name in another encoding; anything else as it is."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def pack(rows: Sequence[Row]) -> bytes:
    """Columns of float64, one after another, with bounds and power left out where they say nothing; zlib if smaller.

    Raises InputError for NaN and infinity.
    """
    t_s, energy, low, high, given = zip(*rows, strict=True)
    bounds = low != energy or high != energy
    power = any(map(partial(is_not, None), given))
    figures = [*t_s, *energy, *low, *high] if bounds else [*t_s, *energy]
    if power:
        figures += given if None not in given else (0.0 if power_w is None else power_w for power_w in given)
    if not all(map(math.isfinite, figures)):
        wrong = next(row for row in rows if not all(math.isfinite(figure or 0.0) for figure in row))
        raise InputError("a sample must be finite", value=wrong, remedy="Leave out what could not be read.")
    body = struct.pack(f"{len(figures)}d", *figures)
    if power:
        body += bytes(map(partial(is_not, None), given))
    kind = _BOUNDS * bounds | _POWER * power
    if len(rows) >= 16:
        import zlib  # a start does without

        smaller = zlib.compress(body, 1)
        if len(smaller) < len(body):
            return bytes((kind | _ZLIB,)) + smaller
    return bytes((kind,)) + body


class Columns(NamedTuple):
    """A block as it lies on disk: equally long columns.

    power_w, known   watts, and for each whether they are known; both None when none are
    """

    t_s: array[float]
    energy_j: array[float]
    low_j: array[float]
    high_j: array[float]
    power_w: array[float] | None
    known: bytes | None

    def count_at(self, place: int) -> Count:
        """The count of one sample."""
        return Count(self.t_s[place], self.energy_j[place], self.low_j[place], self.high_j[place])


def unpack(data: bytes, samples: int) -> Columns:
    """The columns of a block of so many samples."""
    from array import array  # what only writes does without

    kind, body = data[0], data[1:]
    if kind & _ZLIB:
        import zlib

        try:
            body = zlib.decompress(body)
        except zlib.error as error:
            raise ValueError(str(error)) from None

    def column(number: int) -> array[float]:
        return array("d", body[8 * samples * number : 8 * samples * (number + 1)])

    t_s, energy = column(0), column(1)
    low, high = (column(2), column(3)) if kind & _BOUNDS else (energy, energy)
    if not kind & _POWER:
        return Columns(t_s, energy, low, high, None, None)
    place = 4 if kind & _BOUNDS else 2
    return Columns(t_s, energy, low, high, column(place), body[8 * samples * (place + 1) :])
