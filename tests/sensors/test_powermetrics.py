"""Apple's powermetrics, from output in its recorded form; never run on a Mac here."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from setsuden.sensors import Sensor
from setsuden.sensors.powermetrics import PowermetricsSensor, parse_snapshots, probe_powermetrics, read_pipe
from setsuden.testing import FakeMachine
from setsuden.testing.sensor_contract import Rig, SensorContract

FORM = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>is_delta</key><true/>
<key>elapsed_ns</key><integer>{elapsed_ns}</integer>
<key>hw_model</key><string>MacBookPro18,3</string>
<key>timestamp</key><date>2026-01-01T00:00:01Z</date>
<key>processor</key>
<dict>
<key>clusters</key><array><dict><key>name</key><string>E-Cluster</string><key>freq_hz</key><real>1.02e+09</real></dict></array>
<key>cpu_power</key><real>{cpu_mw}</real>
<key>gpu_power</key><real>{gpu_mw}</real>
<key>ane_power</key><real>0</real>
<key>combined_power</key><real>{sum_mw}</real>
</dict>
<key>gpu</key><dict><key>freq_hz</key><real>338</real><key>idle_ratio</key><real>0.9</real></dict>
</dict>
</plist>
"""


def snapshot(seconds: float = 1.0, cpu_w: float = 5.0, gpu_w: float = 2.0) -> bytes:
    values = {"cpu_mw": cpu_w * 1e3, "gpu_mw": gpu_w * 1e3, "sum_mw": (cpu_w + gpu_w) * 1e3}
    return FORM.format(elapsed_ns=round(seconds * 1e9), **values).encode() + b"\0"


def test_snapshots_are_cut_at_nul_and_the_rest_waits() -> None:
    whole = snapshot() + snapshot(cpu_w=7.0)
    found, rest = parse_snapshots(whole[:-50])
    assert [item.watts["cpu"] for item in found] == [5.0]
    more, rest = parse_snapshots(rest + whole[-50:])
    assert [item.watts["cpu"] for item in more] == [7.0]
    assert rest == b""


@pytest.mark.parametrize(
    "damage", [b"garbage\0", b"<plist><dict></dict></plist>\0", snapshot().replace(b"processor", b"nothing")]
)
def test_a_damaged_snapshot_is_left_out(damage: bytes) -> None:
    found, _rest = parse_snapshots(damage + snapshot())
    assert len(found) == 1


def sensor_on(machine: FakeMachine) -> tuple[Sensor, Callable[[float], None], dict[str, bool]]:
    waiting: list[bytes] = []
    state = {"alive": True, "stopped": False, "awake": True}

    def read_some() -> bytes:
        if not state["alive"]:
            raise BrokenPipeError
        content = b"".join(waiting)
        waiting.clear()
        return content

    behind = {"s": 0.0}

    def advance(seconds: float) -> None:
        machine.advance(seconds)
        behind["s"] += seconds
        while behind["s"] >= 1.0 - 1e-9:
            behind["s"] -= 1.0
            if state["alive"]:
                waiting.append(snapshot())

    return PowermetricsSensor(machine.host, read_some, lambda: state.update(stopped=True)), advance, state


class TestPowermetrics(SensorContract):
    @pytest.fixture
    def rig(self, machine: FakeMachine) -> Rig:
        sensor, advance, state = sensor_on(machine)
        return Rig(
            sensor,
            advance,
            {"powermetrics/cpu": 5.0, "powermetrics/gpu": 2.0},
            break_it=lambda: state.update(alive=False),
            mend_it=lambda: state.update(alive=True),
        )


def test_a_tool_that_was_starved_leaves_a_flagged_gap(machine: FakeMachine) -> None:
    sensor, advance, state = sensor_on(machine)
    advance(5.0)
    sensor.read()
    state["alive"] = False
    advance(20.0)
    assert "SET-CHANNEL-LOST" in sensor.read()[0].flags
    state["alive"] = True
    advance(5.0)
    cpu = sensor.read()[0]
    assert cpu.flags == ("SET-ENERGY-GAP",)
    assert cpu.low_j <= 30 * 5.0 <= cpu.high_j


def test_a_pipe_is_emptied_without_waiting_and_its_end_is_noticed() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    assert read_pipe(reader) == b""
    os.write(writer, b"abc")
    assert read_pipe(reader) == b"abc"
    os.write(writer, b"def")
    os.close(writer)
    assert read_pipe(reader) == b"def"
    with pytest.raises(BrokenPipeError):
        read_pipe(reader)
    os.close(reader)


def test_without_root_it_says_how(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 501)
    sensor, (finding,) = probe_powermetrics(machine.host)
    assert sensor is None
    assert "sudo setsuden run" in (finding.remedy or "")


def test_without_the_tool_it_says_so(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr("setsuden.sensors.powermetrics._TOOL", "/nowhere/powermetrics")
    sensor, (finding,) = probe_powermetrics(machine.host)
    assert sensor is None
    assert finding.status == "absent"
