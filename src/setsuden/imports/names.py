"""Which name of a metric means what: component, unit, whether it counts or is a power; by family of tools."""

from __future__ import annotations

import re
from dataclasses import dataclass

from setsuden.imports.assemble import COUNTER, MODEL, NVML, WALL
from setsuden.quantity import Provenance


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a metric is.

    scale     from its unit to W or J
    counter   whether it counts joules instead of giving watts
    error     5-95 half-width and what it rests on
    """

    component: str
    scale: float
    counter: bool
    provenance: Provenance
    error: tuple[float, str]


_M, _E = Provenance.MEASURED, Provenance.ESTIMATED

# Prometheus metrics: name -> meaning. Processes and containers are shares of a node and are left out.
PROMETHEUS = {
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": Meaning("gpu", 1e-3, True, _M, COUNTER),
    "DCGM_FI_DEV_POWER_USAGE": Meaning("gpu", 1.0, False, _M, NVML),
    "scaph_host_power_microwatts": Meaning("board", 1e-6, False, _M, COUNTER),
    "scaph_host_energy_microjoules": Meaning("board", 1e-6, True, _M, COUNTER),
    "kepler_node_cpu_joules_total": Meaning("cpu", 1.0, True, _M, COUNTER),
    "kepler_node_cpu_watts": Meaning("cpu", 1.0, False, _M, COUNTER),
    "kepler_node_gpu_joules_total": Meaning("gpu", 1.0, True, _M, COUNTER),
    "kepler_node_gpu_watts": Meaning("gpu", 1.0, False, _M, NVML),
    "power_monitor_gpu_power_watts": Meaning("gpu", 1.0, False, _M, NVML),
    "energy_monitor_gpu_energy_joules": Meaning("gpu", 1.0, True, _M, COUNTER),
    "codecarbon_cpu_power": Meaning("cpu", 1.0, False, _E, MODEL),
    "codecarbon_gpu_power": Meaning("gpu", 1.0, False, _M, NVML),
    "codecarbon_ram_power": Meaning("dram", 1.0, False, Provenance.ASSUMED, (0.5, "convention of watts per gigabyte")),
    "hw_power": Meaning("other", 1.0, False, _M, WALL),
    "hw_host_power": Meaning("board", 1.0, False, _M, WALL),
    "hw_host_energy": Meaning("board", 1.0, True, _M, WALL),
}
# Ours carry component and provenance as labels.
OWN = {"setsuden_energy_joules_total": True, "setsuden_power_watts": False}

MLFLOW = re.compile(r"(?:system/)?gpu_(?P<index>\d+)_power_usage_watts")
WANDB = re.compile(r"(?:system\.)?gpu\.(?P<index>\d+)\.powerWatts")
WANDB_NODE_CPU = re.compile(r"(?:system\.)?cpu\.powerWatts")
