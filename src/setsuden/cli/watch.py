"""``setsuden watch``: what is drawn right now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from setsuden.cli.common import json_option, lang_option, print_json
from setsuden.cli.exposition import exposition
from setsuden.cli.ledger_option import correct_option, duration, figure, ledger_option
from setsuden.cli.metrics_server import MetricsServer
from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.ledger.channel import correction_notes
from setsuden.ledger.measurement import Utilisation
from setsuden.meter.corrections import load_corrections
from setsuden.meter.live import Tick
from setsuden.meter.live import watch as ticks
from setsuden.meter.setup import find_setup
from setsuden.meter.telemetry import Telemetry
from setsuden.quantity import Estimate, Provenance, render
from setsuden.sensors.container import Container
from setsuden.sensors.correction import uncorrected
from setsuden.sensors.host import Host


@click.command()
@click.option("--interval", "interval_s", type=float, default=1.0, show_default=True, help="Seconds between two lines.")
@click.option("-n", "--count", type=click.IntRange(min=1), help="Stop after so many; default: go on until Ctrl-C.")
@click.option("--site", metavar="CODE", help="Show the carbon rate of this place's grid: JP, US-CA, WORLD ...")
@click.option("--container", "container_path", metavar="PATH", help="Also one container: its path in /sys/fs/cgroup.")
@click.option("--prometheus", "port", type=click.IntRange(0, 65535), help="Serve http://ADDRESS:PORT/metrics.")
@click.option("--otel", is_flag=True, help="Also as OpenTelemetry metrics, to the provider that is set up.")
@click.option("--bind", "address", default="127.0.0.1", show_default=True, help="Address to serve on.")
@correct_option
@ledger_option
@json_option
@lang_option
def watch(
    interval_s: float, count: int | None, site: str | None, container_path: str | None, port: int | None, otel: bool,
    address: str, corrections: tuple[str, ...], ledger_path: Path | None, as_json: bool, language: Language,
) -> None:  # fmt: skip
    """Watts per component now, joules since the start, how busy things are. Nothing is recorded.

    --json needs --count and prints one document with all of them at the end.
    """
    if not 0.05 <= interval_s <= 3600:
        raise InputError(
            "an interval lies between 0.05 and 3600 seconds", place="--interval", value=interval_s,
            remedy="1 is the default.",
        )  # fmt: skip
    if as_json and count is None:
        raise InputError("--json needs --count", remedy="Say how many: setsuden watch --json --count 10.")
    intensity = _intensity(site)
    server = MetricsServer(port, address) if port is not None else None
    telemetry = Telemetry() if otel else None
    setup = find_setup(None, None, None, load_corrections(corrections, ledger_path))
    container = Container(Host(), container_path, uncorrected(setup.sensors)) if container_path is not None else None
    found = _served(ticks(setup, interval_s, count, container=container), server, telemetry, intensity)
    if as_json:
        print_json({"ticks": [_document(tick, intensity) for tick in found]})
        return
    messages = Messages("meter", language)
    if server is not None:
        click.echo(messages.say("watch.serving", address=address, port=server.port), err=True)
    try:
        for number, tick in enumerate(found):
            if number == 0:
                for note in correction_notes([channel for channel, _ in tick.channels]):
                    click.echo(messages.say("watch.corrected", note=note), err=True)
            click.echo(_line(tick, intensity, messages))
    except KeyboardInterrupt:
        click.echo(err=True)


def _intensity(site: str | None) -> Estimate | None:
    """gCO2e/kWh of the place, a yearly mean."""
    if site is None:
        return None
    from setsuden.footprint.intensity import choose

    return choose(site, None, None, (), None).estimate


def _served(
    found: Iterator[Tick], server: MetricsServer | None, telemetry: Telemetry | None, intensity: Estimate | None
) -> Iterator[Tick]:
    """Pass the ticks on, showing each to whoever asks the server or reads the telemetry."""
    if telemetry is not None:
        telemetry.begin()
    with server if server is not None else nullcontext():
        for tick in found:
            carbon = _carbon(tick.energy, intensity, "gCO2e")
            if server is not None:
                server.text = exposition(tick, carbon)
            if telemetry is not None:
                telemetry.show(tick, carbon)
            yield tick


def _carbon(figure: Estimate | None, intensity: Estimate | None, unit: str) -> Estimate | None:
    """Watts or joules of the node times the grid's intensity; power-usage effectiveness of the building left out."""
    return None if figure is None or intensity is None else (figure * intensity).to(unit)


def _line(tick: Tick, intensity: Estimate | None, messages: Messages) -> str:
    unknown = messages.say("runs.unknown")
    parts = [_part(channel.component, power, messages) for channel, power in tick.channels if channel.counted]
    busy = tick.utilisation.cpu_share
    line = messages.say(
        "watch.line",
        elapsed=duration(tick.elapsed_s, unknown),
        power=figure(tick.power, unknown),
        parts=" + ".join(parts),
        energy=figure(tick.energy, unknown),
        busy=unknown if busy is None else f"{busy:.0%}",
    )
    rate = _carbon(tick.power, intensity, "gCO2e/h")
    if rate is not None:
        line += messages.say("watch.carbon", rate=render(rate))
    if tick.container is not None:
        parts = [f"{component} {render(power)}" for component, power in tick.container.items()]
        line += messages.say("watch.container", parts=" + ".join(parts) or unknown)
    for channel, code in tick.flagged():
        line += messages.say("watch.flag", code=code, label=channel.label)
    return line


def _part(component: str, power: Estimate, messages: Messages) -> str:
    """Watts of a component, with a word where they were not measured."""
    watts = f"{component} {render(power, interval=False)}"
    if power.provenance is Provenance.MEASURED:
        return watts
    return messages.say("watch.part", watts=watts, provenance=messages.say(f"provenance.{power.provenance.value}"))


def _document(tick: Tick, intensity: Estimate | None) -> dict[str, Any]:
    rate = _carbon(tick.power, intensity, "gCO2e/h")
    return {
        "elapsed_s": tick.elapsed_s,
        "power": None if tick.power is None else tick.power.to_json(),
        "energy": None if tick.energy is None else tick.energy.to_json(),
        "channels": [
            {
                "channel": channel.id,
                "component": channel.component,
                "label": channel.label,
                "counted": channel.counted,
                "corrected": channel.correction is not None,
                "power": power.to_json(),
                "flags": list(codes),
            }
            for (channel, power), codes in zip(tick.channels, tick.flags, strict=True)
        ],
        "utilisation": {name: getattr(tick.utilisation, name) for name in Utilisation.__dataclass_fields__},
        "carbon_rate": None if rate is None else rate.to_json(),
        "container": None
        if tick.container is None
        else {component: power.to_json() for component, power in tick.container.items()},
    }
