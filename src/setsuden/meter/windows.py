"""Windows that are open: the reading at their begin, and what has happened since."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from setsuden.errors import InputError
from setsuden.meter.load import LoadSpan

if TYPE_CHECKING:
    from setsuden.meter.rig import Reading
    from setsuden.sensors.utilisation import Load


class PowerSpread:
    """Mean and variation of the total power inside a window, from samples, in constant memory (Welford)."""

    __slots__ = ("_mean", "_sum", "samples")

    def __init__(self) -> None:
        self.samples = 0
        self._mean = 0.0
        self._sum = 0.0

    def add(self, power_w: float) -> None:
        """One more sample."""
        self.samples += 1
        away = power_w - self._mean
        self._mean += away / self.samples
        self._sum += away * (power_w - self._mean)

    @property
    def variation(self) -> float | None:
        """Standard deviation over mean; None for fewer than two samples or no power."""
        if self.samples < 2 or self._mean <= 0:
            return None
        return math.sqrt(self._sum / (self.samples - 1)) / self._mean


class OpenWindow:
    """A window that has begun."""

    __slots__ = (
        "attributes",
        "begin",
        "cpu_s",
        "ended",
        "flags",
        "load",
        "name",
        "parent_id",
        "spread",
        "started_at",
        "window_id",
    )

    def __init__(
        self, window_id: int, name: str, parent_id: int | None, started_at: str, begin: Reading, cpu_s: float,
        attributes: dict[str, Any],
    ) -> None:  # fmt: skip
        self.window_id = window_id
        self.name = name
        self.parent_id = parent_id
        self.started_at = started_at
        self.begin = begin
        self.cpu_s = cpu_s
        self.attributes = attributes
        self.spread = PowerSpread()
        self.load = LoadSpan(begin.load)
        self.flags: dict[int, dict[str, None]] = {}
        self.ended = False

    def note(self, flagged: Iterable[tuple[int, tuple[str, ...]]], load: Load | None) -> None:
        """Take over what a reading inside this window reported: flags by channel, how busy things were."""
        for position, codes in flagged:
            self.flags.setdefault(position, {}).update(dict.fromkeys(codes))
        if load is not None:
            self.load.add(load)


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as JSON scalars, single numbers of NumPy and PyTorch too; raises InputError for what is none."""
    plain = {name: _single(value) for name, value in attributes.items()}
    for name, value in plain.items():
        if not (
            value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value))
        ):
            raise InputError(
                f"attribute {name!r} must be text, a finite number, true, false or None", value=value,
                remedy="Convert it first, for example with float(...) or .item().",
            )  # fmt: skip
    return plain


def _single(value: Any) -> Any:
    """The Python number that an array of no dimensions holds; anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value
