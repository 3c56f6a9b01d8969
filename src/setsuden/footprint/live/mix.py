"""From a fuel mix to an intensity: sum of generation times factor over generation."""

from __future__ import annotations

from collections.abc import Mapping

from setsuden.catalogue.evidence import ENERGY_SOURCES

FACTOR_SET = "ipcc_ar5_2014"
BASIS = "lifecycle_generation"


def factor(fuel: str) -> float:
    """Life-cycle g/kWh of a fuel, IPCC AR5 WG3 Annex III medians; ``unknown`` for what the table does not name."""
    row = ENERGY_SOURCES.find(f"{FACTOR_SET}:{fuel}") or ENERGY_SOURCES.get(f"{FACTOR_SET}:unknown")
    return row.intensity_g_per_kwh


def citation() -> str:
    """Where the factors come from."""
    return str(ENERGY_SOURCES.get(f"{FACTOR_SET}:coal").source)


def intensity(generation: Mapping[str, float], imports: Mapping[float, float] | None = None) -> float | None:
    """g/kWh of a mix; None where nothing was generated.

    generation   fuel -> power, any one unit; negative entries (pumping, own use) count as nothing
    imports      intensity in g/kWh -> power received at it
    """
    used = {fuel: power for fuel, power in generation.items() if power > 0}
    received = {g: power for g, power in (imports or {}).items() if power > 0}
    total = sum(used.values()) + sum(received.values())
    if total <= 0:
        return None
    carbon = sum(power * factor(fuel) for fuel, power in used.items())
    return (carbon + sum(power * g for g, power in received.items())) / total
