"""Bytes through the network: every interface but the loopback, and never a made-up zero."""

from __future__ import annotations

from pathlib import Path

from setsuden.sensors.traffic import Traffic
from setsuden.testing import FakeMachine

TABLE = """Inter-|   Receive                           |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls
    lo: 9000000    100    0    0    0     0          0         0  9000000    100    0    0    0     0       0          0
  eth0: 1500000   1200    0    0    0     0          0         0   250000    900    0    0    0     0       0          0
 wlan0:     500      4    0    0    0     0          0         0       70      1    0    0    0     0       0          0
"""


def machine_with(tmp_path: Path, table: str) -> FakeMachine:
    machine = FakeMachine(tmp_path)
    folder = machine.host.procfs / "net"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dev").write_text(table, encoding="utf-8")
    return machine


def test_interfaces_are_added_up_and_the_loopback_left_out(tmp_path: Path) -> None:
    traffic = Traffic(machine_with(tmp_path, TABLE).host)
    assert traffic.read() == (1_500_500.0, 250_070.0)
    traffic.close()


def test_a_table_that_cannot_be_read_is_unknown_not_zero(tmp_path: Path) -> None:
    assert Traffic(machine_with(tmp_path, TABLE[:160]).host).read() == (None, None)
    assert Traffic(FakeMachine(tmp_path / "none").host).read() == (None, None)
