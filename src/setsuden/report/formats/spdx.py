"""SPDX 3.0 as JSON-LD: an AI package with its energy consumption (AI profile)."""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from setsuden.errors import InputError
from setsuden.report.formats.decimals import plain
from setsuden.report.formats.subject import TOOL, Rendered, Subject, one

_KINDS = {
    "training": "ai_trainingEnergyConsumption",
    "pre-training": "ai_trainingEnergyConsumption",
    "fine-tuning": "ai_finetuningEnergyConsumption",
    "inference": "ai_inferenceEnergyConsumption",
}
_CREATION = "_:creation"


def render(subject: Subject) -> Rendered:
    """The document; InputError when it is not known whether the energy was training's, fine-tuning's or inference's."""
    subject = one(subject, "spdx")
    if subject.stage is None:
        raise InputError(
            "SPDX keeps the energy of training, fine-tuning and inference apart, and this run does not say which it is",
            place="--format spdx",
            remedy="Give --stage, for example --stage inference.",
        )
    return Rendered(json.dumps(_document(subject, _KINDS[subject.stage]), indent=2, ensure_ascii=False) + "\n")


def _document(subject: Subject, kind: str) -> dict[str, Any]:
    base = f"urn:uuid:{uuid5(NAMESPACE_URL, f'setsuden:{subject.record.id}')}"
    agent, package, supplier = f"{base}#tool", f"{base}#model", f"{base}#supplier"
    facts, energy = subject.facts, subject.energy
    element: dict[str, Any] = {
        "type": "ai_AIPackage",
        "spdxId": package,
        "creationInfo": _CREATION,
        "name": subject.model,
        "software_primaryPurpose": "model",
        "software_packageVersion": facts.version,
        "software_downloadLocation": facts.download,
        "suppliedBy": supplier if facts.supplier else None,
        "releaseTime": f"{facts.released}T00:00:00Z" if facts.released else None,
        "comment": (
            f"Energy: {plain(energy.value)} kWh, 5-95 % {plain(energy.low)} to {plain(energy.high)} kWh, "
            f"{energy.provenance.value}, boundary {energy.boundary}."
        ),
        "ai_energyConsumption": {
            "type": "ai_EnergyConsumption",
            kind: [
                {
                    "type": "ai_EnergyConsumptionDescription",
                    "ai_energyQuantity": plain(energy.value),
                    "ai_energyUnit": "kilowattHour",
                }
            ],
        },
    }
    # The AI profile requires these of a package; without them only the core profile is claimed.
    whole = all((facts.version, facts.download, facts.supplier, facts.released))
    graph: list[dict[str, Any]] = [
        {
            "type": "CreationInfo",
            "@id": _CREATION,
            "specVersion": "3.0.1",
            "created": subject.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "createdBy": [agent],
        },
        {"type": "SoftwareAgent", "spdxId": agent, "creationInfo": _CREATION, "name": TOOL},
        {
            "type": "SpdxDocument",
            "spdxId": f"{base}#document",
            "creationInfo": _CREATION,
            "profileConformance": ["core", "software", "ai"] if whole else ["core"],
            "rootElement": [package],
        },
        {name: value for name, value in element.items() if value is not None},
    ]
    if facts.supplier:
        graph.append({"type": "Organization", "spdxId": supplier, "creationInfo": _CREATION, "name": facts.supplier})
    return {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}
