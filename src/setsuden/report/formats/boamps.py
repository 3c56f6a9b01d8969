"""BoAmps, Boavizta's report on the energy of an AI task; data model 1.1.0, JSON schema draft-04.

Its ``power...`` fields are energies in kWh; its dates carry no zone and are written in UTC.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from setsuden import __version__
from setsuden.quantity import Estimate
from setsuden.report.formats.subject import Note, Rendered, Subject, one

FORMAT_VERSION = "0.1"
_DATE = "%Y-%m-%d %H:%M:%S"
_GRADES = (("high", 0.10), ("medium", 0.25), ("low", 0.50))
_COMPONENTS = {"cpu": "cpu", "gpu": "gpu", "dram": "ram", "accelerator": "accelerator"}
UNSPECIFIED = "unspecified"


def render(subject: Subject) -> Rendered:
    """The report as JSON; required fields nobody declared say unspecified or other, and the notes name them."""
    subject = one(subject, "boamps")
    document, open_fields = _document(subject)
    notes = [Note("unspecified", (("fields", ", ".join(open_fields)),))] if open_fields else []
    if "quality" not in document:
        notes.append(Note("no_quality"))
    return Rendered(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n", tuple(notes))


def quality(energy: Estimate) -> str | None:
    """high within +-10 %, medium within +-25 %, low within +-50 %; None beyond, where the format has no word.

    The farther end of the interval decides, so that the promise holds on both sides.
    """
    if energy.value <= 0:
        return None
    reach = max(energy.high - energy.value, energy.value - energy.low) / energy.value
    # A written 10 % is a tenth whatever its last binary digit.
    return next((grade for grade, limit in _GRADES if reach <= limit * (1 + 1e-9)), None)


def _document(subject: Subject) -> tuple[dict[str, Any], list[str]]:
    open_fields: list[str] = []

    def required(field: str, value: Any, stand_in: Any) -> Any:
        if value:
            return value
        open_fields.append(field)
        return stand_in

    facts = subject.facts
    dumped = facts.model_dump(mode="json", include={"algorithms", "datasets"})  # YAML's dates become text
    task = {
        "taskStage": required("task.taskStage", subject.stage, UNSPECIFIED),
        "taskFamily": required("task.taskFamily", facts.task_family, UNSPECIFIED),
        "nbRequest": facts.requests if subject.stage == "inference" else None,
        "algorithms": dumped["algorithms"] or [_algorithm(subject)],
        "dataset": required("task.dataset", dumped["datasets"], [{"dataUsage": "input", "dataType": "other"}]),
        "measuredAccuracy": facts.accuracy,
        "taskDescription": facts.task,
    }
    cloud = subject.place.provider
    infrastructure = {
        "infraType": required(
            "infrastructure.infraType", facts.infrastructure.type or ("publicCloud" if cloud else None), "other"
        ),
        "cloudProvider": facts.infrastructure.provider or cloud,
        "cloudInstance": facts.infrastructure.instance,
        "cloudService": facts.infrastructure.service,
        "components": _components(subject),
    }
    document = {
        "header": _header(subject, draft=bool(open_fields) or subject.record.status != "finished"),
        "task": _known(task),
        "measures": [_measure(subject)],
        "system": _system(subject),
        "software": _software(subject),
        "infrastructure": _known(infrastructure),
        "environment": _environment(subject),
        "quality": quality(subject.measured_energy),
    }
    return _known(document), open_fields


def _header(subject: Subject, *, draft: bool) -> dict[str, Any]:
    publisher = subject.facts.publisher
    return _known(
        {
            "formatVersion": FORMAT_VERSION,
            "reportId": str(uuid5(NAMESPACE_URL, f"setsuden:{subject.record.id}")),
            "reportDatetime": subject.now.strftime(_DATE),
            "reportStatus": "draft" if draft else "final",
            "publisher": None
            if publisher is None
            else _known(
                {
                    "name": publisher.name,
                    "division": publisher.division,
                    "projectName": publisher.project,
                    "confidentialityLevel": publisher.confidentiality,
                }
            ),
        }
    )


def _algorithm(subject: Subject) -> dict[str, Any]:
    """What the run itself recorded of the algorithm; an empty object is valid."""
    parameters = subject.attribute("parameters")
    epochs = subject.attribute("epochs")
    return _known(
        {
            "algorithmName": subject.facts.model,
            "parametersNumber": parameters / 1e9 if isinstance(parameters, (int, float)) else None,
            "epochsNumber": epochs if isinstance(epochs, (int, float)) else None,
        }
    )


def _measure(subject: Subject) -> dict[str, Any]:
    idle_kwh, idle_s = _calibration(subject)
    use = subject.tops[0].utilisation if subject.tops else None
    return _known(
        {
            "measurementMethod": "setsuden",
            "version": __version__,
            "cpuTrackingMode": subject.tracking("cpu"),
            "gpuTrackingMode": subject.tracking("gpu"),
            "averageUtilizationCpu": _share(use.cpu_share if use else None),
            "averageUtilizationGpu": _share(use.gpu_sm_share if use else None),
            "powerCalibrationMeasurement": idle_kwh,
            "durationCalibrationMeasurement": idle_s,
            "powerConsumption": subject.measured_energy.value,
            "measurementDuration": subject.duration_s,
            "measurementDateTime": subject.started_at.strftime(_DATE),
        }
    )


def _calibration(subject: Subject) -> tuple[float | None, float | None]:
    """kWh and seconds of the idle baseline, over the channels that count."""
    idle = (subject.record.document("meter") or {}).get("idle")
    if not idle:
        return None, None
    counted = {channel.id for channel in subject.record.channels if channel.counted}
    powers = {name: Estimate.from_json(power) for name, power in idle["powers"].items()}
    if not counted <= set(powers):
        return None, None  # a part without baseline: the sum would be too low
    watts = sum(powers[name].to("W").value for name in counted)
    return watts * float(idle["duration_s"]) / 3.6e6, float(idle["duration_s"])


def _components(subject: Subject) -> list[dict[str, Any]]:
    """Every kind of component that was metered or modelled, with how many of it."""
    found: list[dict[str, Any]] = []
    for component, kind in _COMPONENTS.items():
        labels = [channel.label for channel in subject.record.channels if channel.component == component]
        if not labels:
            continue
        memory = subject.memory_bytes if kind == "ram" else None
        found.append(
            _known(
                {
                    "componentName": subject.processor if kind == "cpu" else subject.redaction.clean(labels[0]),
                    "componentType": kind,
                    "nbComponent": 1 if kind in ("cpu", "ram") else len(labels),
                    "memorySize": round(memory / 1e9) if memory else None,
                }
            )
        )
    if found:
        return found
    labels = [channel.component for channel in subject.record.channels] or ["node"]
    return [{"componentType": labels[0], "nbComponent": 1}]


def _system(subject: Subject) -> dict[str, Any] | None:
    system = subject.software.get("system")
    return {"os": str(system).lower()} if system else None


def _software(subject: Subject) -> dict[str, Any] | None:
    version = subject.software.get("python")
    return {"language": "python", "version": str(version)} if version else None


def _environment(subject: Subject) -> dict[str, Any] | None:
    if subject.country is None:
        return None
    intensity = subject.footprint.intensity.estimate.value if subject.footprint else None
    return _known(
        {
            "country": subject.country,
            "location": subject.place.location,
            "powerSourceCarbonIntensity": intensity,
        }
    )


def _share(value: float | None) -> float | None:
    return None if value is None else min(max(value, 0.0), 1.0)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
