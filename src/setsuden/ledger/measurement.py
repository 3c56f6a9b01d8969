"""Measurement: what one window of metering found, as plain data that outlives the meter.

It lives beside the ledger, which stores it, because rooms import downwards only; ``setsuden.meter`` re-exports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from setsuden.quantity import Estimate, Provenance, total, weakest

# CPU time of other processes is counted in ticks of this length, s.
_TICK_S = 0.01


@dataclass(frozen=True, slots=True)
class ChannelEnergy:
    """Joules of one channel in one window.

    gross      all it drew, J
    idle       the share it would have drawn anyway: idle baseline in W x duration, J; None without a baseline
    dynamic    gross - idle, J; None without a baseline
    counted    whether it enters the node total; False for a part that another channel already contains
    """

    channel: str
    component: str
    label: str
    method: str
    gross: Estimate
    idle: Estimate | None
    dynamic: Estimate | None
    counted: bool
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Utilisation:
    """Means over the window, shares 0-1; None where nothing could be read.

    network_received_bytes, network_sent_bytes  sums over the window, of the machine or of its container, loopback left
                                                out; other programs there are inside
    """

    cpu_share: float | None = None
    process_cpu_share: float | None = None
    memory_used_bytes: float | None = None
    memory_share: float | None = None
    gpu_sm_share: float | None = None
    gpu_memory_used_bytes: float | None = None
    network_received_bytes: float | None = None
    network_sent_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """Something the reader must know about a figure; ``code`` is a heading in the documentation."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One window.

    started_at   UTC, ISO 8601; for pricing by the hour, never for durations
    start_s      elapsed clock at begin; ``duration_s`` on the same clock
    energy       node total over the counted channels, gross, J; None when nothing here can be counted or modelled
    dynamic      the same above the idle baseline, J; None without a baseline
    attributes   what was worked on: batch_size, samples, macs, parameters, phase, ... (JSON scalars)
    meter_cpu_s  CPU seconds that the meter itself used inside the window
    process_gpu_energy  joules of the counted cards that fall to this process and its children, by the time they ran on
                 them, see ``setsuden.meter.attribution``; None where the driver does not tell
    """

    window_id: int
    name: str
    parent_id: int | None
    started_at: str
    start_s: float
    duration_s: float
    energy: Estimate | None
    dynamic: Estimate | None
    channels: tuple[ChannelEnergy, ...]
    utilisation: Utilisation
    flags: tuple[Flag, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    meter_cpu_s: float = 0.0
    process_gpu_energy: Estimate | None = None

    def __str__(self) -> str:
        """What it took, in one line: ``train: 46 J [20, 84], assumed, in 2.546 s (SET-NO-SENSOR)``."""
        from setsuden.quantity import render

        took = "energy unknown" if self.energy is None else str(self.energy)
        codes = f" ({', '.join(flag.code for flag in self.flags)})" if self.flags else ""
        seconds = render(Estimate.exact(self.duration_s, "s", Provenance.MEASURED))
        return f"{self.name}: {took}, in {seconds}{codes}"

    @property
    def average_power(self) -> Estimate | None:
        """Gross energy over duration, W."""
        if self.energy is None or self.duration_s <= 0:
            return None
        per_second = self.energy * (1.0 / self.duration_s)
        return Estimate(
            per_second.value, per_second.low, per_second.high, "W", per_second.provenance, per_second.boundary
        )

    @property
    def samples(self) -> float | None:
        """How many samples the window was annotated with; None where nobody said, or none were seen."""
        count = self.attributes.get("samples")
        return float(count) if isinstance(count, int | float) and count > 0 else None

    @property
    def energy_per_sample(self) -> Estimate | None:
        """Gross energy over samples, J/sample; None without samples."""
        if self.energy is None or self.samples is None:
            return None
        return (self.energy / Estimate.exact(self.samples, "sample", Provenance.MEASURED)).to("J/sample")

    @property
    def samples_per_s(self) -> float | None:
        """Samples over duration; None without samples."""
        return None if self.samples is None or self.duration_s <= 0 else self.samples / self.duration_s

    @property
    def process_cpu_energy(self) -> Estimate | None:
        """Joules of the counted CPU channels that fall to this process and its children; None where unknown.

        value   by share of the CPU time that anybody used: idle power is divided among those who work
        low     by share of the CPU time there was: idle power falls to nobody
        high    the value's rule at the upper end of the energy; where no CPU time was seen, what one tick of the clock
                by which it is counted (10 ms) may hide at the power drawn
        """
        ours, busy = self.utilisation.process_cpu_share, self.utilisation.cpu_share
        parts = [part.gross for part in self.channels if part.counted and part.component == "cpu"]
        if ours is None or not busy or not parts:
            return None
        cpu = total(parts)
        share = min(1.0, ours / busy)
        provenance = weakest((cpu.provenance, Provenance.ESTIMATED))
        low = min(cpu.low * min(ours, share), cpu.value * share)
        high = cpu.high * share if share > 0 or self.duration_s <= 0 else cpu.high * min(1.0, _TICK_S / self.duration_s)
        return Estimate(cpu.value * share, low, high, "J", provenance, cpu.boundary, cpu.factors)
