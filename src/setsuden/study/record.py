"""What one repeat and one training found: plain data, kept in the ledger so that a study can resume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from setsuden.errors import SensorError
from setsuden.ledger import Flag, Measurement
from setsuden.meter.codes import BUSY_SHARE
from setsuden.quantity import Estimate
from setsuden.study.codes import BUSY_MACHINE, DIVERGED

MOST_LATENCIES = 2000  # kept per repeat, evenly spread over the window


@dataclass(frozen=True, slots=True)
class Work:
    """What a task did inside one window.

    samples        processed; for the open loop, requests served
    steps          batches
    loader_wait_s  seconds spent waiting for data
    latencies_s    of each batch, or of each request from its arrival, s; empty for training
    served_rate_per_s  requests served per second, open loop; None otherwise
    diverged       a loss was not finite
    """

    samples: int
    steps: int
    loader_wait_s: float = 0.0
    latencies_s: tuple[float, ...] = ()
    served_rate_per_s: float | None = None
    diverged: bool = False


@dataclass(frozen=True, slots=True)
class Repeat:
    """One window of one configuration.

    repeat, order   which repeat of its configuration; position among all windows of the study, from 0
    at_s            begin, seconds since the study began, interruptions left out
    warmup_s        run before the window, not in it
    energy          node total, gross, J; dynamic above idle, J, None without a baseline
    """

    configuration: str
    repeat: int
    order: int
    run_id: str
    window_id: int
    at_s: float
    warmup_s: float
    duration_s: float
    samples: int
    energy: Estimate
    dynamic: Estimate | None
    utilisation: Mapping[str, float | None]
    flags: tuple[Flag, ...]
    latencies_s: tuple[float, ...] = ()
    served_rate_per_s: float | None = None

    @property
    def joules_per_sample(self) -> float:
        """Gross energy over samples, J/sample."""
        return self.energy.value / self.samples

    @property
    def seconds_per_sample(self) -> float:
        """Duration over samples, s/sample."""
        return self.duration_s / self.samples

    def to_json(self) -> dict[str, Any]:
        """Everything, for the ledger."""
        return {
            "configuration": self.configuration,
            "repeat": self.repeat,
            "order": self.order,
            "run_id": self.run_id,
            "window_id": self.window_id,
            "at_s": self.at_s,
            "warmup_s": self.warmup_s,
            "duration_s": self.duration_s,
            "samples": self.samples,
            "energy": self.energy.to_json(),
            "dynamic": self.dynamic.to_json() if self.dynamic else None,
            "utilisation": dict(self.utilisation),
            "flags": [{"code": flag.code, "detail": flag.detail} for flag in self.flags],
            "latencies_s": list(self.latencies_s),
            "served_rate_per_s": self.served_rate_per_s,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Repeat:
        """The inverse of ``to_json``."""
        fields = dict(data)
        fields["energy"] = Estimate.from_json(data["energy"])
        fields["dynamic"] = Estimate.from_json(data["dynamic"]) if data["dynamic"] else None
        fields["flags"] = tuple(Flag(**flag) for flag in data["flags"])
        fields["latencies_s"] = tuple(data["latencies_s"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Held-out accuracy after so much training.

    epoch, energy_j, duration_s   since the beginning of the training; evaluation is not in them
    loss                          mean training loss since the point before; None when it was not finite
    """

    epoch: float
    samples: int
    accuracy: float
    loss: float | None
    energy_j: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Quality:
    """One real training: what it learned and what it drew.

    trained_as   (model, batch size, optimiser, learning rate, precision)
    correct, tested   of the last evaluation
    energy       of the training alone, J
    """

    model: str
    batch_size: int
    optimizer: str | None
    learning_rate: float | None
    precision: str
    correct: int
    tested: int
    samples_seen: int
    epochs_trained: float
    energy: Estimate
    curve: tuple[CurvePoint, ...]
    diverged: bool

    @property
    def trained_as(self) -> tuple[str, int, str | None, float | None, str]:
        """The key shared with ``Configuration.trained_as``."""
        return (self.model, self.batch_size, self.optimizer, self.learning_rate, self.precision)

    def to_json(self) -> dict[str, Any]:
        """Everything, for the ledger."""
        return {
            "model": self.model,
            "batch_size": self.batch_size,
            "optimizer": self.optimizer,
            "learning_rate": self.learning_rate,
            "precision": self.precision,
            "correct": self.correct,
            "tested": self.tested,
            "samples_seen": self.samples_seen,
            "epochs_trained": self.epochs_trained,
            "energy": self.energy.to_json(),
            "curve": [{name: getattr(point, name) for name in CurvePoint.__dataclass_fields__} for point in self.curve],
            "diverged": self.diverged,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Quality:
        """The inverse of ``to_json``."""
        fields = dict(data)
        fields["energy"] = Estimate.from_json(data["energy"])
        fields["curve"] = tuple(CurvePoint(**point) for point in data["curve"])
        return cls(**fields)


def repeat_of(
    measurement: Measurement,
    work: Work,
    *,
    configuration: str,
    repeat: int,
    order: int,
    run_id: str,
    at_s: float,
    warmup_s: float,
    energy: Estimate,
) -> Repeat:
    """A repeat from the window that measured it and the work done inside."""
    stride = max(1, -(-len(work.latencies_s) // MOST_LATENCIES))
    use = measurement.utilisation
    return Repeat(
        configuration,
        repeat,
        order,
        run_id,
        measurement.window_id,
        at_s,
        warmup_s,
        measurement.duration_s,
        work.samples,
        energy,
        measurement.dynamic,
        {name: getattr(use, name) for name in type(use).__dataclass_fields__},
        (*measurement.flags, *_remarks(measurement, work)),
        work.latencies_s[::stride],
        work.served_rate_per_s,
    )


def _remarks(measurement: Measurement, work: Work) -> Iterator[Flag]:
    use = measurement.utilisation
    if use.cpu_share is not None and use.process_cpu_share is not None:
        foreign = use.cpu_share - use.process_cpu_share
        if foreign > BUSY_SHARE:
            yield Flag(BUSY_MACHINE, f"Other programs kept {foreign:.0%} of the processor busy.")
    if work.diverged:
        yield Flag(DIVERGED, "A loss was not finite; measuring went on from fresh weights.")


def known_energy(measurement: Measurement) -> Estimate:
    """The node's energy in a window; raises SensorError where nothing can be measured or modelled."""
    if measurement.energy is None:
        raise SensorError(
            "nothing on this machine can be measured or modelled, so a pilot has nothing to report",
            remedy="See: setsuden doctor",
        )
    return measurement.energy
