"""Names in the powercap tree, against the grammar they follow."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from setsuden.sensors.place import Folder
from setsuden.sensors.rapl_zones import Zone, _is_entry

ENTRY = re.compile(r"[a-z]+-rapl(?:-[a-z]+)?(?::\d+)*")
PACKAGE = re.compile(r"package-(\d+)(?:-die-(\d+))?")
PIECES = ["intel", "rapl", "mmio", "package", "die", "dram", "-", ":", "0", "12", "A", ""]
names = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
zones = st.from_regex(PACKAGE, fullmatch=True, alphabet="adegiknp-0123456789c")


@given(names | st.from_regex(ENTRY, fullmatch=True))
def test_an_entry_is_a_driver_and_numbers(name: str) -> None:
    assert _is_entry(name) == (ENTRY.fullmatch(name) is not None)


@given(names | zones)
def test_a_package_has_a_number_and_perhaps_one_of_its_die(name: str) -> None:
    match = PACKAGE.fullmatch(name)
    zone = Zone("intel-rapl:0", "intel-rapl", Folder("/"), name, None)
    assert zone.package == (match and (match[1], match[2]))
    assert zone._replace(parent=name, name="core").package is None
