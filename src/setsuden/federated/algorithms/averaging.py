"""Averaging servers: FedAvg, FedProx, and FedBuff, which averages whoever came first and minds how old they are."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.federated.algorithms.base import Algorithm
from setsuden.workload.settings import at_least, in_range


@dataclass(frozen=True, slots=True, kw_only=True)
class FedAvg(Algorithm):
    """The mean of the clients' models, weighted by samples (McMahan et al. 2017, arXiv:1602.05629)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FedProx(Algorithm):
    """FedAvg whose clients are held near the received model by mu/2 x distance^2 (Li et al. 2020, arXiv:1812.06127).

    mu   >= 0; 0 is FedAvg
    """

    mu: float = 0.01

    def __post_init__(self) -> None:
        Algorithm.__post_init__(self)
        in_range("fedprox.mu", self.mu, least=0.0)

    @property
    def name(self) -> str:
        """With mu."""
        return f"fedprox({self.mu:g})"

    @property
    def proximal(self) -> float:
        """mu."""
        return self.mu


@dataclass(frozen=True, slots=True, kw_only=True)
class FedBuff(Algorithm):
    """Asynchronous: the server steps whenever ``buffer`` updates are in (Nguyen et al. 2022, arXiv:2106.06639).

    buffer         updates per server step, >= 1; one step is one round of the trace
    concurrency    clients that train at the same time, >= buffer
    staleness_power   an update that started s server steps ago counts (1 + s) ** -staleness_power; 0.5 in the paper
    """

    buffer: int = 10
    concurrency: int = 20
    staleness_power: float = 0.5

    def __post_init__(self) -> None:
        Algorithm.__post_init__(self)
        at_least("fedbuff.buffer", self.buffer, 1)
        at_least("fedbuff.concurrency", self.concurrency, self.buffer)
        in_range("fedbuff.staleness_power", self.staleness_power, least=0.0)

    @property
    def name(self) -> str:
        """With buffer and concurrency."""
        return f"fedbuff({self.buffer} of {self.concurrency})"

    @property
    def averages_only(self) -> bool:
        """No: the buffer is a server's."""
        return False

    def discount(self, staleness: int) -> float:
        """What an update counts whose model was ``staleness`` server steps old when it arrived."""
        return float((1.0 + staleness) ** -self.staleness_power)
