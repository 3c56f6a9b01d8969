"""What the analysis reads of a measured configuration of the pilot document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from setsuden.quantity import Estimate

Phase = Literal["train", "infer"]
PHASES: tuple[Phase, ...] = ("train", "infer")


@dataclass(frozen=True, slots=True)
class Point:
    """One configuration: what was run, joules and seconds per sample."""

    id: str
    model: str
    phase: Phase
    batch_size: int
    optimizer: str | None
    learning_rate: float | None
    precision: str | None
    threads: int | None
    loader_workers: int | None
    energy: Estimate
    time: Estimate

    @property
    def settings(self) -> tuple[str | int | float | None, ...]:
        """All settings apart from the batch size."""
        return (self.optimizer, self.learning_rate, self.precision, self.threads, self.loader_workers)


def read_points(configurations: Sequence[Mapping[str, Any]]) -> list[Point]:
    """Configurations that ran as fast as they could; those fed at a request rate spend joules on waiting: left out."""
    return [
        Point(
            item["id"],
            item["model"],
            item["phase"],
            item["batch_size"],
            item.get("optimizer"),
            item.get("learning_rate"),
            item.get("precision"),
            item.get("threads"),
            item.get("loader_workers"),
            Estimate.from_json(item["energy_per_sample"]),
            Estimate.from_json(item["time_per_sample"]),
        )
        for item in configurations
        if item.get("request_rate_per_s") is None
    ]
