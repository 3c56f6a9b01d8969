"""From energy to what it means where it ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from setsuden.catalogue import prices, sites
from setsuden.catalogue.hourly import HourlySignal
from setsuden.errors import BoundaryError, InputError, UnitError
from setsuden.footprint.checks import MAX_ENERGY_KWH, MAX_INTENSITY_G_PER_KWH, MAX_PUE, given, number
from setsuden.footprint.hours import UNIT as CI_UNIT
from setsuden.footprint.hours import Window
from setsuden.footprint.intensity import Priced, choose
from setsuden.footprint.note import Note
from setsuden.quantity import FACILITY, NODE, Boundary, Estimate, Factor, Scope, merged_factors, unit
from setsuden.quantity.draws import DEFAULT_DRAWS, DEFAULT_SEED, combine

Array = NDArray[np.float64]
_PRICE_AGE_YEARS = 2
"""A price so much older than the carbon intensity beside it is remarked on."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What an amount of energy means.

    energy                kWh within ``boundary``, facility overhead included if and only if the boundary says so
    operational_carbon    kgCO2e of that electricity, location-based
    embodied_carbon       kgCO2e of making the hardware, the share carried by this use; None when not stated
    total_carbon          operational plus embodied where known; its boundary says which
    water                 litres used on site; None when unknown
    cost                  in the currency of the price; None when unknown
    market_based_carbon   kgCO2e by contract, beside the location-based figure, never instead of it; None if not asked
    intensity             the carbon intensity used, with basis and place
    factors               everything that was looked up or stated, with source, year and licence
    missing               why a None is None, by field name
    seed, draws           of the Monte Carlo behind the intervals
    """

    energy: Estimate
    operational_carbon: Estimate
    embodied_carbon: Estimate | None
    total_carbon: Estimate
    water: Estimate | None
    cost: Estimate | None
    market_based_carbon: Estimate | None
    intensity: Priced
    factors: tuple[Factor, ...]
    boundary: Boundary
    notes: tuple[Note, ...] = ()
    missing: dict[str, Note] = field(default_factory=dict)
    seed: int = DEFAULT_SEED
    draws: int = DEFAULT_DRAWS

    @property
    def basis(self) -> str:
        """Convention of the carbon intensity; only footprints of one basis compare."""
        return self.intensity.basis


def footprint(
    energy: Estimate,
    *,
    site: str | None = None,
    intensity: Estimate | float | None = None,
    year: int | None = None,
    pue: Estimate | float | None = None,
    at: datetime | None = None,
    duration_s: float = 0.0,
    windows: Sequence[Window] = (),
    signal: HourlySignal | None = None,
    embodied: Estimate | float | None = None,
    price: Estimate | None = None,
    wue: Estimate | float | None = None,
    market_intensity: Estimate | float | None = None,
    seed: int = DEFAULT_SEED,
    draws: int = DEFAULT_DRAWS,
) -> Footprint:
    """Carbon, water and cost of ``energy``; every figure with a Monte Carlo interval.

    energy             any energy unit, not negative; its boundary says what it includes (None is taken as the node)
    site               a code of ``catalogue.grid.intensity``; None takes the world average, assumed and said so
    intensity          gCO2e/kWh in place of a site, location-based
    year               of the annual intensity; default the latest
    pue                facility over IT energy, 1-10, applied once: energy that already includes it is refused, and so
                       is that of a device alone, which is not what PUE multiplies; None adds no facility overhead
    at, duration_s     when the energy was used; with an hourly profile of the site, it is priced by those hours
    windows, signal    several stretches with their energies, and a signal other than the site's own
    embodied           kgCO2e of manufacture carried by this use, see ``manufacture.share``
    price              per kWh, such as ``EUR/kWh``; None looks the site up
    wue                litres per kWh of IT energy; None looks a cloud region up
    market_intensity   gCO2e/kWh by contract, for the figure beside

    Source: operational carbon is O = E * I, total C = O + M as in ISO/IEC 21031:2024; PUE as in ISO/IEC 30134-2; water
    is WUE * IT energy, ISO/IEC 30134-9. Raises InputError for anything outside its range.
    """
    e = _checked_energy(energy)
    spans = _windows(e, at, duration_s, windows)
    priced = choose(site, intensity, year, spans, signal)
    notes = [*priced.notes]
    if e.boundary is not None and e.boundary.scope is Scope.DEVICE:
        notes.append(Note("device_only"))
    overhead = _overhead(pue, e)
    boundary = FACILITY if overhead else e.boundary or NODE
    if boundary.scope is Scope.NODE:
        notes.append(Note("no_pue"))
        if priced.site is not None and ":" in priced.site and (known := sites.pue(priced.site)) is not None:
            notes.append(Note("known_pue", {"site": priced.site, "pue": f"{known.value:g}"}))
    p, i = overhead or given("PUE", 1.0, "1"), priced.estimate
    made = None
    if embodied is not None:
        made = _stated(given("the embodied carbon in kg", embodied, "kgCO2e"), "embodied carbon of this use")
    contract = None
    if market_intensity is not None:
        contract = given("the market-based intensity in g/kWh", market_intensity, CI_UNIT, high=MAX_INTENSITY_G_PER_KWH)

    def monte_carlo(function: Callable[..., Array], *inputs: Estimate, unit: str, extent: Boundary | None) -> Estimate:
        return combine(function, inputs, unit, boundary=extent, n=draws, seed=seed)

    kwh = monte_carlo(_at_meter, e, p, unit="kWh", extent=boundary) if overhead else e.within(boundary)
    operational = monte_carlo(_carbon, e, p, i, unit="kgCO2e", extent=boundary)
    whole = Boundary(boundary.scope, boundary.network, embodied=made is not None or boundary.embodied)
    total = monte_carlo(_total, e, p, i, made, unit="kgCO2e", extent=whole) if made else operational
    market = monte_carlo(_carbon, e, p, contract, unit="kgCO2e", extent=boundary) if contract else None

    per_litre, no_water = _water(wue, priced.site, e)
    water = monte_carlo(np.multiply, e, per_litre, unit="L", extent=boundary) if per_litre else None
    per_kwh, no_cost = _price(price, priced.site)
    notes += _old_price(per_kwh, priced.year)
    cost = None
    if per_kwh:
        cost = monte_carlo(_cost, e, p, per_kwh, unit=per_kwh.unit.removesuffix("/kWh"), extent=boundary)
    missing = {"embodied_carbon": None if made else Note("no_embodied"), "water": no_water, "cost": no_cost}
    figures = (kwh, operational, made, water, cost, market)
    return Footprint(
        energy=kwh,
        operational_carbon=operational,
        embodied_carbon=made,
        total_carbon=total,
        water=water,
        cost=cost,
        market_based_carbon=market,
        intensity=priced,
        factors=merged_factors(*(figure.factors for figure in figures if figure is not None)),
        boundary=whole,
        notes=tuple(notes),
        missing={name: note for name, note in missing.items() if note is not None},
        seed=seed,
        draws=draws,
    )


# Vectorised; each takes kWh, PUE and what comes after in the unit named at its call. A drawn PUE never falls below 1.
def _at_meter(kwh: Array, pue: Array) -> Array:
    return kwh * np.maximum(pue, 1.0)


def _carbon(kwh: Array, pue: Array, g_per_kwh: Array) -> Array:
    return _at_meter(kwh, pue) * g_per_kwh / 1000.0


def _total(kwh: Array, pue: Array, g_per_kwh: Array, made_kg: Array) -> Array:
    return _carbon(kwh, pue, g_per_kwh) + made_kg


def _cost(kwh: Array, pue: Array, price: Array) -> Array:
    return _at_meter(kwh, pue) * price


def _checked_energy(energy: Estimate) -> Estimate:
    if not unit(energy.unit).same_dimension(unit("kWh")):
        raise UnitError("a footprint starts from energy", value=energy.unit, remedy="For example kWh, MWh or J.")
    if energy.value < 0:
        raise InputError("energy is not negative", value=f"{energy.value:g} {energy.unit}")
    kwh = energy.to("kWh")
    number(
        "energy in kWh", kwh.high, high=MAX_ENERGY_KWH, hint="That is more than the world's electricity in a decade."
    )
    return kwh


def _overhead(pue: Estimate | float | None, energy: Estimate) -> Estimate | None:
    if pue is None:
        return None
    ratio = given("PUE", pue, "1", low=1.0, high=MAX_PUE)
    scope = energy.boundary.scope if energy.boundary else Scope.NODE
    if scope is Scope.FACILITY:
        raise BoundaryError(
            "this energy already includes facility overhead, and PUE is applied once",
            value=str(energy.boundary),
            remedy="Leave PUE out.",
        )
    if scope is Scope.DEVICE:
        raise BoundaryError(
            "PUE multiplies the energy of whole nodes, and this energy is that of a device alone",
            value=str(energy.boundary),
            remedy="Add the rest of the node first (--rest-watts), or leave PUE out.",
        )
    if energy.boundary is not None and energy.boundary.network:
        raise BoundaryError(
            "PUE multiplies the energy of whole nodes, and this energy includes data networks",
            value=str(energy.boundary),
            remedy="Work out the footprint of the nodes and of the network apart.",
        )
    return _stated(ratio, "PUE")


def _windows(energy: Estimate, at: datetime | None, duration_s: float, windows: Sequence[Window]) -> Sequence[Window]:
    if at is None:
        return windows
    if windows:
        raise InputError("give a time or windows, not both")
    return [Window(at, duration_s, max(energy.value, 1.0))]


def _water(wue: Estimate | float | None, site: str | None, energy: Estimate) -> tuple[Estimate | None, Note | None]:
    if energy.boundary is not None and energy.boundary.scope is Scope.FACILITY:
        return None, Note("water_needs_it_energy")
    if wue is not None:
        return _stated(given("water in L/kWh", wue, "L/kWh"), "on-site water"), None
    known = sites.wue(site) if site is not None and ":" in site else None
    return known, None if known else Note("no_water")


def _price(price: Estimate | None, site: str | None) -> tuple[Estimate | None, Note | None]:
    if price is not None:
        currency, _, per = price.unit.partition("/")
        if per != "kWh" or price.low < 0:
            raise InputError("a price is a positive amount per kWh", value=price.unit, remedy="For example EUR/kWh.")
        return _stated(price, f"electricity price in {currency}"), None
    country = sites.region(site).iso2 if site is not None and ":" in site else site
    known = prices.price(country) if country is not None else None
    return known, None if known else Note("no_price")


def _old_price(price: Estimate | None, year: int | None) -> list[Note]:
    """A remark where the looked-up price is more than _PRICE_AGE_YEARS older than the carbon intensity beside it."""
    of = min((f.year for f in price.factors if f.year is not None), default=None) if price else None
    if of is None or year is None or of >= year - _PRICE_AGE_YEARS:
        return []
    return [Note("old_price", {"year": of})]


def _stated(figure: Estimate, name: str) -> Estimate:
    if figure.factors:
        return figure
    text = "stated by the user"
    factor = Factor(f"{name}, {text}", figure.value, figure.low, figure.high, figure.unit, text)
    return replace(figure, factors=(factor,))
