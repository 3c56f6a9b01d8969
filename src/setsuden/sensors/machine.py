"""What the machine says about itself: processor, cores, memory, whether it is a guest."""

from __future__ import annotations

from setsuden.sensors.host import Host
from setsuden.tuples import NamedTuple


class Machine(NamedTuple):
    """What the kernel shows; None where it does not say.

    cpu_name       model name as the kernel writes it
    vendor         ``GenuineIntel``, ``AuthenticAMD``, ``ARM``, ...
    family, model  of the processor, x86 only
    sockets        physical packages seen
    cores          physical cores seen; ``threads`` logical CPUs seen
    virtual        this is a virtual machine: the counts are the guest's, not the part's
    memory_bytes   installed memory as the kernel sees it
    """

    cpu_name: str | None
    vendor: str | None
    family: int | None
    model: int | None
    sockets: int
    cores: int
    threads: int
    virtual: bool
    memory_bytes: int | None


# CPU implementer codes of /proc/cpuinfo on ARM, from the kernel's arch/arm64/include/asm/cputype.h
_ARM_IMPLEMENTERS = {
    "0x41": "ARM",
    "0x46": "Fujitsu",
    "0x4e": "NVIDIA",
    "0x51": "Qualcomm",
    "0x61": "Apple",
    "0xc0": "Ampere",
}
# What firmware calls a machine that is being played.
_GUESTS = ("qemu", "kvm", "virtual", "vmware", "xen", "bochs", "amazon ec2", "google compute")


def read_machine(host: Host) -> Machine:
    """Look once; absent facts are None, at least one socket, core and thread."""
    if host.platform == "darwin":
        return _macos()
    return _linux(host) if host.platform == "linux" else _elsewhere()


def _linux(host: Host) -> Machine:
    # No patterns on the way of every start: compiling them takes longer than all that is read here.
    blocks = [_fields(block) for block in _blocks(host.text(host.procfs / "cpuinfo") or "")]
    cpus = [block for block in blocks if "processor" in block]
    first = cpus[0] if cpus else {}
    packages = {block.get("physical id", "0") for block in cpus}
    cores = {(block.get("physical id", "0"), block.get("core id", block["processor"])) for block in cpus}
    implementer = next((block["CPU implementer"] for block in blocks if "CPU implementer" in block), None)
    name = first.get("model name") or _device_tree_model(host)
    flags = first.get("flags", "").split()
    return Machine(
        cpu_name=name,
        vendor=first.get("vendor_id") or (_ARM_IMPLEMENTERS.get(implementer, "ARM") if implementer else None),
        family=_whole(first.get("cpu family")),
        model=_whole(first.get("model")),
        sockets=max(1, len(packages)),
        cores=max(1, len(cores)),
        threads=max(1, len(cpus)),
        virtual="hypervisor" in flags or _hypervisor_in_firmware(host),
        memory_bytes=_memory(host),
    )


def _blocks(text: str) -> list[list[str]]:
    """Lines between empty ones."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line and not line.isspace():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return blocks


def _fields(block: list[str]) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in block if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _device_tree_model(host: Host) -> str | None:
    text = host.text(host.procfs / "device-tree" / "model")
    return text.rstrip("\0") if text else None


def _hypervisor_in_firmware(host: Host) -> bool:
    # ARM guests have no "hypervisor" CPU flag; their firmware names the machine that is being played.
    vendor = host.text(host.sysfs / "class" / "dmi" / "id" / "sys_vendor") or ""
    product = host.text(host.sysfs / "class" / "dmi" / "id" / "product_name") or ""
    said = f"{vendor} {product}".casefold()
    return any(guest in said for guest in _GUESTS) and "metal" not in product


def _memory(host: Host) -> int | None:
    for line in (host.text(host.procfs / "meminfo") or "").splitlines():
        name, _, size = line.partition(":")
        figure = size.split()
        if name == "MemTotal" and len(figure) == 2 and figure[0].isdigit() and figure[1] == "kB":
            return int(figure[0]) * 1024
    return None


def _elsewhere() -> Machine:
    import os
    import platform

    import psutil

    threads = os.cpu_count() or 1
    return Machine(
        cpu_name=platform.processor() or None,
        vendor=None,
        family=None,
        model=None,
        sockets=1,
        cores=psutil.cpu_count(logical=False) or threads,
        threads=threads,
        virtual=False,
        memory_bytes=psutil.virtual_memory().total,
    )


def _macos() -> Machine:
    import subprocess

    def ask(key: str) -> str | None:
        try:
            answer = subprocess.run(
                ["/usr/sbin/sysctl", "-n", key], capture_output=True, text=True, timeout=5, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return answer.stdout.strip() or None

    return Machine(
        cpu_name=ask("machdep.cpu.brand_string"),
        vendor="Apple",
        family=None,
        model=None,
        sockets=1,
        cores=_whole(ask("hw.physicalcpu")) or 1,
        threads=_whole(ask("hw.logicalcpu")) or 1,
        virtual=ask("kern.hv_vmm_present") == "1",
        memory_bytes=_whole(ask("hw.memsize")),
    )
