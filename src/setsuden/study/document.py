"""The pilot document: everything a study found, as published under the schema ``pilot``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from setsuden import __version__
from setsuden.ledger import ChannelRecord, Measurement
from setsuden.quantity import Estimate, merged_factors
from setsuden.sensors import Discovery
from setsuden.study.analysis import analyse
from setsuden.study.case import POINTS_BELOW_BEST
from setsuden.study.codes import NOT_MEASURED
from setsuden.study.decide import decide
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.findings import Findings
from setsuden.study.machine import machine_facts, told_packages
from setsuden.study.plan import configurations
from setsuden.study.pricing import Pricer
from setsuden.study.quality import energy_to_target, target_accuracy, wilson
from setsuden.study.record import Quality, known_energy
from setsuden.study.results import measured_configurations

FEW_MODELS = 5


@dataclass(frozen=True, slots=True)
class Session:
    """What surrounds the findings of a finished study.

    created_at   UTC, ISO 8601, of the first session
    whole        the outermost window of the last session; ``trace`` its power over time, ``run_id`` its run
    channels     what was read; ``environment`` as the ledger captures it; ``settings`` of the processor
    command      how to run it again
    clocks       elapsed seconds of the last session and the same by the time of day; far apart means a clock was set
    forecasts    of the trainings for accuracy in the last session while they ran, schema ``forecast``, ``runs``
    """

    study: StudyDeclaration
    findings: Findings
    data_facts: Mapping[str, Any]
    discovery: Discovery
    channels: Sequence[ChannelRecord]
    environment: Mapping[str, Any]
    settings: Mapping[str, str | None]
    whole: Measurement
    trace: Mapping[str, Any] | None
    run_id: str
    created_at: str
    command: str
    clocks: tuple[float, float]
    forecasts: Sequence[Mapping[str, Any]] = ()


def pilot_document(session: Session) -> dict[str, Any]:
    """The whole document; plain data, no NaN, unknown is null."""
    study, findings = session.study, session.findings
    plan = configurations(study)
    pricer = Pricer(study.site, study.price_per_kwh)
    epoch_samples = int(session.data_facts["train_samples"])
    measured = measured_configurations(plan, study, findings, epoch_samples, pricer)
    machine = machine_facts(session.discovery, session.channels, session.whole, session.environment, session.settings)
    models = [findings.models[model.name].to_json() for model in study.models if model.name in findings.models]
    quality = [_quality(item, findings.qualities, study) for item in findings.qualities]
    document: dict[str, Any] = {
        "schema": "setsuden:pilot",
        "version": 1,
        "setsuden_version": __version__,
        "study": _study(session),
        "data": dict(session.data_facts),
        "machine": machine,
        "idle": {
            "before": findings.idle_before.to_json() if findings.idle_before else None,
            "after": findings.idle_after.to_json() if findings.idle_after else None,
            "busy_share": findings.idle_busy_share,
        },
        "models": models,
        "configurations": measured,
        "quality": quality,
        "forecasts": list(session.forecasts),
    }
    document["analysis"] = analyse(measured, models, machine=machine)
    document["decision"] = decide(document)
    chosen = _chosen_energy(document["decision"])
    document["footprint"] = pricer.document(chosen) if chosen else None
    document["trace"] = dict(session.trace) if session.trace else None
    document["pilot_cost"] = {"energy": _cost(session).to_json(), "duration_s": findings.spent_s}
    factors = merged_factors(*(channel.factors for channel in session.channels), pricer.factors)
    document["factors"] = [factor.to_json() for factor in factors]
    document["flags"] = _flags(session, {item["id"] for item in measured})
    document["limits"] = _limits(session, machine)
    document["reproduce"] = {
        "command": session.command,
        "run_id": session.run_id,
        "git": session.environment.get("git"),
        "packages": told_packages(session.environment),
    }
    return document


def _study(session: Session) -> dict[str, Any]:
    study = session.study
    limits, question = study.constraints, study.question
    best = max((item.correct / item.tested for item in session.findings.qualities), default=None)
    floor, rule = limits.accuracy_floor, "given"
    if floor is None:
        floor, rule = (None if best is None else max(0.0, best - POINTS_BELOW_BEST)), "best minus one point"
    return {
        "name": study.name,
        "created_at": session.created_at,
        "protocol": study.protocol,
        "seed": study.seed,
        "config": study.to_json(),
        "config_sha256": study.sha256,
        "epochs_asked": question.epochs,
        "trainings": question.trainings,
        "expected_requests": question.requests,
        "constraints": {
            "accuracy_floor": floor,
            "accuracy_floor_rule": rule,
            "latency_ceiling_ms": limits.latency_ms,
            "energy_budget_j": limits.energy_budget_j,
        },
    }


def _quality(quality: Quality, everything: list[Quality], study: StudyDeclaration) -> dict[str, Any]:
    target = target_accuracy(study.quality.target_accuracy, study.constraints.accuracy_floor, everything)
    reached = energy_to_target(quality, target) if target is not None else None
    return {
        "model": quality.model,
        "batch_size": quality.batch_size,
        "optimizer": quality.optimizer,
        "learning_rate": quality.learning_rate,
        "precision": quality.precision,
        "accuracy": wilson(quality.correct, quality.tested).to_json(),
        "accuracy_interval": "Wilson 90 %",
        "tested": quality.tested,
        "epochs_trained": quality.epochs_trained,
        "samples_seen": quality.samples_seen,
        "energy": quality.energy.to_json(),
        "curve": [
            {
                "epoch": point.epoch,
                "samples": point.samples,
                "accuracy": point.accuracy,
                "loss": point.loss,
                "energy_j": point.energy_j,
                "duration_s": point.duration_s,
            }
            for point in quality.curve
        ],
        "target": target,
        "energy_to_target": reached.to_json() if reached else None,
        "diverged": quality.diverged,
    }


def _chosen_energy(decision: Mapping[str, Any] | None) -> Estimate | None:
    if decision is None or decision["recommended"] is None:
        return None
    option = next(option for option in decision["options"] if option["id"] == decision["recommended"])
    return Estimate.from_json(option["total_energy"])


def _cost(session: Session) -> Estimate:
    """What this study drew: the last session by its own window, earlier ones by what they had kept."""
    last = known_energy(session.whole)
    everything = max(session.findings.spent_j, last.value)
    share = everything / last.value if last.value else 1.0
    return Estimate(
        last.value * share, last.low * share, last.high * share, "J", last.provenance, last.boundary, last.factors
    )


def _flags(session: Session, measured: set[str]) -> list[dict[str, str]]:
    flags = [*session.whole.flags, *session.findings.flags]
    missing = [item.id for item in configurations(session.study) if item.id not in measured]
    found = [{"code": flag.code, "detail": flag.detail} for flag in flags]
    if missing:
        found.append({"code": NOT_MEASURED, "detail": f"The budget ended before: {', '.join(missing)}."})
    return found


def _limits(session: Session, machine: Mapping[str, Any]) -> list[str]:
    """Codes of what a reader must keep in mind; each is explained by the report."""
    study, findings = session.study, session.findings
    elapsed_s, by_day_s = session.clocks
    found = {
        "all-modelled": machine["measured_share"] == 0,
        "virtual-machine": machine["virtualised"] is True,
        "few-models": len(study.models) < FEW_MODELS,
        "short-training": any(quality.epochs_trained < study.question.epochs for quality in findings.qualities),
        "no-quality": "train" in study.phases and not findings.qualities,
        "clock-jump": abs(elapsed_s - by_day_s) > max(2.0, 0.05 * elapsed_s),
        "not-an-mlperf-result": study.protocol == "mlperf-like",
        "world-average-grid": study.site is None,
    }
    return [code for code, holds in found.items() if holds]
