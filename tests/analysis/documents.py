"""A small pilot document with known truths: energies follow closed forms, so expected answers can be worked out."""

from __future__ import annotations

from typing import Any

from setsuden.quantity import NODE, Estimate, Provenance

MODELS = {
    # name: (parameters, MACs, accuracy)
    "tiny": (1_000, 50_000, 0.880),
    "small": (10_000, 400_000, 0.930),
    "middle": (50_000, 2_000_000, 0.965),
    "large": (300_000, 15_000_000, 0.970),
    "huge": (900_000, 80_000_000, 0.972),
}
BATCHES = (8, 32, 128)
SAMPLES_PER_TRAINING = 50_000


def energy_per_sample_j(model: str, phase: str, batch_size: int) -> float:
    """A fixed cost per batch plus one per MAC; training takes three times as much."""
    infer = 0.02 / batch_size + 1e-9 * MODELS[model][1] + 1e-4
    return 3 * infer if phase == "train" else infer


def pilot_document(
    *,
    models: tuple[str, ...] = tuple(MODELS),
    batches: tuple[int, ...] = BATCHES,
    phases: tuple[str, ...] = ("train", "infer"),
    spread: float = 0.02,
    sensor_error: float | None = None,
    expected_requests: float = 100_000,
    constraints: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The parts of a pilot document that analysis and decision read."""
    return {
        "study": {
            "seed": 1,
            "trainings": 1,
            "expected_requests": expected_requests,
            "constraints": constraints
            or {
                "accuracy_floor": 0.96,
                "accuracy_floor_rule": "given",
                "latency_ceiling_ms": None,
                "energy_budget_j": None,
            },
        },
        "machine": {"sensors": [] if sensor_error is None else [_sensor(sensor_error)]},
        "models": [
            {
                "name": name,
                "parameters": MODELS[name][0],
                "macs_per_sample": MODELS[name][1],
                "macs_per_parameter": MODELS[name][1] / MODELS[name][0],
                "activation_bytes_per_sample": 4 * MODELS[name][0],
            }
            for name in models
        ],
        "configurations": [
            _configuration(model, phase, batch, spread) for model in models for phase in phases for batch in batches
        ],
        "quality": [_quality(model) for model in models],
    }


def energy(value: float, unit: str, spread: float) -> dict[str, Any]:
    return Estimate.relative(value, spread, unit, Provenance.MEASURED, NODE).to_json()


def plain(value: float, unit: str, spread: float = 0.01) -> dict[str, Any]:
    return Estimate.relative(value, spread, unit, Provenance.MEASURED).to_json()


def _sensor(error: float) -> dict[str, Any]:
    return {
        "channel": "package-0",
        "component": "cpu",
        "provenance": "measured",
        "relative_error": error,
        "counted": True,
    }


def _configuration(model: str, phase: str, batch: int, spread: float) -> dict[str, Any]:
    joules = energy_per_sample_j(model, phase, batch)
    training = phase == "train"
    settings = f"b{batch}/sgd/fp32/t2" if training else f"b{batch}/fp32/t2"
    return {
        "id": f"{model}/{phase}/{settings}",
        "model": model,
        "phase": phase,
        "batch_size": batch,
        "optimizer": "sgd" if training else None,
        "learning_rate": 0.1 if training else None,
        "precision": "fp32",
        "threads": 2,
        "loader_workers": 0,
        "request_rate_per_s": None,
        "energy_per_sample": energy(joules, "J/sample", spread),
        "time_per_sample": plain(joules / 20, "s/sample"),
        "latency_ms": None if training else {"p90": plain(1000 * batch * joules / 20, "ms")},
        "forecast": {"energy": energy(joules * SAMPLES_PER_TRAINING, "J", spread)},
    }


def _quality(model: str) -> dict[str, Any]:
    return {
        "model": model,
        "batch_size": 32,
        "optimizer": "sgd",
        "precision": "fp32",
        "accuracy": plain(MODELS[model][2], "1", 0.002),
        "diverged": False,
    }
