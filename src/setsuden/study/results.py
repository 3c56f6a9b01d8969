"""One measured configuration, from its repeats to the figures of the pilot document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from setsuden.quantity import Estimate, Provenance
from setsuden.study.codes import ONE_REPEAT
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.findings import Findings
from setsuden.study.forecast import NO_ERROR, drift, forecast, per_sample, systematic
from setsuden.study.plan import Configuration
from setsuden.study.quality import latency_quantile
from setsuden.study.record import Repeat
from setsuden.study.spread import Ratio, pooled_sd, spread
from setsuden.study.stopping import Stop, StoppingRule

Price = Callable[[Estimate], tuple[Estimate | None, Estimate | None]]


@dataclass(frozen=True, slots=True)
class PhaseSpread:
    """What all configurations of a phase say together: drift over the pilot and pooled scatter, of energy and time."""

    energy_drift: float
    time_drift: float
    energy_pool: tuple[float, int] | None
    time_pool: tuple[float, int] | None


def phase_spread(groups: Sequence[Sequence[Repeat]]) -> PhaseSpread:
    """From the kept repeats of each configuration."""
    return PhaseSpread(
        drift(groups),
        drift(groups, time=True),
        pooled_sd(spread(_joules(repeats)) for repeats in groups if repeats),
        pooled_sd(spread(_seconds(repeats)) for repeats in groups if repeats),
    )


def measured_configurations(
    plan: Sequence[Configuration], study: StudyDeclaration, findings: Findings, epoch_samples: int, price: Price
) -> list[dict[str, Any]]:
    """The ``configurations`` part of the pilot document: everything that was measured at least once.

    price   from joules to carbon (gCO2e) and cost
    """
    rule = StoppingRule.of(study.measure, study.protocol)
    groups: dict[str, list[list[Repeat]]] = {"train": [], "infer": []}
    for configuration in plan:
        groups[configuration.phase].append(_kept(findings.of(configuration.id), rule))
    together = {phase: phase_spread(found) for phase, found in groups.items()}
    return [
        _configuration(configuration, study, findings, rule, together[configuration.phase], epoch_samples, price)
        for configuration in plan
        if findings.of(configuration.id)
    ]


def _joules(repeats: Sequence[Repeat]) -> Ratio:
    return [repeat.energy.value for repeat in repeats], [float(repeat.samples) for repeat in repeats]


def _seconds(repeats: Sequence[Repeat]) -> Ratio:
    return [repeat.duration_s for repeat in repeats], [float(repeat.samples) for repeat in repeats]


def _kept(repeats: Sequence[Repeat], rule: StoppingRule) -> list[Repeat]:
    return [repeats[i] for i in rule.kept([repeat.joules_per_sample for repeat in repeats])]


def _configuration(
    configuration: Configuration,
    study: StudyDeclaration,
    findings: Findings,
    rule: StoppingRule,
    together: PhaseSpread,
    epoch_samples: int,
    price: Price,
) -> dict[str, Any]:
    repeats = findings.of(configuration.id)
    kept = _kept(repeats, rule)
    energies = [repeat.energy for repeat in kept]
    sensor = systematic(energies)
    joules = spread(_joules(kept), pooled=together.energy_pool)
    seconds = spread(_seconds(kept), pooled=together.time_pool)
    timed = [Estimate.exact(1.0, "s", Provenance.MEASURED)]
    energy_per_sample = per_sample(joules, sensor, "J/sample", energies)
    time_per_sample = per_sample(seconds, NO_ERROR, "s/sample", timed)
    drawn, durations = [energy.value for energy in energies], [repeat.duration_s for repeat in kept]
    power = spread((drawn, durations), pooled=together.energy_pool)
    product = spread(_joules(kept), _seconds(kept), pooled=together.energy_pool)
    edp = per_sample(product, sensor, "J*s/sample^2", energies)
    training = configuration.phase == "train"
    epochs = study.question.epochs if training else None
    samples = study.question.epochs * epoch_samples if training else study.question.requests
    full = forecast(joules, sensor, together.energy_drift, samples, "J", energies)
    carbon, cost = price(full)
    return {
        "id": configuration.id,
        "model": configuration.model,
        "phase": configuration.phase,
        "batch_size": configuration.batch_size,
        "optimizer": configuration.optimizer,
        "learning_rate": configuration.learning_rate,
        "precision": configuration.precision,
        "threads": configuration.threads,
        "loader_workers": configuration.loader_workers,
        "request_rate_per_s": configuration.request_rate_per_s,
        "repeats": [_repeat(repeat, repeat in kept) for repeat in repeats],
        "stopped_because": findings.stops.get(configuration.id, Stop.TIME).value,
        "energy_per_sample": energy_per_sample.to_json(),
        "dynamic_energy_per_sample": _dynamic(kept, together),
        "time_per_sample": time_per_sample.to_json(),
        "average_power": per_sample(power, sensor, "W", energies).to_json(),
        "throughput": _throughput(time_per_sample).to_json(),
        "edp": edp.to_json(),
        "energy_per_epoch": _per_epoch(energy_per_sample, epoch_samples).to_json() if training else None,
        "latency_ms": _latency(kept),
        "served_rate_per_s": _served(kept),
        "scatter_share": joules.mean_share,
        "flags": _flags(repeats),
        "forecast": {
            "epochs": epochs,
            "samples": samples,
            "energy": full.to_json(),
            "duration": forecast(seconds, NO_ERROR, together.time_drift, samples, "s", timed).to_json(),
            "carbon": carbon.to_json() if carbon else None,
            "cost": cost.to_json() if cost else None,
            "drift_share": together.energy_drift,
        },
    }


def _repeat(repeat: Repeat, counted: bool) -> dict[str, Any]:
    power = Estimate(
        repeat.energy.value / repeat.duration_s,
        repeat.energy.low / repeat.duration_s,
        repeat.energy.high / repeat.duration_s,
        "W",
        repeat.energy.provenance,
        repeat.energy.boundary,
    )
    return {
        "repeat": repeat.repeat,
        "order": repeat.order,
        "run_id": repeat.run_id,
        "window_id": repeat.window_id,
        "counted": counted,
        "samples": repeat.samples,
        "warmup_s": repeat.warmup_s,
        "duration_s": repeat.duration_s,
        "energy": repeat.energy.to_json(),
        "dynamic": repeat.dynamic.to_json() if repeat.dynamic else None,
        "average_power": power.to_json(),
        "utilisation": dict(repeat.utilisation),
        "flags": [flag.code for flag in repeat.flags],
    }


def _dynamic(kept: Sequence[Repeat], together: PhaseSpread) -> dict[str, Any] | None:
    known = [repeat.dynamic for repeat in kept if repeat.dynamic is not None]
    if len(known) < len(kept) or any(estimate.value <= 0 for estimate in known):
        return None
    ratio = ([estimate.value for estimate in known], [float(repeat.samples) for repeat in kept])
    return per_sample(spread(ratio, pooled=together.energy_pool), systematic(known), "J/sample", known).to_json()


def _throughput(time: Estimate) -> Estimate:
    return Estimate(1 / time.value, 1 / time.high, 1 / time.low, "sample/s", time.provenance)


def _per_epoch(energy_per_sample: Estimate, samples: int) -> Estimate:
    scaled = energy_per_sample * (samples / 3600)
    return Estimate(
        scaled.value, scaled.low, scaled.high, "Wh/epoch", scaled.provenance, scaled.boundary, scaled.factors
    )


def _latency(kept: Sequence[Repeat]) -> dict[str, Any] | None:
    latencies = [latency for repeat in kept for latency in repeat.latencies_s]
    found: Mapping[str, Estimate | None] = {
        f"p{percent}": latency_quantile(latencies, percent / 100, Provenance.MEASURED) for percent in (50, 90, 99)
    }
    return {name: estimate.to_json() for name, estimate in found.items() if estimate} if latencies else None


def _served(kept: Sequence[Repeat]) -> float | None:
    rates = [(repeat.samples, repeat.samples / repeat.served_rate_per_s) for repeat in kept if repeat.served_rate_per_s]
    return sum(served for served, _ in rates) / sum(seconds for _, seconds in rates) if rates else None


def _flags(repeats: Sequence[Repeat]) -> list[dict[str, str]]:
    """Each code once, with the first detail and in how many windows it was raised."""
    seen = Counter(code for repeat in repeats for code in {flag.code for flag in repeat.flags})
    details: dict[str, str] = {}
    for repeat in repeats:
        for flag in repeat.flags:
            details.setdefault(flag.code, flag.detail)
    found = [
        {"code": code, "detail": f"{details[code]} ({count} of {len(repeats)} windows)"} for code, count in seen.items()
    ]
    if len(repeats) == 1:
        found.append({"code": ONE_REPEAT, "detail": "Measured once: the scatter is that of comparable configurations."})
    return sorted(found, key=lambda flag: flag["code"])
