"""What a client computes with: how fast, at what power, and what it draws while it waits."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.devices import EDGE, EdgeDevice
from setsuden.errors import InputError
from setsuden.placement.judgement import OTHER_COPY, other_copy
from setsuden.quantity import Estimate, Factor, Provenance

_PEAK = 1e12 / 2.0  # multiply-accumulates per second of one TFLOPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One kind of device.

    macs_per_s     multiply-accumulates per second that training really reaches
    step_s         seconds that every step takes besides
    active_w       of the whole device while it computes, idle share included; None where ``j_per_mac`` is given
    j_per_mac      joules per multiply-accumulate of the whole device, in place of watts times seconds
    idle_w         while it is awake and waits or transfers
    rx_w, tx_w     of the radio while it receives and sends, besides ``idle_w``; None where the link's radio says it
    embodied       gCO2e of making it per second of use; None where it is not counted
    note           where the figures come from, and what they are not
    """

    name: str
    macs_per_s: float
    idle_w: Estimate
    active_w: Estimate | None = None
    j_per_mac: Estimate | None = None
    step_s: float = 0.0
    rx_w: Estimate | None = None
    tx_w: Estimate | None = None
    embodied: Estimate | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.macs_per_s < float("inf"):
            raise InputError(
                "a device does a positive number of MACs per second", place=self.name, value=self.macs_per_s
            )
        if (self.active_w is None) == (self.j_per_mac is None):
            raise InputError("give either active_w or j_per_mac", place=self.name)


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue knows of a device; None where it is silent.

    peak_macs_per_s   by data sheet, never reached: a declared share of it gives ``macs_per_s``
    """

    id: str
    active_w: Estimate | None
    idle_w: Estimate | None
    rx_w: Estimate | None
    tx_w: Estimate | None
    peak_macs_per_s: float | None
    design_w: float | None
    note: str | None


def known(name: str) -> Known:
    """A row of the edge devices (``pixel-7``, ``jetson-xavier-nx-8-gb``), else a processor by its name (``H100``).

    Training power of an edge device is ``train_w`` up to ``max_w`` of its row, which may be a stand-in: see ``note``.
    Its watts are within 15 % for another copy of it, by our judgement. That of a processor is the rule of design power.
    No row knows how many MACs per second training reaches.
    InputError for a name that is neither.
    """
    row = EDGE.find(name)
    return _processor(name) if row is None else _edge(row)


def _edge(row: EdgeDevice) -> Known:
    active = None
    if row.train_w is not None:
        active = _figure(row, "power while training", row.train_w, max(row.train_w, row.max_w or row.train_w))
    return Known(
        row.id,
        active,
        None if row.idle_w is None else _figure(row, f"idle power, {row.idle_scope}", row.idle_w, row.idle_w),
        None if row.wifi_rx_w is None else _figure(row, "Wi-Fi receiving", row.wifi_rx_w, row.wifi_rx_w),
        None if row.wifi_tx_w is None else _figure(row, "Wi-Fi sending", row.wifi_tx_w, row.wifi_tx_w),
        None if row.fp32_tflops is None else row.fp32_tflops * _PEAK,
        row.tdp_w,
        row.note,
    )


def _figure(row: EdgeDevice, what: str, value: float, high: float) -> Estimate:
    low, high = value * (1 - OTHER_COPY), high * (1 + OTHER_COPY)
    factor = Factor(f"{row.name}: {what}", value, low, high, "W", str(row.source), row.year, row.source.licence, row.id)
    return Estimate(value, low, high, "W", Provenance.ASSUMED, None, (factor, other_copy()))


def _processor(name: str) -> Known:
    from setsuden.catalogue.device_names import device
    from setsuden.footprint.device import power_of

    found = device(name, besides=EDGE.ids(), instead="Or leave out catalogue and give macs_per_s, active_w and idle_w.")
    row = found.match.row
    peak = None if row.fp32_tflops is None else row.fp32_tflops * _PEAK
    busy, idle = power_of(found, 1.0).within(None), power_of(found, 0.0).within(None)
    return Known(row.id, busy, idle, None, None, peak, row.tdp_w, found.match.note)
