"""Looking for everything that can be measured here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from setsuden.sensors.accounting import components_covered, counted_channels
from setsuden.sensors.battery import probe_battery
from setsuden.sensors.cpu_part import CpuPart, cpu_part
from setsuden.sensors.host import Host
from setsuden.sensors.hwmon import probe_hwmon
from setsuden.sensors.ina3221 import probe_ina3221
from setsuden.sensors.limits import Limits, read_limits
from setsuden.sensors.machine import Machine, read_machine
from setsuden.sensors.modelled import ModelCpuSensor, ModelDramSensor, dram_bytes
from setsuden.sensors.nvml import probe_nvml
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Sensor, Status, finding
from setsuden.sensors.rapl import probe_rapl


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found.

    sensors    open, ready to read; the caller closes them
    findings   one line per source looked for, found or not
    counted    ids of the channels that enter the node total, see ``setsuden.sensors.accounting``
    machine    what the kernel says about the machine
    limits     what a container may use of it
    cpu        the processor as modelled; None where the CPU is measured
    """

    sensors: tuple[Sensor, ...]
    findings: tuple[Finding, ...]
    counted: frozenset[str]
    machine: Machine
    limits: Limits
    cpu: CpuPart | None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All channels of all sensors."""
        return tuple(channel for sensor in self.sensors for channel in sensor.channels)

    def close(self) -> None:
        """Close every sensor."""
        for sensor in self.sensors:
            sensor.close()


def discover(host: Host | None = None, *, prefer: Collection[str] = ()) -> Discovery:
    """Open every sensor that this machine offers, and models for what it does not.

    host     where to look; this machine by default
    prefer   ids or sources that count before all others, for example ``("battery",)`` or ``("rapl/psys",)``

    Never raises for what is absent, unreadable or broken: that becomes a finding with its remedy.
    """
    host = host or Host()
    sensors: list[Sensor] = []
    findings: list[Finding] = []
    machine, limits = read_machine(host), read_limits(host)
    rapl, found = probe_rapl(host, machine)
    findings += found
    sensors += [rapl] if rapl else []
    for probe in (probe_nvml, probe_ina3221, probe_battery):
        sensor, found = probe(host)
        findings += found
        sensors += [sensor] if sensor else []
    others, found = probe_hwmon(host)
    findings += found
    sensors += others
    cpu = _model_missing(host, machine, limits, sensors, findings, prefer)
    channels = [channel for sensor in sensors for channel in sensor.channels]
    counted = counted_channels(channels, prefer)
    return Discovery(tuple(sensors), tuple(findings), counted, machine, limits, cpu)


def _model_missing(
    host: Host,
    machine: Machine,
    limits: Limits,
    sensors: list[Sensor],
    findings: list[Finding],
    prefer: Collection[str],
) -> CpuPart | None:
    """Add models for CPU and DRAM where nothing measured that counts covers them."""
    channels = [channel for sensor in sensors for channel in sensor.channels]
    counted = counted_channels(channels, prefer)
    covered = {
        component
        for channel in channels
        if channel.id in counted and channel.method is not Method.MODEL
        for component in components_covered(channel)
    }
    part = None
    if Component.CPU not in covered:
        part = cpu_part(machine, limits)
        sensors.append(ModelCpuSensor(host, part, limits))
        error = f"{part.relative_error:+.0%}"
        findings.append(
            finding(
                "model-cpu",
                Status.MODELLED,
                "model-cpu",
                error=error,
                basis=part.curve.error_basis,
            )
        )
    size = dram_bytes(machine, limits)
    if Component.DRAM not in covered and size:
        dram = ModelDramSensor(host, size)
        sensors.append(dram)
        findings.append(dram.finding)
    return part
