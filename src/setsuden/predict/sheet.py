"""What a data sheet says of the device of a row: arithmetic rate, bandwidth, design power; what had to be guessed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from setsuden.catalogue import processors
from setsuden.catalogue.processors import Processor
from setsuden.quantity import Estimate

# Generations whose cards do 16-bit matrix products (32-bit sums) at twice their 32-bit vector rate when the data sheet
# of the catalogue gives no matrix rate: the makers' white papers of GA102, AD102 and GB202.
_TWICE_VECTOR = ("ampere", "ada", "blackwell")
_TURING_MATRIX = 4.0  # TU102 with 32-bit sums against its 32-bit vector rate
_DESKTOP_CARDS = ("geforce", "rtx")
# Short names that measurements use and the catalogue lists only with their form factor.
_SHORT = (("h100", "NVIDIA H100 SXM5 80 GB"), ("v100", "NVIDIA Tesla V100 PCIe 16 GB"),
          ("p100", "NVIDIA Tesla P100 PCIe 16 GB"), ("a100", "NVIDIA A100 SXM4 40 GB"),
          ("mi210", "AMD Radeon Instinct MI210"))  # fmt: skip
# AMD's two-die cards show each die as a device (AMD Instinct MI200 data sheets).
_HALVES = {"mi250": "AMD Radeon Instinct MI250", "mi250x": "AMD Radeon Instinct MI250X"}
# How names of single boards and of microcontrollers begin; their catalogue rows give no rates.
_BOARDS = ("jetson", "raspberry", "rpi", "odroid", "khadas", "radxa", "rock pi", "rock 5", "orange pi", "banana pi",
           "beaglebone", "snapdragon", "rk3", "firefly", "lattepanda", "milk v")  # fmt: skip
_MICROCONTROLLERS = ("stm32", "nucleo", "cortex m", "esp32", "nrf5", "rp2040", "arduino", "ek ra", "mimxrt", "max78",
                     "psoc")  # fmt: skip
_CPU_FLOPS_PER_WATT = 1.0e10  # 32-bit, vector units, a server or desktop part of the last ten years
_GPU_FLOPS_PER_WATT = 6.0e10
_CPU_BANDWIDTH = 8.0e10
_GPU_BANDWIDTH = 7.0e11
_FIGURES = 3  # that may be guessed
_DEFAULT_POWER_W = {"cpu": 150.0, "gpu": 250.0}

DeviceClass = Literal["gpu", "cpu", "edge", "mcu"]
CLASSES: tuple[DeviceClass, ...] = get_args(DeviceClass)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Peak rates of one device.

    flops       FLOP/s at the precision asked for (two per multiply-accumulate)
    bandwidth   bytes/s of main memory
    power_w     design power of one device, W
    year        year it came out; None where unknown
    idle_w      idle power, W; None where nothing is published
    guessed     names of the figures above that no data sheet gave
    """

    name: str
    flops: float
    bandwidth: float
    power_w: float
    year: int | None
    idle_w: float | None
    guessed: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether any figure was published."""
        return len(self.guessed) < _FIGURES


def is_cpu(device: str, device_class: str) -> bool:
    """Whether a row's device is a processor, from its class or, where that is empty, from its name."""
    if device_class:
        return device_class.startswith("cpu")
    lowered = device.casefold()
    return any(word in lowered for word in ("xeon", "core", "ryzen", "epyc", "cpu"))


@lru_cache(maxsize=1024)
def class_of(device: str, told: str = "") -> DeviceClass:
    """What a device is: as told, else as the catalogue knows its name, else by usual names of boards, else a GPU.

    told   the column ``device_class``; tables also hold others (datacenter), which leave it to the name
    """
    for kind in CLASSES:
        if told == kind:
            return kind
    if is_cpu(device, ""):
        return "cpu"
    known = processors.kind_of(device)
    if processors.match(device, known).how != "fallback":
        return known
    words = processors.normalise(device)
    if any(f" {part}" in f" {words}" for part in _MICROCONTROLLERS):
        return "mcu"
    return "edge" if any(f" {part}" in f" {words}" for part in _BOARDS) else "gpu"


