"""A stand-in for the ``amdsmi`` module: AMD cards at known watts, with the faults real ones have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NO_PERMISSION, NOT_SUPPORTED = 10, 2
_MICROJOULES_PER_COUNT = 15.259


class FakeAmdSmiError(Exception):
    """As ``amdsmi.AmdSmiLibraryException``: carries the library's code in ``err_code``."""

    def __init__(self, code: int) -> None:
        super().__init__(f"AMD SMI error {code}")
        self.err_code = code


@dataclass
class FakeAmdGpu:
    """One card.

    watts            drawn from now on
    counter, power   whether the driver answers these questions; a second die of an MI250 answers neither
    stuck            the counter stands still while the energy goes on
    fault            code that every question fails with; None: none
    truth_j          really drawn since the start
    """

    watts: float = 250.0
    bdf: str = "0000:03:00.0"
    name: str = "AMD Instinct MI300X"
    counter: bool = True
    power: bool = True
    stuck: bool = False
    fault: int | None = None
    limit_w: float = 560.0
    start_j: float = 700.0
    shown_j: float = 0.0
    truth_j: float = 0.0


class FakeAmdSmi:
    """Give it to ``FakeMachine(amdsmi=...)``; it answers what sensors ask as the ``amdsmi`` module does."""

    AmdSmiException = FakeAmdSmiError

    def __init__(self, *gpus: FakeAmdGpu) -> None:
        self.gpus = list(gpus)
        self.started = 0

    def advance(self, seconds: float) -> None:
        """Let every card draw."""
        for gpu in self.gpus:
            gpu.truth_j += gpu.watts * seconds
            gpu.shown_j += 0.0 if gpu.stuck else gpu.watts * seconds

    def amdsmi_init(self) -> None:
        """Start."""
        self.started += 1

    def amdsmi_shut_down(self) -> None:
        """Stop."""
        self.started -= 1

    def amdsmi_get_processor_handles(self) -> list[FakeAmdGpu]:
        """The cards themselves are the handles."""
        return self.gpus

    def amdsmi_get_gpu_device_bdf(self, gpu: FakeAmdGpu) -> str:
        """Where it sits on the bus."""
        return gpu.bdf

    def amdsmi_get_gpu_asic_info(self, gpu: FakeAmdGpu) -> dict[str, Any]:
        """Its name."""
        return {"market_name": self._ask(gpu).name}

    def amdsmi_get_power_cap_info(self, gpu: FakeAmdGpu) -> dict[str, Any]:
        """In uW."""
        return {"max_power_cap": round(self._ask(gpu).limit_w * 1e6)}

    def amdsmi_get_energy_count(self, gpu: FakeAmdGpu) -> dict[str, Any]:
        """Counts, and uJ per count; zero for a die that does not count."""
        joules = gpu.start_j + self._ask(gpu).shown_j if gpu.counter else 0.0
        return {
            "energy_accumulator": int(joules * 1e6 / _MICROJOULES_PER_COUNT),
            "counter_resolution": _MICROJOULES_PER_COUNT,
            "timestamp": 0,
        }

    def amdsmi_get_power_info(self, gpu: FakeAmdGpu) -> dict[str, Any]:
        """In W, or "N/A"."""
        watts = self._ask(gpu).watts if gpu.power else "N/A"
        return {"socket_power": watts, "current_socket_power": watts, "average_socket_power": "N/A"}

    @staticmethod
    def _ask(gpu: FakeAmdGpu) -> FakeAmdGpu:
        if gpu.fault is not None:
            raise FakeAmdSmiError(gpu.fault)
        return gpu
