"""A footprint as the published JSON document; schema ``footprint``."""

from __future__ import annotations

from typing import Any

from setsuden.footprint.equivalents import equivalents
from setsuden.footprint.model import Footprint
from setsuden.language import Language
from setsuden.quantity import Estimate

# field of the document -> field of Footprint
_FIGURES = {
    "energy_kwh": "energy",
    "operational_carbon_kg": "operational_carbon",
    "embodied_carbon_kg": "embodied_carbon",
    "total_carbon_kg": "total_carbon",
    "water_l": "water",
    "cost": "cost",
    "market_based_carbon_kg": "market_based_carbon",
}


def document(result: Footprint, language: Language = "en") -> dict[str, Any]:
    """Plain data: figures (null where unknown, with the reason under ``missing``), factors, boundary, equivalents."""
    figures: dict[str, Estimate | None] = {name: getattr(result, attribute) for name, attribute in _FIGURES.items()}
    by_attribute = {attribute: name for name, attribute in _FIGURES.items()}
    return {
        **{name: figure.to_json() if figure else None for name, figure in figures.items()},
        "intensity": result.intensity.estimate.to_json()
        | {
            "basis": result.basis,
            "place": result.intensity.place,
            "site": result.intensity.site,
            "year": result.intensity.year,
            "edition": result.intensity.edition,
        },
        "factors": [factor.to_json() for factor in result.factors],
        "boundary": str(result.boundary),
        "equivalents": [
            {
                "id": item.thing.id,
                "label": item.thing.label(language),
                "per": item.thing.per,
                "by": item.by,
                "amount": item.amount.to_json(),
                "source": str(item.thing.source),
                "year": item.thing.year,
                "status": item.thing.status,
            }
            for item in equivalents(result)
        ],
        "missing": {
            by_attribute[name]: {"code": note.code, "text": note.text(language)}
            for name, note in result.missing.items()
        },
        "notes": [{"code": note.code, "text": note.text(language)} for note in result.notes],
        "seed": result.seed,
        "draws": result.draws,
    }
