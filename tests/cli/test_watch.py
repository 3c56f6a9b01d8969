from __future__ import annotations

import json
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from setsuden.cli.exposition import exposition
from setsuden.cli.main import main
from setsuden.cli.metrics_server import MetricsServer
from setsuden.cli.watch import _document, _line
from setsuden.errors import InputError
from setsuden.footprint.intensity import choose
from setsuden.language import Language, Messages
from setsuden.meter.live import Tick
from setsuden.meter.live import watch as ticks
from setsuden.meter.setup import Setup, find_setup
from setsuden.quantity import Estimate, Provenance
from setsuden.sensors import discover
from setsuden.sensors.protocol import Component
from setsuden.testing import FakeClock, FakeMachine, FakeSensor, fake_channel
from tests.schemas_support import validate


def test_a_document_of_the_ticks_asked_for_meets_its_schema() -> None:
    result = CliRunner().invoke(main, ["watch", "--json", "--count", "2", "--interval", "0.05"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate("watch", document)
    assert len(document["ticks"]) == 2


@pytest.mark.parametrize("language", ["en", "ja"])
def test_lines_are_for_people(language: str) -> None:
    result = CliRunner().invoke(main, ["watch", "-n", "1", "--interval", "0.05", "--lang", language])
    assert result.exit_code == 0, result.output
    assert "CPU" in result.stdout


def test_opentelemetry_gets_every_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    monkeypatch.setattr("opentelemetry.metrics.get_meter_provider", lambda: MeterProvider([reader]))
    words = ["watch", "--json", "-n", "2", "--interval", "0.05", "--site", "JP", "--otel"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    last = json.loads(result.stdout)["ticks"][-1]
    data = reader.get_metrics_data()
    assert data is not None
    points = {metric.name: metric.data.data_points for metric in data.resource_metrics[0].scope_metrics[0].metrics}
    assert sum(point.value for point in points["hw.energy"]) == pytest.approx(last["energy"]["value"])  # type: ignore[union-attr]
    assert points["setsuden.carbon"][0].value > 0  # type: ignore[union-attr]


def test_opentelemetry_without_a_provider_exits_with_2() -> None:
    result = CliRunner().invoke(main, ["watch", "-n", "1", "--otel"])
    assert result.exit_code == 2
    assert "provider" in result.output


@pytest.mark.parametrize("words", [["--interval", "0"], ["--interval", "nan"], ["--count", "0"], ["--json"]])
def test_wrong_use_exits_with_2(words: list[str]) -> None:
    assert CliRunner().invoke(main, ["watch", *words]).exit_code == 2


def test_a_place_gives_the_carbon_rate_of_its_grid() -> None:
    result = CliRunner().invoke(main, ["watch", "--json", "-n", "1", "--interval", "0.05", "--site", "JP"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate("watch", document)
    (tick,) = document["ticks"]
    assert tick["carbon_rate"]["unit"] == "gCO2e/h"
    per_kwh = 1000 * tick["carbon_rate"]["value"] / tick["power"]["value"]
    assert per_kwh == pytest.approx(choose("JP", None, None, (), None).estimate.value)
    shown = CliRunner().invoke(main, ["watch", "-n", "1", "--interval", "0.05", "--site", "JP"])
    assert "gCO2e/h" in shown.stdout


def test_a_container_that_is_not_there_exits_with_2() -> None:
    assert CliRunner().invoke(main, ["watch", "-n", "1", "--container", "no/such"]).exit_code == 2


def tick_of(**watts: float) -> Tick:
    clock = FakeClock()
    sensor = FakeSensor(clock, watts, tuple(fake_channel(f"{name}", component=Component(name)) for name in watts))
    (tick,) = ticks(find_setup([sensor], clock, None), 2.0, 1, sleep=clock.advance)
    return tick


def test_metrics_are_named_in_base_units_and_sum_to_the_node() -> None:
    tick = tick_of(cpu=10.0, gpu=100.0)
    assert tick.energy is not None
    text = exposition(tick, Estimate.exact(3.5, "gCO2e", Provenance.ESTIMATED))
    rows = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    energy = {name: float(value) for name, value in rows.items() if name.startswith("setsuden_energy_joules_total")}
    assert energy == {
        'setsuden_energy_joules_total{component="cpu",device="cpu",provenance="measured"}': pytest.approx(20.0),
        'setsuden_energy_joules_total{component="gpu",device="gpu",provenance="measured"}': pytest.approx(200.0),
    }
    assert sum(energy.values()) == pytest.approx(tick.energy.value)
    assert rows["setsuden_carbon_grams_total"] == "3.5"
    assert text.count("# TYPE setsuden_energy_joules_total counter") == 1


@pytest.mark.enable_socket
def test_the_server_shows_the_newest_text_and_nothing_else(socket_enabled: None) -> None:
    with MetricsServer(0) as server:
        server.text = exposition(tick_of(cpu=10.0))
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as reply:
            assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert reply.read().decode() == server.text
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=10)
        with pytest.raises(InputError, match="cannot serve"):
            MetricsServer(server.port)


def stuck() -> Tick:
    """A look at a package whose counter stands still."""
    with tempfile.TemporaryDirectory() as folder:
        machine = FakeMachine(Path(folder))
        zone = machine.powercap.zone("intel-rapl:0", "package-0", 40.0)
        found = discover(machine.host)
        zone.frozen = True
        return list(ticks(Setup(found.sensors, found.counted, None, machine.clock), 1.0, 2, sleep=machine.advance))[-1]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_line_shows_the_codes_of_a_reading_that_was_not_clean(language: Language) -> None:
    assert "SET-COUNTER-STUCK: CPU package 0" in _line(stuck(), None, Messages("meter", language))


def test_prometheus_shows_a_code_as_long_as_it_lasts() -> None:
    labels = 'component="cpu",device="rapl/package-0",code="SET-COUNTER-STUCK"'
    assert f"setsuden_sensor_flag{{{labels}}} 1.0\n" in exposition(stuck())
    clean = next(
        ticks(find_setup([FakeSensor(FakeClock(), {"fake/cpu": 40.0})], None, None), 1.0, 1, sleep=lambda s: None)
    )
    assert "sensor_flag" not in exposition(clean)


def test_the_document_of_a_tick_has_the_codes_of_each_channel() -> None:
    document = {"ticks": [_document(stuck(), None)]}
    validate("watch", document)
    assert [channel["flags"] for channel in document["ticks"][0]["channels"]] == [["SET-COUNTER-STUCK"], []]


def test_watts_that_were_not_measured_say_so() -> None:
    line = _line(stuck(), None, Messages("meter", "en"))
    assert "(assumed)" in line
    assert "cpu 0 W +" in line, "the measured one needs no word"
