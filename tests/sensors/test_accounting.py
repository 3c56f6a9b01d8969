"""The node total: whatever is combined, nothing twice, nothing left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from setsuden.quantity import Provenance
from setsuden.sensors import Channel, Component, Method, counted_channels
from setsuden.sensors.accounting import components_covered, source_of
from setsuden.testing import fake_channel


def ch(channel_id: str, component: Component, inside: str | None = None) -> Channel:
    model = channel_id.startswith("model/")
    return fake_channel(
        channel_id,
        component=component,
        contained_in=inside,
        method=Method.MODEL if model else Method.COUNTER,
        provenance=Provenance.ESTIMATED if model else Provenance.MEASURED,
    )


CPU, DRAM, GPU, BOARD = Component.CPU, Component.DRAM, Component.GPU, Component.BOARD
GROUPS = {
    "packages": [ch("rapl/package-0", CPU, "rapl/psys"), ch("rapl/package-0/core", CPU, "rapl/package-0")],
    "memory": [ch("rapl/package-0/dram", DRAM, "rapl/psys")],
    "psys": [ch("rapl/psys", BOARD)],
    "amd": [ch("amd_energy/socket-0", CPU)],
    "grace": [
        ch("grace/module-0", BOARD),
        ch("grace/grace-0", CPU, "grace/module-0"),
        ch("grace/cpu-0", CPU, "grace/grace-0"),
    ],
    "jetson": [ch("ina3221/VDD_IN", BOARD), ch("ina3221/VDD_GPU", GPU, "ina3221/VDD_IN")],
    "rails": [ch("ina3221/GPU", GPU), ch("ina3221/CPU", CPU), ch("ina3221/SYS5V", Component.OTHER)],
    "nvml": [ch("nvml/GPU-1", GPU), ch("nvml/GPU-2", GPU)],
    "amdgpu": [ch("amdgpu/0000:03", GPU)],
    "dark gpu": [ch("model/GPU-3", GPU)],
    "battery": [ch("battery/BAT0", Component.BATTERY)],
    "models": [ch("model/cpu", CPU), ch("model/dram", DRAM)],
}


@given(names=st.sets(st.sampled_from(sorted(GROUPS)), min_size=1), data=st.data())
def test_nothing_is_counted_twice_and_every_component_is_counted_once(names: set[str], data: st.DataObject) -> None:
    if {"jetson", "rails"} <= names:
        names.discard("rails")
    channels = data.draw(st.permutations([channel for name in names for channel in GROUPS[name]]))
    counted = counted_channels(channels)
    by_id = {channel.id: channel for channel in channels}
    assert counted <= by_id.keys()
    for item in counted:
        outer = by_id[item].contained_in
        while outer is not None:
            assert outer not in counted
            outer = by_id[outer].contained_in if outer in by_id else None
    for component in (CPU, DRAM):
        sources = {source_of(item) for item in counted if component in components_covered(by_id[item])}
        present = any(channel.component is component for channel in channels)
        assert len(sources) <= 1
        assert bool(sources) or not present
    measured_cpu = any(c.component is CPU and c.method is not Method.MODEL for c in channels)
    assert not (measured_cpu and "model/cpu" in counted)
    if {"nvml", "amdgpu"} <= names and not names & {"jetson", "rails"}:
        whole = any(by_id[item].component is Component.BATTERY for item in counted)
        assert whole or {"nvml/GPU-1", "nvml/GPU-2", "amdgpu/0000:03"} <= counted


@given(data=st.data())
def test_the_order_in_which_sensors_are_found_changes_nothing(data: st.DataObject) -> None:
    channels = [channel for name in sorted(GROUPS) if name != "rails" for channel in GROUPS[name]]
    assert counted_channels(data.draw(st.permutations(channels))) == counted_channels(channels)


def test_preferring_a_total_counts_it_alone() -> None:
    channels = [*GROUPS["packages"], *GROUPS["memory"], *GROUPS["psys"], *GROUPS["battery"], *GROUPS["models"]]
    assert counted_channels(channels, ("battery",)) == {"battery/BAT0"}
    assert counted_channels(channels, ("rapl/psys",)) == {"rapl/psys"}
    assert counted_channels(channels) == {"rapl/package-0", "rapl/package-0/dram"}
