"""Options of a pilot: each training configuration joined with each way to serve the same model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from setsuden.decision import Composite, Option, Part
from setsuden.quantity import Estimate, Provenance, unit

TOTAL, ACCURACY, LATENCY = "total_energy", "accuracy", "latency_p90_ms"
TRAININGS, REQUESTS = "trainings", "expected_requests"
TRAINED_AS = ("batch_size", "optimizer", "learning_rate", "precision")  # what decides a model's accuracy


@dataclass(frozen=True, slots=True)
class Candidate:
    """A training configuration and a serving configuration of one model, either of which the study may lack.

    id   of the training configuration without its phase; candidates that differ only in how they serve share it
    """

    id: str
    model: str
    train: Mapping[str, Any] | None
    serve: Mapping[str, Any] | None
    quality: Mapping[str, Any] | None

    @property
    def settings(self) -> Mapping[str, Any]:
        """The configuration that gives the option its settings: training, or serving where nothing is trained."""
        found = self.train or self.serve
        assert found is not None
        return found

    @property
    def serving_batch_size(self) -> int | None:
        """Samples per request batch when serving."""
        return None if self.serve is None else int(self.serve["batch_size"])

    @property
    def training_energy(self) -> Estimate | None:
        """One full training as forecast from the pilot, J."""
        return None if self.train is None else Estimate.from_json(self.train["forecast"]["energy"])

    @property
    def serving_energy(self) -> Estimate | None:
        """Joules per request, a request being one sample."""
        if self.serve is None:
            return None
        energy = Estimate.from_json(self.serve["energy_per_sample"]).to("J/sample")
        return Estimate(
            energy.value, energy.low, energy.high, "J/request", energy.provenance, energy.boundary, energy.factors
        )

    @property
    def accuracy(self) -> Estimate | None:
        """Held-out accuracy of the nearest quality training, None where there was none or it diverged.

        Only an estimate where another setting was trained than this one.
        """
        if self.quality is None or self.quality.get("diverged"):
            return None
        found = Estimate.from_json(self.quality["accuracy"])
        return found if self.accuracy_of is None else found.weakened(Provenance.ESTIMATED)

    @property
    def accuracy_of(self) -> Mapping[str, Any] | None:
        """The settings that were trained in the place of these; None where these were, or nothing was."""
        if self.quality is None:
            return None
        decisive = TRAINED_AS if self.train is not None else ("precision",)
        trained = {key: self.quality.get(key, self.settings.get(key)) for key in TRAINED_AS}
        return None if all(trained[key] == self.settings.get(key) for key in decisive) else trained

    @property
    def latency(self) -> Estimate | None:
        """p90 per served batch, ms."""
        latency = (self.serve or {}).get("latency_ms")
        return Estimate.from_json(latency["p90"]).to("ms") if latency and latency.get("p90") else None

    def total_energy(self) -> Composite:
        """``trainings x training + expected_requests x serving``; parts with one source are one figure, drawn once."""
        parts = []
        if self.train is not None and (training := self.training_energy) is not None:
            parts.append(Part(training, TRAININGS, self.train["id"]))
        if self.serve is not None and (serving := self.serving_energy) is not None:
            parts.append(Part(serving, REQUESTS, self.serve["id"]))
        return Composite(tuple(parts))

    def option(self, option_id: str) -> Option:
        """This candidate for the decision engine."""
        metrics: dict[str, Estimate | Composite] = {TOTAL: self.total_energy()}
        if (accuracy := self.accuracy) is not None and self.quality is not None:
            told = "/".join(str(self.quality.get(key)) for key in ("model", *TRAINED_AS))
            metrics[ACCURACY] = Composite((Part(accuracy, None, f"accuracy of {told}"),))
        if (latency := self.latency) is not None and self.serve is not None:
            metrics[LATENCY] = Composite((Part(latency, None, f"latency of {self.serve['id']}"),))
        attributes = {"model": self.model, "batch_size": self.settings["batch_size"]}
        return Option(option_id, metrics, self.id, {**attributes, "serving_batch_size": self.serving_batch_size})


def candidates(document: Mapping[str, Any]) -> list[Candidate]:
    """Every training configuration of the document with every way to serve its model.

    A study that only trains, or only serves, gives candidates without the other half. In a study that does both, a
    model that lacks one half is no candidate: its total is unknown.
    """
    configurations = document["configurations"]
    trained = [item for item in configurations if item["phase"] == "train"]
    served = [item for item in configurations if item["phase"] == "infer"]
    qualities = document.get("quality", ())
    if not trained:
        return [_candidate(qualities, None, serve) for serve in served]
    if not served:
        return [_candidate(qualities, train, None) for train in trained]
    return [_candidate(qualities, train, serve) for train in trained for serve in _ways_to_serve(train, served)]


def weights(document: Mapping[str, Any]) -> dict[str, Estimate]:
    """How often training is repeated and how many requests are expected, as declared.

    They define the question rather than answer it, so they do not weaken the provenance of a total.
    """
    study = document["study"]
    return {
        TRAININGS: Estimate.exact(float(study.get("trainings") or 1), "1", Provenance.MEASURED),
        REQUESTS: Estimate.exact(float(study.get("expected_requests") or 0), "request", Provenance.MEASURED),
    }


def in_joules(estimate: Estimate) -> Estimate:
    """The figure in J."""
    return estimate.to("J") if unit(estimate.unit).text != "J" else estimate


def _candidate(
    qualities: Sequence[Mapping[str, Any]], train: Mapping[str, Any] | None, serve: Mapping[str, Any] | None
) -> Candidate:
    settings = train or serve
    assert settings is not None
    name = "/".join(part for part in settings["id"].split("/") if part != settings["phase"])
    return Candidate(name, settings["model"], train, serve, _nearest_quality(qualities, settings))


def _ways_to_serve(train: Mapping[str, Any], served: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of the model's serving configurations: like settings rather than unlike, full speed rather than at a rate."""
    ways = [item for item in served if item["model"] == train["model"]]
    for key in ("precision", "threads", "loader_workers"):
        ways = [item for item in ways if item.get(key) == train.get(key)] or ways
    return [item for item in ways if item.get("request_rate_per_s") is None] or ways


def _nearest_quality(qualities: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The model's training with the same optimiser and precision if any, then the nearest rate and batch size."""

    def distance(quality: Mapping[str, Any]) -> tuple[bool, bool, float, float, int]:
        size = int(quality["batch_size"])
        trains = settings["phase"] == "train"
        return (
            trains and quality.get("optimizer") != settings.get("optimizer"),
            quality.get("precision") != settings.get("precision"),
            _apart(quality.get("learning_rate"), settings.get("learning_rate")) if trains else 0.0,
            _apart(size, settings["batch_size"]),
            size,
        )

    return min((quality for quality in qualities if quality["model"] == settings["model"]), key=distance, default=None)


def _apart(a: float | None, b: float | None) -> float:
    """How many times the one is the other, as the size of a logarithm; inf where only one is known."""
    if a is None or b is None:
        return 0.0 if a == b else math.inf
    return abs(math.log(a / b))
