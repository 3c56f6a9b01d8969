"""Small helpers for ledger tests."""

from __future__ import annotations

from setsuden.ledger import ChannelEnergy, ChannelRecord, Flag, Measurement, Utilisation
from setsuden.ledger.codec import Row
from setsuden.quantity import DEVICE, NODE, Estimate, Provenance


def channel(channel_id: str = "fake/cpu", *, counted: bool = True, relative_error: float = 0.05) -> ChannelRecord:
    return ChannelRecord(
        channel_id, "cpu", "CPU", "counter", Provenance.MEASURED, DEVICE, relative_error, "scripted", counted=counted
    )


def rows(first_s: float, count: int, watts: float = 10.0, step_s: float = 0.5) -> list[Row]:
    times = [first_s + step_s * k for k in range(count)]
    return [(t, watts * t, watts * t, watts * t, watts) for t in times]


def measurement(window_id: int = 1, energy_j: float = 100.0, *, parent_id: int | None = None) -> Measurement:
    gross = Estimate.relative(energy_j, 0.05, "J", Provenance.MEASURED, DEVICE)
    return Measurement(
        window_id=window_id,
        name=f"window {window_id}",
        parent_id=parent_id,
        started_at="2026-01-01T00:00:00.000+00:00",
        start_s=1000.0,
        duration_s=10.0,
        energy=gross.within(NODE),
        dynamic=None,
        channels=(ChannelEnergy("fake/cpu", "cpu", "CPU", "counter", gross, None, None, True, ("SET-COUNTER-RESET",)),),
        utilisation=Utilisation(cpu_share=0.5),
        flags=(Flag("SET-COUNTER-RESET", "CPU"),),
        attributes={"batch_size": 32, "phase": "train"},
        meter_cpu_s=0.01,
    )
