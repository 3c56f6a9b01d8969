"""The declared study as the decision engine sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from setsuden.decision import Affine, Constraint, Option
from setsuden.quantity import Estimate
from setsuden.quantity.draws import DEFAULT_SEED
from setsuden.study.analysis.shared_error import shared_relative_error
from setsuden.study.candidates import ACCURACY, LATENCY, TOTAL, Candidate, in_joules, weights

POINTS_BELOW_BEST = 0.01
"""Accuracy floor where none is declared: one percentage point below the most accurate option."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided about.

    candidates   every training with every way to serve
    chosen       of each training configuration the way to serve that was picked, by option id; ``options`` likewise
    """

    candidates: Sequence[Candidate]
    chosen: Mapping[str, Candidate]
    options: Mapping[str, Option]
    constraints: tuple[Constraint, ...]
    weights: Mapping[str, Estimate]
    shared: Mapping[str, float]
    seed: int

    @classmethod
    def of(cls, document: Mapping[str, Any], everything: Sequence[Candidate]) -> Case:
        """From the pilot document and every training with every way to serve."""
        study = document["study"]
        limits = study.get("constraints") or {}
        chosen = {c.id: c for c in _best_served(everything, limits.get("latency_ceiling_ms"))}
        return cls(
            everything,
            chosen,
            {name: candidate.option(name) for name, candidate in chosen.items()},
            _constraints(limits, everything),
            weights(document),
            {TOTAL: shared_relative_error(document.get("machine") or {}, document["configurations"])},
            int(study["seed"]) if study.get("seed") is not None else DEFAULT_SEED,
        )

    @property
    def objective(self) -> str:
        """What is to be least, in words."""
        trains = any(c.train is not None for c in self.candidates)
        serves = any(c.serve is not None for c in self.candidates)
        return "total energy of " + " and ".join(["training"] * trains + ["serving"] * serves)

    def affine(self, option_id: str) -> Affine | None:
        """Total energy over the number of requests; None where one half was not studied."""
        candidate = self.chosen[option_id]
        training, serving = candidate.training_energy, candidate.serving_energy
        if training is None or serving is None:
            return None
        return Affine(in_joules(training) * self.weights["trainings"].value, serving)


def _constraints(limits: Mapping[str, Any], everything: Sequence[Candidate]) -> tuple[Constraint, ...]:
    found = []
    floor = limits.get("accuracy_floor")
    known = [candidate.accuracy.value for candidate in everything if candidate.accuracy is not None]
    if floor is None and known and limits.get("accuracy_floor_rule") == "best minus one point":
        floor = max(known) - POINTS_BELOW_BEST
    if floor is not None:
        found.append(Constraint(ACCURACY, float(floor), "at_least", "accuracy_floor"))
    if limits.get("latency_ceiling_ms") is not None:
        found.append(Constraint(LATENCY, float(limits["latency_ceiling_ms"]), "at_most", "latency_ceiling_ms"))
    if limits.get("energy_budget_j") is not None:
        found.append(Constraint(TOTAL, float(limits["energy_budget_j"]), "at_most", "energy_budget_j"))
    return tuple(found)


def _best_served(everything: Sequence[Candidate], ceiling_ms: float | None) -> list[Candidate]:
    """Of each training configuration's ways to serve: the least energy under the ceiling, else the least latency."""
    groups: dict[str, list[Candidate]] = {}
    for candidate in everything:
        groups.setdefault(candidate.id, []).append(candidate)
    picked = []
    for ways in groups.values():
        fitting = [c for c in ways if ceiling_ms is None or (c.latency is not None and c.latency.value <= ceiling_ms)]
        picked.append(min(fitting, key=_serving_cost) if fitting else min(ways, key=_latency_value))
    return picked


def _serving_cost(candidate: Candidate) -> tuple[float, int]:
    energy = candidate.serving_energy
    return (energy.value if energy else 0.0, candidate.serving_batch_size or 0)


def _latency_value(candidate: Candidate) -> tuple[float, int]:
    latency = candidate.latency
    return (latency.value if latency else float("inf"), candidate.serving_batch_size or 0)
