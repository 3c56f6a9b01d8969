"""NVIDIA cards whose joules are known: what a meter makes of a stand-in for NVML, on a fake clock.

    python benchmarks/meters/fake_gpus.py

No driver and no card is involved, and no time passes. It shows what the meter does with what NVML says, not whether
NVML is right.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from setsuden.ledger import Measurement
from setsuden.meter import Meter
from setsuden.sensors import discover
from setsuden.testing import FakeGpu, FakeMachine, FakeNvml

FAULT_AT_S = 60.0
END_S = 120.0
_SAMPLE_S = 0.5


def training(t_s: float) -> float:
    """Watts of a card at work: 300 W, but 120 W for 0.61 of every 2.37 s, while it waits for data."""
    return 120.0 if t_s % 2.37 < 0.61 else 300.0


def _nothing(gpu: FakeGpu) -> None:
    return


def _lost(gpu: FakeGpu) -> None:
    gpu.lost = True


@dataclass(frozen=True, slots=True)
class Case:
    """Some cards, and what happens to the first of them after FAULT_AT_S."""

    name: str
    cards: Callable[[], list[FakeGpu]]
    fault: Callable[[FakeGpu], None] = _nothing


@dataclass(frozen=True, slots=True)
class Row:
    """What was drawn and what the meter says: joules of all cards, the interval, the flags of their channels."""

    name: str
    truth_j: float
    value_j: float
    low_j: float
    high_j: float
    flags: tuple[str, ...]

    @property
    def inside(self) -> bool:
        """Whether the truth lies in the interval."""
        return self.low_j <= self.truth_j <= self.high_j

    def line(self) -> str:
        """A row of the table."""
        low, value, high = (joules / self.truth_j for joules in (self.low_j, self.value_j, self.high_j))
        said = "; ".join(("inside" if self.inside else "OUTSIDE", *self.flags))
        return f"| {self.name} | {value:.3f} [{low:.3f}, {high:.3f}] ({said}) |"


CASES = (
    Case("one GPU", lambda: [FakeGpu(watts=training)]),
    Case("four GPUs", lambda: [FakeGpu(watts=lambda t, k=k: training(t + k / 2)) for k in range(4)]),  # type: ignore[misc]
    Case("counter unsupported", lambda: [FakeGpu(watts=training, counter=False)]),
    Case(
        "counter unsupported, sensor looks 25 % of the time",
        lambda: [FakeGpu(watts=training, counter=False, average_s=0.1, duty=0.25)],
    ),
    Case("counter restarts", lambda: [FakeGpu(watts=training)], FakeGpu.restart_counter),
    Case("GPU lost", lambda: [FakeGpu(watts=training)], _lost),
)


def rows() -> Iterator[Row]:
    """Every case, measured once."""
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            yield measured(case, Path(folder))


def measured(case: Case, folder: Path) -> Row:
    """One case; ``folder`` must be empty."""
    gpus = case.cards()
    machine = FakeMachine(folder, nvml=FakeNvml(*gpus))
    meter = Meter(
        case.name, sensors=discover(machine.host).sensors, clock=machine.clock, ledger=False, rate_hz=0, idle_s=0
    )
    machine.advance(1.0)
    with meter:
        begin_j = sum(gpu.truth_j for gpu in gpus)
        for step in range(round(END_S / _SAMPLE_S)):
            if step * _SAMPLE_S == FAULT_AT_S:
                case.fault(gpus[0])
            machine.advance(_SAMPLE_S)
            meter.sample()
        truth_j = sum(gpu.truth_j for gpu in gpus) - begin_j
    return _row(case.name, truth_j, meter.result)


def _row(name: str, truth_j: float, result: Measurement) -> Row:
    cards = [part for part in result.channels if part.component == "gpu" and part.counted]
    codes = [code for part in cards for code in part.flags]
    return Row(
        name,
        truth_j,
        sum(part.gross.value for part in cards),
        sum(part.gross.low for part in cards),
        sum(part.gross.high for part in cards),
        tuple(dict.fromkeys(codes)),
    )


if __name__ == "__main__":
    print("| fake GPUs | setsuden |\n| --- | --- |")
    for row in rows():
        print(row.line())
