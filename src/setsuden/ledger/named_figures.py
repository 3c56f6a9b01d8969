"""A measurement as plain numbers by name, for an experiment tracker, a data frame or a plot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from setsuden.errors import InputError

if TYPE_CHECKING:
    from setsuden.ledger.measurement import Measurement
    from setsuden.quantity import Estimate


def figures(measurement: Measurement | None, *, site: str | None = None) -> dict[str, float]:
    """The numbers of one window, by names that carry their unit; what is not known is left out.

    measurement   of a window or a whole run: ``window.measurement``, ``meter.result``, ``run.root``
    site          where it ran, for ``carbon_g``: JP, US-CA, WORLD ...; a yearly mean, without the building's overhead

    Keys: ``duration_s``; ``energy_j`` (gross), ``dynamic_j`` (above idle), ``process_cpu_energy_j``, ``carbon_g`` and,
    of a window annotated with ``samples``, ``energy_per_sample_j``, each with the ends of its 5-95 % interval
    (``energy_low_j``, ``energy_high_j`` ...); ``average_power_w``, ``samples_per_s`` and the shares of ``Utilisation``.

    Raises InputError for a window that is still open and for an unknown site.
    """
    if measurement is None:
        raise InputError(
            "the window is still open", place="measurement", value=None,
            remedy="Ask for its figures after its with block. A callback has none where something else measures.",
        )  # fmt: skip
    found = {"duration_s": measurement.duration_s}
    energy = measurement.energy
    for name, figure, unit in (
        ("energy", energy, "j"),
        ("dynamic", measurement.dynamic, "j"),
        ("process_cpu_energy", measurement.process_cpu_energy, "j"),
        ("energy_per_sample", measurement.energy_per_sample, "j"),
        ("carbon", _carbon(energy, site), "g"),
    ):
        found.update(_with_interval(name, figure, unit))
    power = measurement.average_power
    if power is not None:
        found["average_power_w"] = power.value
    if measurement.samples_per_s is not None:
        found["samples_per_s"] = measurement.samples_per_s
    for name in ("cpu_share", "process_cpu_share", "memory_share", "gpu_sm_share"):
        share = getattr(measurement.utilisation, name)
        if share is not None:
            found[name] = share
    return found


def _with_interval(name: str, figure: Estimate | None, unit: str) -> Iterator[tuple[str, float]]:
    if figure is not None:
        yield f"{name}_{unit}", figure.value
        yield f"{name}_low_{unit}", figure.low
        yield f"{name}_high_{unit}", figure.high


def _carbon(energy: Estimate | None, site: str | None) -> Estimate | None:
    if site is None:
        return None
    from setsuden.catalogue import grid

    intensity = grid.intensity(site).estimate()
    return None if energy is None else (energy * intensity).to("gCO2e")
