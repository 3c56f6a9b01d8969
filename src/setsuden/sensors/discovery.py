"""Looking for everything that can be measured here."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from setsuden.sensors.accounting import components_covered, counted_channels
from setsuden.sensors.host import AmdSmiUnavailableError, Host, NvmlUnavailableError
from setsuden.sensors.limits import Limits, dram_bytes, read_limits
from setsuden.sensors.machine import Machine, read_machine
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Sensor, Status, finding
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.sensors.cpu_part import CpuPart
    from setsuden.sensors.power_models import PowerModel


class Discovery(NamedTuple):
    """What was found.

    sensors    open, ready to read; the caller closes them
    findings   one line per source looked for, found or not
    counted    ids of the channels that enter the node total, see ``setsuden.sensors.accounting``
    machine    what the kernel says about the machine
    limits     what a container may use of it
    cpu_model  watts of the processor as modelled; None where the CPU is measured
    """

    sensors: tuple[Sensor, ...]
    findings: tuple[Finding, ...]
    counted: frozenset[str]
    machine: Machine
    limits: Limits
    cpu_model: PowerModel | None

    @property
    def cpu(self) -> CpuPart | None:
        """Which processor is modelled and how that was decided; looked up anew. None where the CPU is measured."""
        if self.cpu_model is None:
            return None
        from setsuden.sensors.cpu_part import cpu_part

        return cpu_part(self.machine, self.limits)

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
    if host is None:
        from setsuden.sensors.power_models import cache_folder

        host = Host(cache=cache_folder())
    sensors: list[Sensor] = []
    findings: list[Finding] = []
    machine, limits = read_machine(host), read_limits(host)
    elsewhere = {"darwin": (_powermetrics,), "win32": (_emi, _nvml)}
    probes = elsewhere.get(host.platform, (_rapl, _nvml, _amdsmi, _jetson, _hwmon, _battery))
    for probe in probes:
        opened, found = probe(host, machine)
        sensors += opened
        findings += found
    cpu = _model_missing(host, machine, limits, sensors, findings, prefer)
    channels = [channel for sensor in sensors for channel in sensor.channels]
    counted = counted_channels(channels, prefer)
    return Discovery(tuple(sensors), tuple(findings), counted, machine, limits, cpu)


# Each probe first makes a cheap look whether there can be anything, and only then imports what reads it: a machine
# without a Jetson's rails does not pay for them at every start.

_Probed = tuple[list[Sensor], list[Finding]]


def _rapl(host: Host, machine: Machine) -> _Probed:
    roots = (host.sysfs / "class" / "powercap", host.sysfs / "devices" / "virtual" / "powercap")
    if not any(root.exists() for root in roots):
        key = "rapl-absent-virtual" if machine.virtual else "rapl-absent"
        return [], [finding("rapl", Status.ABSENT, key)]
    from setsuden.sensors.rapl import probe_rapl

    return _listed(*probe_rapl(host, machine))


def _nvml(host: Host, machine: Machine) -> _Probed:
    try:
        library = host.nvml()
    except NvmlUnavailableError as error:
        return [], [finding("nvml", Status.ABSENT, "nvml-absent", reason=error.message)]
    from setsuden.sensors.nvml import probe_nvml

    return _listed(*probe_nvml(host, library))


def _amdsmi(host: Host, machine: Machine) -> _Probed:
    # Where the module is missing, the kernel's own figures (hwmon) stand in.
    if not (host.sysfs / "module" / "amdgpu").exists():
        return [], []
    try:
        library = host.amdsmi()
    except AmdSmiUnavailableError:
        return [], []
    from setsuden.sensors.amdsmi import probe_amdsmi

    return _listed(*probe_amdsmi(host, library))


def _jetson(host: Host, machine: Machine) -> _Probed:
    drivers = host.names(host.sysfs / "bus" / "i2c" / "drivers")
    if not any(name.startswith("ina") for name in drivers) and not host.names(host.sysfs / "class" / "hwmon"):
        return [], []
    from setsuden.sensors.ina3221 import probe_ina3221

    return _listed(*probe_ina3221(host))


def _hwmon(host: Host, machine: Machine) -> _Probed:
    if not host.names(host.sysfs / "class" / "hwmon"):
        return [], []
    from setsuden.sensors.hwmon import probe_hwmon

    return probe_hwmon(host)


def _battery(host: Host, machine: Machine) -> _Probed:
    if not host.names(host.sysfs / "class" / "power_supply"):
        return [], []
    from setsuden.sensors.battery import probe_battery

    return _listed(*probe_battery(host))


def _emi(host: Host, machine: Machine) -> _Probed:
    from setsuden.sensors.emi import probe_emi

    return _listed(*probe_emi(host))


def _powermetrics(host: Host, machine: Machine) -> _Probed:
    from setsuden.sensors.powermetrics import probe_powermetrics

    return _listed(*probe_powermetrics(host))


def _listed(sensor: Sensor | None, findings: list[Finding]) -> _Probed:
    return [sensor] if sensor else [], findings


def _model_missing(
    host: Host,
    machine: Machine,
    limits: Limits,
    sensors: list[Sensor],
    findings: list[Finding],
    prefer: Collection[str],
) -> PowerModel | None:
    """Add models for CPU and DRAM where nothing measured that counts covers them."""
    channels = [channel for sensor in sensors for channel in sensor.channels]
    counted = counted_channels(channels, prefer)
    covered = {
        component
        for channel in channels
        if channel.id in counted and channel.method is not Method.MODEL
        for component in components_covered(channel)
    }
    size = dram_bytes(machine, limits)
    if Component.CPU in covered and (Component.DRAM in covered or not size):
        return None
    from setsuden.sensors.modelled import ModelCpuSensor, ModelDramSensor
    from setsuden.sensors.power_models import catalogue_state, cpu_model, dram_model

    state = catalogue_state(host)
    model = None
    if Component.CPU not in covered:
        model = cpu_model(host, machine, limits, state)
        sensors.append(ModelCpuSensor(host, model, limits))
        error = f"-{model.below:.0%} to +{model.error:.0%}"
        findings.append(finding("model-cpu", Status.MODELLED, "model-cpu", error=error, basis=model.basis))
    if Component.DRAM not in covered and size:
        dram = ModelDramSensor(host, dram_model(host, state), size)
        sensors.append(dram)
        findings.append(dram.finding)
    return model
