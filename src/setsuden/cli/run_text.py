"""A measurement as a few lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from setsuden.cli.ledger_option import duration
from setsuden.language import Messages
from setsuden.language.flag_text import told
from setsuden.ledger import Measurement, node_total
from setsuden.quantity import Estimate, Provenance, render


def measurement_lines(measurement: Measurement, messages: Messages) -> Iterator[str]:
    """Energy with interval, split by provenance, what lies above idle, flags."""
    seconds = duration(measurement.duration_s, "")
    if measurement.energy is None or measurement.average_power is None:
        yield messages.say("summary.no_energy", duration=seconds)
    else:
        power = render(measurement.average_power)
        yield messages.say("summary.energy", energy=render(measurement.energy), duration=seconds, power=power)
        yield messages.say("summary.split", parts=" | ".join(_parts(measurement, messages)))
    if measurement.dynamic is not None:
        yield messages.say("summary.dynamic", energy=render(measurement.dynamic))
    ours = measurement.process_cpu_energy
    if ours is not None:
        yield messages.say("summary.process", energy=render(ours))
    if measurement.process_gpu_energy is not None:
        yield messages.say("summary.process_gpu", energy=render(measurement.process_gpu_energy))
    for flag in measurement.flags:
        yield messages.say("summary.flag", code=flag.code, detail=told(flag, messages.language))


def own_cost(measurement: Measurement, messages: Messages) -> str:
    """CPU that the meter used, per second."""
    per_second = measurement.meter_cpu_s / measurement.duration_s if measurement.duration_s > 0 else 0.0
    return messages.say("summary.own_cost", cost=render(Estimate.exact(per_second, "s", Provenance.MEASURED)))


def provenance_split(measurement: Measurement) -> dict[Provenance, Estimate]:
    """Joules of the counted channels by provenance, strongest first."""
    split = {}
    for provenance in Provenance:
        found = [part.gross for part in measurement.channels if part.counted and part.gross.provenance is provenance]
        summed = node_total(found)
        if summed is not None:
            split[provenance] = summed
    return split


def _parts(measurement: Measurement, messages: Messages) -> Iterator[str]:
    for provenance, energy in provenance_split(measurement).items():
        word = messages.say(f"provenance.{provenance.value}")
        yield messages.say("summary.part", provenance=word, energy=render(energy, interval=False))
