"""What the document tells of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.sensors import Host
from setsuden.study.machine import power_settings
from tests.study.support import FakeLab


def tree(root: Path, **files: str) -> Host:
    for name, text in files.items():
        path = root / "devices/system/cpu" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    return Host(sysfs=root)


def test_settings_that_the_machine_does_not_show_are_unknown(tmp_path: Path) -> None:
    assert power_settings(tree(tmp_path)) == {"governor": None, "driver": None, "boost": None}


@pytest.mark.parametrize(
    ("files", "boost"),
    [
        ({"intel_pstate__no_turbo": "1"}, "off"),
        ({"intel_pstate__no_turbo": "0"}, "on"),
        ({"cpufreq__boost": "1"}, "on"),
        ({"cpufreq__boost": "0"}, "off"),
    ],
)
def test_boost_is_read_whatever_the_driver_calls_it(tmp_path: Path, files: dict[str, str], boost: str) -> None:
    assert power_settings(tree(tmp_path, **files))["boost"] == boost


def test_governor_and_driver_are_told(tmp_path: Path) -> None:
    host = tree(tmp_path, cpu0__cpufreq__scaling_governor="performance", cpu0__cpufreq__scaling_driver="acpi-cpufreq")
    assert power_settings(host) == {"governor": "performance", "driver": "acpi-cpufreq", "boost": None}


def test_a_machine_that_is_measured_says_so_and_names_no_host() -> None:
    document = FakeLab().run()
    assert document["machine"]["measured_share"] == 1.0
    assert "all-modelled" not in document["limits"]
    assert set(document["machine"]) == {
        "cpu", "memory_bytes", "gpus", "os", "python", "packages", "virtualised", "power_settings", "sensors",
        "measured_share",
    }  # fmt: skip
