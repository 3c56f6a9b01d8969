from __future__ import annotations

import sys
from typing import Any

import pytest
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from setsuden.errors import InputError
from setsuden.meter.live import watch
from setsuden.meter.setup import find_setup
from setsuden.meter.telemetry import Telemetry
from setsuden.quantity import Estimate, Provenance
from setsuden.sensors import Channel
from setsuden.sensors.protocol import Component
from setsuden.testing import FakeClock, FakeSensor, fake_channel
from tests.meter.support import Bench

CHANNELS = (
    fake_channel("cpu", relative_error=0.05),
    fake_channel("core", contained_in="cpu"),
    fake_channel("dram", component=Component.DRAM),
    fake_channel("gpu", component=Component.GPU),
)
WATTS = {"cpu": 10.0, "core": 4.0, "dram": 2.0, "gpu": 100.0}


def made() -> tuple[InMemoryMetricReader, Telemetry]:
    reader = InMemoryMetricReader()
    return reader, Telemetry(MeterProvider([reader]))


def read(reader: InMemoryMetricReader) -> dict[str, dict[str, float]]:
    """Metric -> hw.id -> value."""
    data = reader.get_metrics_data()
    if data is None:
        return {}
    return {
        metric.name: {str((point.attributes or {}).get("hw.id")): point.value for point in metric.data.data_points}  # type: ignore[union-attr]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_watts_and_joules_carry_the_names_and_units_of_the_conventions() -> None:
    reader, telemetry = made()
    clock = FakeClock()
    setup = find_setup([FakeSensor(clock, WATTS, CHANNELS)], clock, None)
    telemetry.begin()
    for tick in watch(setup, 2.0, 3, sleep=clock.advance):
        telemetry.show(tick, Estimate.exact(0.5, "gCO2e", Provenance.ESTIMATED))
    found = read(reader)
    assert found["hw.energy"] == {
        "cpu": pytest.approx(60.0),
        "dram": pytest.approx(12.0),
        "gpu": pytest.approx(600.0),
    }
    assert found["hw.power"] == {"cpu": pytest.approx(10.0), "dram": pytest.approx(2.0), "gpu": pytest.approx(100.0)}
    assert found["setsuden.energy.low"]["cpu"] < 60.0 < found["setsuden.energy.high"]["cpu"]
    assert found["setsuden.carbon"] == {"None": 0.5}
    assert not found.get("hw.host.energy")
    data: Any = reader.get_metrics_data()
    metrics = {metric.name: metric for metric in data.resource_metrics[0].scope_metrics[0].metrics}
    assert (metrics["hw.energy"].unit, metrics["hw.power"].unit) == ("J", "W")
    assert metrics["hw.energy"].data.is_monotonic
    assert [dict(point.attributes) for point in metrics["hw.energy"].data.data_points][1] == {
        "hw.id": "dram", "hw.type": "memory", "hw.name": "dram", "setsuden.provenance": "measured",
    }  # fmt: skip


@pytest.mark.parametrize("component", [Component.BOARD, Component.BATTERY])
def test_a_meter_of_the_whole_host_is_never_among_the_parts(component: Component) -> None:
    reader, telemetry = made()
    channels: tuple[Channel, ...] = (fake_channel("input", component=component),)
    bench = Bench({"input": 50.0}, channels, telemetry=telemetry)
    with bench.meter:
        bench.tick(1.0, 2)
        found = read(reader)
    assert found["hw.host.energy"] == {"input": pytest.approx(100.0)}
    assert found["hw.host.power"] == {"input": pytest.approx(50.0)}
    assert not found.get("hw.energy")


def test_one_meter_after_another_goes_on_counting_and_shows_no_power_in_between() -> None:
    reader, telemetry = made()
    for expected in (30.0, 60.0):
        bench = Bench(telemetry=telemetry)
        with bench.meter:
            bench.tick(1.0, 2)
            bench.clock.advance(1.0)
        found = read(reader)
        assert found["hw.energy"] == {"fake/cpu": pytest.approx(expected)}
        assert not found.get("hw.power")


def test_two_meters_at_once_would_count_twice() -> None:
    _, telemetry = made()
    with Bench(telemetry=telemetry).meter, pytest.raises(InputError, match="already shows"):
        Bench(telemetry=telemetry).meter.start()


def test_nothing_to_export_to_is_said() -> None:
    with pytest.raises(InputError, match="no OpenTelemetry meter provider"):
        Telemetry(NoOpMeterProvider())
    with pytest.raises(InputError, match="no OpenTelemetry meter provider"):
        Telemetry()


def test_without_the_package_the_remedy_is_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(InputError, match=r"setsuden\[telemetry\]"):
        Telemetry()
