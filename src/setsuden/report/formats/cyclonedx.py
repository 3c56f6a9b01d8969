"""CycloneDX 1.7: a machine-learning model whose model card states energy and carbon. Offsets are never filled."""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from setsuden import __version__
from setsuden.quantity import Estimate
from setsuden.report.formats.decimals import plain
from setsuden.report.formats.subject import Rendered, Subject, one

_ACTIVITIES = {
    "training": "training", "pre-training": "training", "fine-tuning": "fine-tuning", "inference": "inference",
}  # fmt: skip


def render(subject: Subject) -> Rendered:
    """The bill of materials as JSON; an undeclared stage is the activity ``other``, an unknown source ``unknown``."""
    subject = one(subject, "cyclonedx")
    serial = uuid5(NAMESPACE_URL, f"setsuden:{subject.record.id}")
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": f"run-{subject.record.id}",
        "name": subject.model,
        "modelCard": {
            "considerations": {"environmentalConsiderations": {"energyConsumptions": [_consumption(subject)]}}
        },
    }
    if subject.facts.version:
        component["version"] = subject.facts.version
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": subject.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "setsuden", "version": __version__}]},
        },
        "components": [component],
    }
    return Rendered(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _consumption(subject: Subject) -> dict[str, Any]:
    energy = {"value": subject.energy.value, "unit": "kWh"}
    organization = {"name": subject.facts.infrastructure.provider} if subject.facts.infrastructure.provider else {}
    found: dict[str, Any] = {
        "activity": _ACTIVITIES.get(subject.stage or "", "other"),
        "energyProviders": [{"organization": organization, "energySource": "unknown", "energyProvided": energy}],
        "activityEnergyCost": energy,
    }
    properties = _interval("energy", subject.energy)
    if subject.footprint:
        carbon = subject.footprint.total_carbon.to("tCO2e")
        found["co2CostEquivalent"] = {"value": carbon.value, "unit": "tCO2eq"}
        properties += _interval("carbon", carbon)
        properties.append({"name": "setsuden:carbon:basis", "value": subject.footprint.basis})
    found["properties"] = properties
    return found


def _interval(name: str, figure: Estimate) -> list[dict[str, str]]:
    return [
        {"name": f"setsuden:{name}:low", "value": plain(figure.low)},
        {"name": f"setsuden:{name}:high", "value": plain(figure.high)},
        {"name": f"setsuden:{name}:provenance", "value": figure.provenance.value},
        {"name": f"setsuden:{name}:boundary", "value": str(figure.boundary)},
    ]