@lru_cache(maxsize=1024)
def sheet(device: str, device_class: str = "", precision: str = "fp32", stated_tdp_w: float | None = None) -> Sheet:
    """The data sheet of a device as a measured table names it; figures that are not published are guessed and named.

    stated_tdp_w   design power the row itself states; where it is below the catalogue's (a capped edition of a card),
                   the arithmetic rate falls with its cube root, as clocks do near their limit
    """
    row = _row(device, device_class)
    guessed: list[str] = []
    kind = "cpu" if is_cpu(device, device_class) else "gpu"
    power = row.tdp_w if row is not None else None
    flops = _flops(row, precision) if row is not None else None
    if power is not None and stated_tdp_w is not None and flops is not None and stated_tdp_w < power:
        flops *= (stated_tdp_w / power) ** (1 / 3)
    power = stated_tdp_w or power
    if power is None:
        guessed.append("design power")
        power = _DEFAULT_POWER_W[kind]
    if flops is None:
        guessed.append("arithmetic rate")
        flops = power * (_CPU_FLOPS_PER_WATT if kind == "cpu" else _GPU_FLOPS_PER_WATT)
    bandwidth = row.mem_bw_gbs * 1e9 if row is not None and row.mem_bw_gbs else None
    if bandwidth is None:
        guessed.append("memory bandwidth")
        bandwidth = _CPU_BANDWIDTH if kind == "cpu" else _GPU_BANDWIDTH
    name = row.name if row is not None else device
    dies = 2 if _half_of(device) else 1
    idle = row.idle_w if row is not None else None
    return Sheet(
        name, flops / dies, bandwidth / dies, power / dies, row.year if row is not None else None, idle, tuple(guessed)
    )


def design_power(device: str, device_class: str) -> Estimate:
    """Design power of a device whose data sheet is not known, W: as relatives in the catalogue or all of its kind."""
    found = processors.match(device, "cpu" if device_class == "cpu" else "gpu").tdp_w
    if found is None:
        found = processors.match("", "cpu" if device_class == "cpu" else "gpu").tdp_w
    assert found is not None  # a name that fits nothing has the range of its kind
    return found


def _row(device: str, device_class: str) -> Processor | None:
    by_id = processors.TABLE.find(device)
    if by_id is not None:
        return by_id
    whole = _half_of(device)
    if whole is not None:
        return processors.match(whole, "gpu").row
    match = processors.match(device, "cpu" if is_cpu(device, device_class) else "gpu")
    if match.how != "fallback":
        return match.row
    words = device.casefold().replace("-", " ").split()
    for short, full in _SHORT:
        if short in words:
            return processors.match(full, "gpu").row
    return None


def _half_of(device: str) -> str | None:
    for word in device.casefold().replace("-", " ").split():
        if word in _HALVES:
            return _HALVES[word]
    return None


def _flops(row: Processor, precision: str) -> float | None:
    vector = row.fp32_tflops
    half = row.bf16_tensor_tflops or row.fp16_tensor_tflops or _half_matrix(row)
    if precision in ("", "fp32", "float32"):
        rate = vector
    elif precision == "tf32":
        rate = row.tf32_tensor_tflops or vector
    elif precision in ("fp8", "mxfp4", "int8", "uint8"):
        rate = row.fp8_tensor_tflops or row.int8_tops or (2 * half if half else None)
    else:
        rate = half
    return rate * 1e12 if rate else None


def _half_matrix(row: Processor) -> float | None:
    family = (row.family or "").casefold()
    if row.fp32_tflops is None:
        return row.fp16_tflops
    if any(generation in family for generation in _TWICE_VECTOR):
        return 2 * row.fp32_tflops
    if family.startswith("turing") and any(word in row.name.casefold() for word in _DESKTOP_CARDS):
        return _TURING_MATRIX * row.fp32_tflops
    return max(row.fp16_tflops or 0.0, row.fp32_tflops)


def stated(value: float) -> float | None:
    """A cell as an optional number."""
    return None if np.isnan(value) else float(value)
