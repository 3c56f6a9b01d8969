"""How alike two pieces of work are: sizes, names, configurations, in one covariance.

    shared by all            sizes, name, sizes x name, same group
    by like software         the same, times the squared likeness of what is known beside the device
    by device                the same, on one device, of boards also times the likeness of the names of two
    by software on a device  the same, on one device, times the squared likeness of the software
    within a configuration   the same, where device and software are equal

so a model seen on another device still says something, and five rows of a new device say most about that device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from setsuden.predict.frame import Floats
from setsuden.predict.words import model_words, plain_words, similarity

LEVELS = ("shared", "software", "device", "both", "same")
PARTS = ("constant", "linear", "sizes", "sizes_and_name", "name", "group")


@dataclass(frozen=True, slots=True)
class Kernel:
    """Strengths of the parts and lengths of the sizes; all in squared or plain natural-log units.

    strengths   (5 levels, 6 parts) variances
    lengths     one per feature: how far a size may differ, in natural logs, before it says nothing; inf: ignored
    noise       variance of a repetition
    siblings    whether devices are alike as far as their names share words; else only a device is like itself
    """

    strengths: Floats
    lengths: Floats
    noise: float
    siblings: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """Rows as the kernel sees them; ``sizes`` are logs without NaN, ``gains`` what is left of an error (0-1)."""

    sizes: Floats
    names: tuple[str, ...]
    groups: tuple[str, ...]
    devices: tuple[str, ...]
    software: tuple[str, ...]
    gains: Floats

    def __len__(self) -> int:
        return len(self.names)

    def configurations(self) -> tuple[str, ...]:
        """Device and software of every point in one text."""
        return tuple(f"{device} {told}" for device, told in zip(self.devices, self.software, strict=True))

    def take(self, index: Sequence[int]) -> Points:
        """The points at ``index``."""
        return Points(
            self.sizes[list(index)],
            tuple(self.names[i] for i in index),
            tuple(self.groups[i] for i in index),
            tuple(self.devices[i] for i in index),
            tuple(self.software[i] for i in index),
            self.gains[list(index)],
        )


def likeness(a: Points, b: Points, siblings: bool = False) -> tuple[Floats, ...]:
    """Names and groups, then by level: software, device, both, same; squared cosines of words, else 0 or 1.

    siblings   whether devices of like names are alike, by the cosine of their words
    """
    name = similarity(a.names, b.names, model_words) ** 2
    software = similarity(a.software, b.software, plain_words) ** 2
    device = own = equal(a.devices, b.devices)
    if siblings:
        device = np.maximum(own, similarity(a.devices, b.devices, plain_words))
    same = own * equal(a.software, b.software)
    return name, equal(a.groups, b.groups), software, device, device * software, same


def equal(a: Sequence[str], b: Sequence[str]) -> Floats:
    """One where two labels are the same, else zero."""
    left, right = _codes(a, b)
    return np.asarray(left[:, None] == right[None, :], dtype=np.float64)


def _codes(a: Sequence[str], b: Sequence[str]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Labels as numbers, the same label the same number."""
    codes: dict[str, int] = {}
    left = np.array([codes.setdefault(label, len(codes)) for label in a], dtype=np.intp)
    return left, np.array([codes.setdefault(label, len(codes)) for label in b], dtype=np.intp)


def covariance(kernel: Kernel, a: Points, b: Points) -> Floats:
    """Prior covariance of the residuals of two sets of points, without noise, shape (a, b).

    Rows of one configuration share how strong each part is, so the four levels are added up once for each pair of
    configurations and not once for each pair of rows.
    """
    used = np.isfinite(kernel.lengths)
    left, right = a.sizes[:, used] / kernel.lengths[used], b.sizes[:, used] / kernel.lengths[used]
    left_half, right_half = 0.5 * (left**2).sum(axis=1), 0.5 * (right**2).sum(axis=1)
    group_a, group_b = _codes(a.groups, b.groups)
    names_a, names_b = list(dict.fromkeys(a.names)), list(dict.fromkeys(b.names))
    alike = similarity(names_a, names_b, model_words) ** 2
    name_a, name_b = _codes(names_a, a.names)[1], _codes(names_b, b.names)[1]
    alike = alike[:, name_b]
    rows_a, first_a = _configured(a)
    rows_b, first_b = _configured(b)
    strengths = _strengths(kernel, a.take(first_a), b.take(first_b))[:, rows_b]
    total = np.empty((len(a), len(b)))
    for own in range(len(first_a)):
        rows = np.flatnonzero(rows_a == own)
        constant, linear, sizes, both, name, group = strengths[own].T
        inner = left[rows] @ right.T
        block = inner - left_half[rows][:, None]
        block -= right_half
        np.minimum(block, 0.0, out=block)
        np.exp(block, out=block)
        same_name = alike[name_a[rows]]
        block *= sizes + both * same_name
        block += constant
        inner *= linear
        block += inner
        same_name *= name
        block += same_name
        if group.any():
            block += group * (group_a[rows][:, None] == group_b)
        total[rows] = block * a.gains[rows][:, None]
    total *= b.gains
    return total


def _configured(points: Points) -> tuple[npt.NDArray[np.intp], list[int]]:
    """Number of the configuration of every point, and the first point of each configuration."""
    first: dict[tuple[str, str], int] = {}
    numbers: dict[tuple[str, str], int] = {}
    found = np.empty(len(points), dtype=np.intp)
    for i, pair in enumerate(zip(points.devices, points.software, strict=True)):
        first.setdefault(pair, i)
        found[i] = numbers.setdefault(pair, len(numbers))
    return found, list(first.values())


def _strengths(kernel: Kernel, a: Points, b: Points) -> Floats:
    """Strength of every part between every two points, its levels added up, shape (a, b, 6)."""
    _, _, *alike = likeness(a, b, kernel.siblings)
    levels = np.stack([np.ones_like(alike[0]), *alike], axis=-1)
    return np.asarray(levels @ kernel.strengths, dtype=np.float64)


def variance(kernel: Kernel, a: Points) -> Floats:
    """Prior variance of the residual of every point, without noise."""
    used = np.isfinite(kernel.lengths)
    inner = ((a.sizes[:, used] / kernel.lengths[used]) ** 2).sum(axis=1)
    parts = kernel.strengths.sum(axis=0)
    return np.asarray(a.gains**2 * (parts[0] + parts[1] * inner + parts[2:].sum()), dtype=np.float64)
