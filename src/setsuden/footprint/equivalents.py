"""A footprint in everyday things: a picture for the reader, not a result."""

from __future__ import annotations

import math
from dataclasses import dataclass

from setsuden.catalogue import equivalences
from setsuden.catalogue.equivalences import Equivalence
from setsuden.footprint.model import Footprint
from setsuden.quantity import Estimate

# Recent, well sourced and pictured by anyone; the rest of the table is for replaying papers.
_CARBON = ("car_km_eu_new_2024", "car_km_us", "train_km", "flight_paris_london", "flight_ny_sf_ga", "tree_year")
_ENERGY = ("led_hour", "kettle_litre", "home_electricity_day_jp", "home_electricity_year_us", "gpt3_training")


@dataclass(frozen=True, slots=True)
class Equivalent:
    """``amount`` of one everyday thing; ``by`` says whether carbon or energy was compared."""

    thing: Equivalence
    by: str
    amount: Estimate


def equivalents(result: Footprint) -> list[Equivalent]:
    """Everyday amounts of the total carbon and of the energy, most readable (closest to ten) first."""
    return compared(result.energy, result.total_carbon)


def compared(energy: Estimate, carbon: Estimate | None) -> list[Equivalent]:
    """The same of an amount of energy and, where it is known, of carbon."""
    found = []
    for row_id in _CARBON:
        row = equivalences.TABLE.get(row_id)
        if row.carbon_kg and carbon is not None:
            found.append(Equivalent(row, "carbon", _count(carbon.to("kgCO2e"), row.carbon_kg)))
    for row_id in _ENERGY:
        row = equivalences.TABLE.get(row_id)
        if row.energy_kwh:
            found.append(Equivalent(row, "energy", _count(energy.to("kWh"), row.energy_kwh)))
    return sorted(found, key=lambda item: _distance(item.amount.value))


def _count(figure: Estimate, per_thing: float) -> Estimate:
    scaled = figure * (1.0 / per_thing)
    return Estimate(scaled.value, scaled.low, scaled.high, "1", scaled.provenance)


def _distance(amount: float) -> float:
    return abs(math.log10(amount) - 1.0) if amount > 0 else math.inf
