"""Which carbon intensity prices the energy: typed in, looked up for a place, or by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from setsuden.catalogue import grid, hourly
from setsuden.catalogue.hourly import HourlySignal
from setsuden.errors import InputError
from setsuden.footprint.checks import MAX_INTENSITY_G_PER_KWH, given
from setsuden.footprint.hours import UNIT, Window, priced
from setsuden.footprint.note import Note
from setsuden.quantity import Estimate, Factor

GIVEN_BASIS = "stated by the user"


@dataclass(frozen=True, slots=True)
class Priced:
    """The intensity that was used.

    estimate   gCO2e/kWh, with its factor
    basis      the convention behind it; footprints of different bases are not comparable
    place      what it stands for
    site       code of the place, None when the intensity was typed in
    year       the year the figure describes; ``edition`` of the table it was read from; None where not stated
    notes      what the reader must know about the choice
    """

    estimate: Estimate
    basis: str
    place: str
    site: str | None
    year: int | None
    edition: str | None
    notes: tuple[Note, ...] = ()


def choose(
    site: str | None,
    intensity: Estimate | float | None,
    year: int | None,
    windows: Sequence[Window],
    signal: HourlySignal | None,
) -> Priced:
    """The intensity for a footprint; see ``setsuden.footprint.footprint`` for what each argument means."""
    if intensity is not None:
        if site is not None:
            raise InputError("give a site or an intensity, not both", value=(site, intensity))
        return _given(intensity, year)
    if signal is not None and not windows:
        raise InputError(
            "an hourly signal needs to know when the energy was used", remedy="Give at=... or windows=...."
        )
    if signal is None and windows and site is not None and site.strip().upper() in hourly.ZONES:
        signal = hourly.signal(site.strip().upper())
    if signal is not None and windows:
        return _by_the_hour(signal, windows, year)
    looked_up = grid.intensity(site if site is not None else grid.WORLD, year if year is not None else _year(windows))
    notes = [Note("site_unknown")] if looked_up.site == grid.WORLD else []
    if windows:
        notes.append(Note("no_hourly", {"place": looked_up.name}))
    if looked_up.asked_year is not None and looked_up.asked_year != looked_up.year:
        notes.append(Note("other_year", {"asked": looked_up.asked_year, "year": looked_up.year}))
    return Priced(
        looked_up.estimate(),
        looked_up.basis,
        looked_up.name,
        looked_up.site,
        looked_up.year,
        looked_up.source.edition,
        tuple(notes),
    )


def _given(intensity: Estimate | float, year: int | None) -> Priced:
    estimate = given("the carbon intensity in g/kWh", intensity, UNIT, high=MAX_INTENSITY_G_PER_KWH)
    basis = next((factor.basis for factor in estimate.factors if factor.basis), GIVEN_BASIS)
    place = estimate.factors[0].name if estimate.factors else GIVEN_BASIS
    if not estimate.factors:
        name = "grid carbon intensity, stated by the user"
        factor = Factor(
            name, estimate.value, estimate.low, estimate.high, UNIT, "stated by the user", year, None, basis
        )
        estimate = replace(estimate, factors=(factor,))
    # No grid is below 1 g/kWh on a yearly average; kilograms typed as grams are the usual reason.
    notes = (Note("tiny_intensity", {"value": f"{estimate.value:g}"}),) if 0 < estimate.value < 1 else ()
    return Priced(estimate, basis, place, None, year, None, notes)


def _by_the_hour(signal: HourlySignal, windows: Sequence[Window], year: int | None) -> Priced:
    zone = signal.zone
    notes = [Note("by_the_hour", {"zone": zone.name, "year": zone.year, "basis": zone.basis})]
    if year is not None and year != zone.year:
        notes.append(Note("year_unused", {"asked": year, "year": zone.year}))
    if zone.synthetic:
        notes.append(Note("synthetic_hours", {"zone": zone.name}))
    edition = zone.source.edition
    return Priced(priced(signal, windows), zone.basis, zone.name, zone.id, zone.year, edition, tuple(notes))


def _year(windows: Sequence[Window]) -> int | None:
    return max((window.start.year for window in windows), default=None)
