"""Fake trees of power and energy files: hwmon chips, Jetson monitors of both generations, batteries."""

from __future__ import annotations

from pathlib import Path

CONNECTED = "VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"


def write_files(folder: Path, **files: object) -> Path:
    """A folder with one small file per argument; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(f"{content}\n")
    return folder


def jetpack5(
    sysfs: Path, rails: dict[str, tuple[float, float]], *, driver: str = "ina3221", address: str = "1-0040"
) -> Path:
    """An INA3221 through hwmon: label -> (mV, mA); returns the folder with the files.

    Rails beyond the given ones do not exist; channel 7 is the chip's sum of shunt voltages.
    """
    folder = sysfs / "bus" / "i2c" / "drivers" / driver / address / "hwmon" / "hwmon3"
    files: dict[str, object] = {"name": "ina3221", "samples": 16, "update_interval": 18}
    for i, (label, (millivolts, milliamperes)) in enumerate(rails.items(), start=1):
        files |= {f"in{i}_label": label, f"in{i}_input": round(millivolts), f"curr{i}_input": round(milliamperes)}
    files |= {"in7_label": "sum of shunt voltages", "in7_input": 4200, "curr4_input": 9999}
    return write_files(folder, **files)


def jetpack4(sysfs: Path, rails: dict[str, float], *, address: str = "6-0040") -> Path:
    """An INA3221 through iio: label -> mW; returns the folder with the files."""
    folder = sysfs / "bus" / "i2c" / "drivers" / "ina3221x" / address / "iio:device0"
    files: dict[str, object] = {}
    for i, (label, milliwatts) in enumerate(rails.items()):
        files |= {
            f"rail_name_{i}": label,
            f"in_voltage{i}_input": 5000,
            f"in_current{i}_input": round(milliwatts / 5),
            f"in_power{i}_input": round(milliwatts),
        }
    return write_files(folder, **files)


def thor(sysfs: Path, watts: float) -> Path:
    """An INA238 as on Jetson Thor: uW of the whole module."""
    folder = sysfs / "bus" / "i2c" / "drivers" / "ina238" / "2-0044" / "hwmon" / "hwmon4"
    return write_files(folder, name="ina238", power1_input=round(watts * 1e6))


def grace(sysfs: Path, powers_w: dict[str, float]) -> None:
    """NVIDIA Grace: label such as ``Grace Power Socket 0`` -> W, one hwmon each."""
    for i, (label, watts) in enumerate(powers_w.items()):
        chip = write_files(sysfs / "class" / "hwmon" / f"hwmon{i}", name="power_meter")
        write_files(
            chip / "device",
            power1_oem_info=label,
            power1_average=round(watts * 1e6),
            power1_average_interval=50,
        )


def amd_energy(sysfs: Path, counters_j: dict[str, float]) -> Path:
    """The amd_energy chip: label such as ``Esocket0`` -> J on its counter."""
    files: dict[str, object] = {"name": "amd_energy"}
    for i, (label, joules) in enumerate(counters_j.items(), start=1):
        files |= {f"energy{i}_label": label, f"energy{i}_input": round(joules * 1e6)}
    return write_files(sysfs / "class" / "hwmon" / "hwmon2", **files)


def amdgpu(sysfs: Path, watts: float, *, cap_w: float | None = 300.0, file: str = "power1_average") -> Path:
    """A Radeon or Instinct card; ``cap_w`` None is graphics inside a processor."""
    files: dict[str, object] = {"name": "amdgpu", file: round(watts * 1e6)}
    if cap_w is not None:
        files["power1_cap_max"] = round(cap_w * 1e6)
    chip = write_files(sysfs / "class" / "hwmon" / "hwmon5", **files)
    write_files(chip / "device", product_name="AMD Instinct MI210")
    return chip


def battery(
    sysfs: Path, watts: float, *, status: str = "Discharging", by_current: bool = False, name: str = "BAT0"
) -> Path:
    """A battery under load."""
    files: dict[str, object] = {"type": "Battery", "status": status}
    if by_current:
        files |= {"voltage_now": 12_000_000, "current_now": -round(watts / 12 * 1e6)}
    else:
        files["power_now"] = round(watts * 1e6)
    return write_files(sysfs / "class" / "power_supply" / name, **files)
