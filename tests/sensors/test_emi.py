"""Windows' energy meters on a stand-in that answers the same questions; no Windows was involved."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.language import LANGUAGES
from setsuden.sensors import discover, flags
from setsuden.sensors.emi import MEASUREMENT, METADATA, METADATA_SIZE, VERSION, EmiSensor, channel_names, probe_emi
from setsuden.sensors.emi_device import EmiDevice, open_devices
from setsuden.sensors.host import Host
from setsuden.sensors.protocol import Status
from setsuden.testing import FakeClock
from setsuden.testing.sensor_contract import MendableSensorContract, Rig

WATTS = {"RAPL_Package0_PKG": 40.0, "RAPL_Package0_PP0": 25.0, "RAPL_Package0_PP1": 2.0, "RAPL_Package0_DRAM": 5.0}


def metadata(names: list[str], unit: int = 0) -> bytes:
    """EMI_METADATA_V2 as emi.h lays it out."""
    packed = "Maker".encode("utf-16-le").ljust(32, b"\0") + "Model".encode("utf-16-le").ljust(32, b"\0")
    packed += struct.pack("<HH", 1, len(names))
    for name in names:
        text = (name + "\0").encode("utf-16-le")
        packed += b"\0" * (-len(packed) % 4) + struct.pack("<iH", unit, len(text)) + text
    return packed


class FakeMeter:
    """A device that counts ``watts`` on a clock."""

    def __init__(self, clock: FakeClock, watts: dict[str, float], version: int = 2) -> None:
        self.clock, self.watts, self.version = clock, watts, version
        self.fault: OSError | None = None
        self.closed = False

    def ask(self, code: int, size: int) -> bytes:
        if self.fault is not None:
            raise self.fault
        if code == MEASUREMENT:
            joules = (watts * self.clock.elapsed() + 1e5 for watts in self.watts.values())
            return b"".join(struct.pack("<QQ", round(j / 3600e-12), int(self.clock.elapsed() * 1e7)) for j in joules)
        whole = metadata(list(self.watts))
        answers = {VERSION: struct.pack("<H", self.version), METADATA_SIZE: struct.pack("<I", len(whole))}
        return {**answers, METADATA: whole}[code][:size]

    def close(self) -> None:
        self.closed = True


def windows(clock: FakeClock, *meters: FakeMeter) -> Host:
    nowhere = Path("/nowhere")
    return Host(nowhere, nowhere, clock, platform="win32", energy_meters=lambda: list(meters))


class TestTheContractOfSensors(MendableSensorContract):
    @pytest.fixture
    def rig(self) -> Rig:
        clock = FakeClock()
        meter = FakeMeter(clock, WATTS)
        sensor, _ = probe_emi(windows(clock, meter))
        assert sensor is not None

        def fail() -> None:
            meter.fault = OSError("device not ready")

        def mend() -> None:
            meter.fault = None

        return Rig(
            sensor, clock.advance,
            {"emi/package-0": 40.0, "emi/package-0-pp0": 25.0, "emi/package-0-dram": 5.0},
            break_it=fail, mend_it=mend,
        )  # fmt: skip


def test_control_codes_are_those_of_the_header() -> None:
    assert (VERSION, METADATA_SIZE, METADATA, MEASUREMENT) == (0x224000, 0x224004, 0x224008, 0x22400C)


def test_package_and_dram_count_and_the_parts_of_the_package_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: 4)
    found = discover(windows(FakeClock(), FakeMeter(FakeClock(), WATTS)))
    assert {"emi/package-0", "emi/package-0-dram"} <= found.counted
    assert not {"emi/package-0-pp0", "emi/package-0-pp1", "model/cpu", "model/dram"} & found.counted
    found.close()


def test_names_that_say_nothing_are_not_read_but_told() -> None:
    clock = FakeClock()
    known, strange = FakeMeter(clock, WATTS), FakeMeter(clock, {"SYSTEM": 90.0})
    sensor, findings = probe_emi(windows(clock, known, strange))
    assert sensor is not None
    assert strange.closed
    assert [channel.id for channel in sensor.channels if "package" not in channel.id] == []
    assert ("SYSTEM" in findings[1].detail, findings[1].status) == (True, Status.BROKEN)


def test_no_meter_an_old_one_and_a_refused_one_are_three_findings() -> None:
    clock = FakeClock()
    assert [f.status for f in probe_emi(windows(clock))[1]] == [Status.ABSENT]
    old = FakeMeter(clock, WATTS, version=1)
    assert [f.key for f in probe_emi(windows(clock, old))[1]] == ["emi-absent", "emi-others"]

    def refuse() -> list[FakeMeter]:
        raise PermissionError("access is denied")

    sensor, findings = probe_emi(windows(clock)._replace(energy_meters=refuse))
    assert (sensor, findings[0].status) == (None, Status.DENIED)
    for language in LANGUAGES:
        assert findings[0].worded("detail", language)


def test_a_permission_that_is_lost_is_flagged_as_such() -> None:
    clock = FakeClock()
    meter = FakeMeter(clock, WATTS)
    sensor = EmiSensor(windows(clock), [meter], [list(WATTS)])
    meter.fault = PermissionError("access is denied")
    clock.advance(1.0)
    assert all(sample.flags == (flags.PERMISSION_LOST,) for sample in sensor.read())


@given(st.lists(st.text(st.characters(codec="utf-16-le", exclude_characters="\0"), max_size=20), max_size=8))
def test_names_of_any_length_come_back(names: list[str]) -> None:
    assert channel_names(metadata(names)) == names


@given(st.binary(max_size=300))
def test_whatever_is_answered_is_names_or_an_error(answer: bytes) -> None:
    try:
        found = channel_names(answer)
    except ValueError:
        return
    assert all(isinstance(name, str) for name in found)


@pytest.mark.parametrize("damaged", [metadata(["RAPL_Package0_PKG"])[:-4], metadata(["x"], unit=1)])
def test_unknown_units_and_cut_answers_are_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="unknown unit"):
        channel_names(damaged)


@pytest.mark.skipif(sys.platform == "win32", reason="what happens elsewhere")
def test_elsewhere_there_are_no_such_devices() -> None:
    assert open_devices() == []
    with pytest.raises(OSError, match="Windows only"):
        EmiDevice("\\\\?\\meter")
