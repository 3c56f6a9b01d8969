"""The samples of one channel as arrays."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setsuden.ledger.codec import unpack

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Series:
    """All samples of one channel as arrays.

    t_s, energy_j, low_j, high_j   one entry per sample; the count starts again where another meter took over
    power_t_s, power_w             watts as the hardware gave them, else the mean since the sample before; the first
                                   sample may have none
    flags                          codes that occurred
    """

    t_s: NDArray[np.float64]
    energy_j: NDArray[np.float64]
    low_j: NDArray[np.float64]
    high_j: NDArray[np.float64]
    power_t_s: NDArray[np.float64]
    power_w: NDArray[np.float64]
    flags: tuple[str, ...]


def series_of(blocks: Sequence[tuple[int, str | None, bytes]]) -> Series:
    """Of one channel, from its blocks in order of time: how many samples, their codes as JSON, the packed columns."""
    import numpy as np

    found = [unpack(data, samples) for samples, _, data in blocks]

    def joined(columns: Iterable[array[float]]) -> NDArray[np.float64]:
        return np.concatenate([np.empty(0), *(np.frombuffer(column) for column in columns if column)])

    t_s, energy_j = joined(c.t_s for c in found), joined(c.energy_j for c in found)
    known = np.concatenate(
        [np.empty(0, bool), *(np.frombuffer(c.known, bool) if c.known else np.zeros(len(c.t_s), bool) for c in found)]
    )
    given = joined(c.power_w if c.power_w is not None else array("d", bytes(8 * len(c.t_s))) for c in found)
    seconds, drawn = np.diff(t_s, prepend=t_s[:1]), np.diff(energy_j, prepend=energy_j[:1])
    # Where the hardware gave no power, the mean since the sample before; not across a count that began anew.
    derivable = (seconds > 0) & (drawn >= 0)
    mean = np.divide(drawn, seconds, out=np.zeros_like(drawn), where=derivable)
    there = known | derivable
    codes = tuple(dict.fromkeys(code for _, flags, _ in blocks if flags for code in json.loads(flags)))
    return Series(
        t_s,
        energy_j,
        joined(c.low_j for c in found),
        joined(c.high_j for c in found),
        t_s[there],
        np.where(known, given, mean)[there],
        codes,
    )
