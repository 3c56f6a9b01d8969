"""How alike two pieces of work are: sizes, names, configurations, in one covariance.

    shared by all            sizes, name, sizes x name, same group
    by like software         the same, times the squared likeness of what is known beside the device
    by device                the same, on one device
    within a configuration   the same, where device and software are equal

so a model seen on another device still says something, and five rows of a new device say most about that device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from setsuden.predict.frame import Floats
from setsuden.predict.words import model_words, plain_words, similarity

LEVELS = ("shared", "software", "device", "same")
PARTS = ("constant", "linear", "sizes", "sizes_and_name", "name", "group")


@dataclass(frozen=True, slots=True)
class Kernel:
    """Strengths of the parts and lengths of the sizes; all in squared or plain natural-log units.

    strengths   (4 levels, 6 parts) variances
    lengths     one per feature: how far a size may differ, in natural logs, before it says nothing; inf: ignored
    noise       variance of a repetition
    """

    strengths: Floats
    lengths: Floats
    noise: float


@dataclass(frozen=True, slots=True)
class Points:
    """Rows as the kernel sees them; ``sizes`` are logs without NaN."""

    sizes: Floats
    names: tuple[str, ...]
    groups: tuple[str, ...]
    devices: tuple[str, ...]
    software: tuple[str, ...]

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
        )


def likeness(a: Points, b: Points) -> tuple[Floats, ...]:
    """Names (squared cosine), groups (0 or 1), then by level: software (squared cosine), device, same (0 or 1)."""
    name = similarity(a.names, b.names, model_words) ** 2
    software = similarity(a.software, b.software, plain_words) ** 2
    device = equal(a.devices, b.devices)
    return name, equal(a.groups, b.groups), software, device, device * equal(a.software, b.software)


def equal(a: Sequence[str], b: Sequence[str]) -> Floats:
    """One where two labels are the same, else zero."""
    codes: dict[str, int] = {}
    left = np.array([codes.setdefault(label, len(codes)) for label in a])
    right = np.array([codes.setdefault(label, len(codes)) for label in b])
    return np.asarray(left[:, None] == right[None, :], dtype=np.float64)


def covariance(kernel: Kernel, a: Points, b: Points) -> Floats:
    """Prior covariance of the residuals of two sets of points, without noise, shape (a, b)."""
    name, group, software, device, same = likeness(a, b)
    used = np.isfinite(kernel.lengths)
    left, right = a.sizes[:, used] / kernel.lengths[used], b.sizes[:, used] / kernel.lengths[used]
    inner = left @ right.T
    distance = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None, :] - 2 * inner
    sizes = np.exp(-0.5 * np.maximum(distance, 0.0))
    parts = (1.0, inner, sizes, sizes * name, name, group)
    total = np.zeros((len(a), len(b)))
    for level, weight in enumerate((1.0, software, device, same)):
        strengths = kernel.strengths[level]
        if strengths.any():
            total += weight * sum(s * part for s, part in zip(strengths, parts, strict=True) if s > 0)
    return total


def variance(kernel: Kernel, a: Points) -> Floats:
    """Prior variance of the residual of every point, without noise."""
    used = np.isfinite(kernel.lengths)
    inner = ((a.sizes[:, used] / kernel.lengths[used]) ** 2).sum(axis=1)
    parts = kernel.strengths.sum(axis=0)
    return np.asarray(parts[0] + parts[1] * inner + parts[2:].sum(), dtype=np.float64)
