"""Edge devices, phones, boards and cloud vCPUs: watts as published."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table


@dataclass(frozen=True, slots=True)
class EdgeDevice:
    """One board, phone, microcontroller, modem or router.

    *_w            watts within ``idle_scope`` (system at wall, SoC rail ...); ``train_w`` may be a stand-in: ``note``
    text columns   ``infer_w``, ``power_modes_w`` and the throughputs keep the source's ranges and conditions
    """

    id: str
    name: str
    vendor: str | None
    kind: str
    soc: str | None
    idle_w: float | None
    idle_scope: str | None
    infer_w: str | None
    train_w: float | None
    max_w: float | None
    tdp_w: float | None
    power_modes_w: str | None
    wifi_idle_w: float | None
    wifi_rx_w: float | None
    wifi_tx_w: float | None
    fp32_tflops: float | None
    fp16_tflops: float | None
    int8_tops: float | None
    mem_gb: float | None
    resnet50_img_s: str | None
    resnet50_mj_per_img: str | None
    mobilenetv2_img_s: str | None
    mobilenetv2_mj_per_img: str | None
    battery_wh: float | None
    year: int | None
    quality: str | None
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class VcpuPower:
    """Idle and full-load watts of one virtual CPU."""

    id: str
    provider: str
    microarchitecture: str
    idle_w: float
    max_w: float
    memory_gb_per_chip: float | None
    quality: str
    note: str | None
    source: Source


EDGE = Table("edge_devices", EdgeDevice)
VCPU = Table("vcpu_power", VcpuPower)
