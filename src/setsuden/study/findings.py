"""What a study has found so far: filled in as it goes, complete at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from setsuden.ledger import Flag
from setsuden.quantity import Estimate
from setsuden.study.record import Quality, Repeat
from setsuden.study.stopping import Stop
from setsuden.study.workshop import ModelFacts


@dataclass(slots=True)
class Findings:
    """State of one study.

    repeats    by configuration id, in the order they were measured
    stops      why each configuration was measured no further
    idle_before, idle_after   W, counted channels; None where none was measured
    idle_busy_share   of the processor, kept busy by other programs while ``idle_before`` was taken
    spent_s, spent_j          time and energy of the study so far, interruptions left out
    """

    repeats: dict[str, list[Repeat]] = field(default_factory=dict)
    stops: dict[str, Stop] = field(default_factory=dict)
    qualities: list[Quality] = field(default_factory=list)
    models: dict[str, ModelFacts] = field(default_factory=dict)
    idle_before: Estimate | None = None
    idle_after: Estimate | None = None
    idle_busy_share: float | None = None
    spent_s: float = 0.0
    spent_j: float = 0.0
    flags: list[Flag] = field(default_factory=list)

    @property
    def windows(self) -> int:
        """Windows measured so far."""
        return sum(map(len, self.repeats.values()))

    def of(self, configuration: str) -> list[Repeat]:
        """Repeats of one configuration so far."""
        return self.repeats.get(configuration, [])

    def joules_and_samples(self, configuration: str) -> tuple[list[float], list[float]]:
        """One figure per repeat, of each."""
        repeats = self.of(configuration)
        return [repeat.energy.value for repeat in repeats], [float(repeat.samples) for repeat in repeats]

    def seconds_and_samples(self, configuration: str) -> tuple[list[float], list[float]]:
        """One figure per repeat, of each."""
        repeats = self.of(configuration)
        return [repeat.duration_s for repeat in repeats], [float(repeat.samples) for repeat in repeats]
