"""What is drawn, in the text format that Prometheus reads (exposition format 0.0.4).

Only channels that count are shown, so that a sum over them is the node. Counters start with the watching.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from setsuden.meter.live import Tick
from setsuden.quantity import Estimate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(tick: Tick, carbon: Estimate | None = None) -> str:
    """The metrics of a tick; ``carbon`` since the start, gCO2e."""
    counted = [
        ({"component": channel.component, "device": channel.id, "provenance": power.provenance.value}, power, energy)
        for (channel, power), energy in zip(tick.channels, tick.energies, strict=True)
        if channel.counted
    ]
    lines = [
        *_metric("energy_joules_total", "counter", "Joules since the start", ((k, e.value) for k, _, e in counted)),
        *_metric("energy_low_joules", "gauge", "Lower end of the joules, 5 %", ((k, e.low) for k, _, e in counted)),
        *_metric("energy_high_joules", "gauge", "Upper end of the joules, 95 %", ((k, e.high) for k, _, e in counted)),
        *_metric("power_watts", "gauge", "Mean watts of the last interval", ((k, p.value) for k, p, _ in counted)),
    ]
    flagged = [
        ({"component": channel.component, "device": channel.id, "code": code}, 1.0) for channel, code in tick.flagged()
    ]
    if flagged:
        lines += _metric("sensor_flag", "gauge", "1 while the last reading of a channel carried this code", flagged)
    if carbon is not None:
        lines += _metric(
            "carbon_grams_total", "counter", "gCO2e of the node's joules since the start", [({}, carbon.value)]
        )
    if tick.container is not None:
        parts = [({"component": component}, part.value) for component, part in tick.container.items()]
        lines += _metric("container_power_watts", "gauge", "Watts that fall to the watched container", parts)
    busy = tick.utilisation.cpu_share
    if busy is not None:
        lines += _metric("cpu_busy_ratio", "gauge", "Share of the CPUs at work, 0-1", [({}, busy)])
    return "\n".join(lines) + "\n"


def _metric(name: str, kind: str, text: str, rows: Iterable[tuple[dict[str, str], float]]) -> Iterator[str]:
    yield f"# HELP setsuden_{name} {text}"
    yield f"# TYPE setsuden_{name} {kind}"
    for labels, value in rows:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"setsuden_{name}{{{inside}}} {value!r}" if inside else f"setsuden_{name} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
