"""What a sensor is: channels that count joules, and a read that never lies.

A sensor turns whatever its hardware offers (a wrapping counter, a power reading, a utilisation) into one thing: joules
since it was opened, per channel. The meter only ever subtracts two such readings, so adjacent windows add up exactly.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from setsuden.quantity import Boundary, Factor, Provenance
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.language import Language
    from setsuden.sensors.correction import Correction


class Component(StrEnum):
    """The part of the machine that a channel covers."""

    CPU = "cpu"
    DRAM = "dram"
    GPU = "gpu"
    ACCELERATOR = "accelerator"
    BOARD = "board"
    BATTERY = "battery"
    OTHER = "other"


class Method(StrEnum):
    """How a channel gets its joules."""

    COUNTER = "counter"
    POWER = "power"
    MODEL = "model"


class Channel(NamedTuple):
    """One stream of joules.

    id                 unique and stable on a machine: ``rapl/package-0``, ``nvml/GPU-<uuid>``, ``model/cpu``
    label              for people: ``CPU package 0``
    contained_in       id of the channel whose figure already includes this one (core in package, package in psys)
    relative_error     5-95 half-width of the energy, a share; from ``error_source``
    relative_error_below  the same downwards where the interval is lopsided (a factor of 2.6 either way); None: alike
    resolution_j       smallest step of the counter in J; 0 when continuous
    update_interval_s  how often the hardware refreshes the figure; windows shorter than this are below resolution
    factors            looked-up inputs (a power curve, watts per GB)
    correction         what was applied to its figures; None: nothing
    """

    id: str
    component: Component
    label: str
    method: Method
    provenance: Provenance
    boundary: Boundary
    relative_error: float
    error_source: str
    resolution_j: float = 0.0
    update_interval_s: float = 0.0
    contained_in: str | None = None
    factors: tuple[Factor, ...] = ()
    relative_error_below: float | None = None
    correction: Correction | None = None


class Sample(NamedTuple):
    """One reading of one channel.

    t_s            elapsed seconds on the host's monotonic clock at the moment of reading
    energy_j       joules since the sensor was opened; never decreases
    low_j, high_j  bounds on ``energy_j`` from what may have been missed (a gap, a reset, an unseen wrap); both equal
                   to ``energy_j`` while nothing was missed. The channel's ``relative_error`` is not in them.
    power_w        watts at this moment where the hardware says so or since the last reading, else None
    flags          codes of what went wrong at this reading, see ``setsuden.sensors.flags``
    lag_s          how old the figure may be by what was seen of it, where that is more than the channel's own
                   ``update_interval_s``: the longest time it stood still and then made up for
    open_below_j, open_above_j  the part of ``energy_j - low_j`` and ``high_j - energy_j`` that hangs on a gap which is
                   still open: a later reading may settle it, for what was before this one as well
    still_s        how long the counter has stood still, where that is all the gap there is
    """

    t_s: float
    energy_j: float
    low_j: float
    high_j: float
    power_w: float | None
    flags: tuple[str, ...] = ()
    lag_s: float = 0.0
    open_below_j: float = 0.0
    open_above_j: float = 0.0
    still_s: float = 0.0


@runtime_checkable
class Sensor(Protocol):
    """A source of joules. Not thread-safe: one reader at a time."""

    @property
    def name(self) -> str:
        """Short name of the source: ``rapl``, ``nvml``, ``hwmon``, ``ina3221``, ``battery``, ``model-cpu``."""
        ...

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What it can read; fixed for its lifetime. A channel that vanishes keeps its place and is flagged."""
        ...

    def read(self) -> tuple[Sample, ...]:
        """One sample per channel, in the order of ``channels``. Never raises for a fault of the hardware."""
        ...

    def close(self) -> None:
        """Release files and handles; reading afterwards is an error."""
        ...


class TwoStepSensor(Sensor, Protocol):
    """A sensor whose ``read`` can be done in two steps, so that many readings are worked out together, later.

    A thread that wakes up finds its caches cold, and the same work costs ten times as much. Every ``take`` is settled
    once, in the order of taking, before the next ``read``; both together give what ``read`` would have given then.
    """

    def take(self, t_s: float, boot_s: float) -> object:
        """What the hardware shows now, as it is; the two clocks were read just before. Never raises for a fault."""
        ...

    def settle(self, t_s: float, boot_s: float, taken: object) -> tuple[Sample, ...]:
        """One sample per channel from what ``take`` found at those clocks."""
        ...


class Status(StrEnum):
    """What a look for a sensor found. Absent, denied and reading zero are three different things."""

    AVAILABLE = "available"
    ABSENT = "absent"
    DENIED = "denied"
    BROKEN = "broken"
    MODELLED = "modelled"


class Finding(NamedTuple):
    """One line of ``setsuden doctor``: a source looked for and what was found.

    source   ``rapl``, ``nvml``, ``model-cpu``, ...
    key      which message says it, under ``finding`` in the table ``doctor``
    values   what fills the message's placeholders

    Worded on demand: ``detail``, ``accuracy`` and ``remedy`` in English, ``worded`` in any language.
    """

    source: str
    status: Status
    key: str
    values: tuple[tuple[str, str], ...] = ()

    def worded(self, part: str, language: Language = "en") -> str | None:
        """``part`` is ``detail``, ``accuracy`` or ``remedy``; None when this finding has no such part."""
        # Only a reader of findings pays for the messages; a meter that starts does not.
        from setsuden.language import Messages

        messages = Messages("doctor", language)
        key = f"finding.{self.key}.{part}"
        return messages.say(key, **dict(self.values)) if key in messages else None

    @property
    def detail(self) -> str:
        """What was found."""
        return self.worded("detail") or self.key

    @property
    def accuracy(self) -> str | None:
        """How accurate, with the source of that; None when nothing can be read."""
        return self.worded("accuracy")

    @property
    def remedy(self) -> str | None:
        """The exact fix, a command where there is one; None when nothing can be done."""
        return self.worded("remedy")


def finding(source: str, status: Status, key: str, **values: object) -> Finding:
    """A finding with its placeholders filled."""
    return Finding(source, status, key, tuple((name, str(value)) for name, value in values.items()))
