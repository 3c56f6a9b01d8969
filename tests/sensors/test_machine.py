"""What the machine says about itself without a pattern and without a sensor."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.sensors.machine import read_machine
from setsuden.testing import FakeMachine


@pytest.mark.parametrize(
    ("vendor", "product", "virtual"),
    [
        ("QEMU", "KVM Virtual Machine", True),
        ("Amazon EC2", "m7g.xlarge", True),
        ("Amazon EC2", "m7g.metal", False),
        ("Google", "Google Compute Engine", True),
        ("Dell Inc.", "PowerEdge R760", False),
        (None, None, False),
    ],
)
def test_firmware_says_whether_the_machine_is_played(
    tmp_path: Path, vendor: str | None, product: str | None, virtual: bool
) -> None:
    machine = FakeMachine(tmp_path)
    folder = machine.sysfs / "class/dmi/id"
    folder.mkdir(parents=True)
    for name, said in (("sys_vendor", vendor), ("product_name", product)):
        if said is not None:
            (folder / name).write_text(f"{said}\n")
    assert read_machine(machine.host).virtual is virtual
