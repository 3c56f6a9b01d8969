"""Which clients fail on purpose, and how long the others wait for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from setsuden.errors import InputError
from setsuden.workload.settings import in_range

_STREAM = 0xFA


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Simulated and real failures.

    drop_share    chance (0-1) that a client breaks off at a random point of its local training
    time_out_s    on the clock of the world: a reply that takes longer is not waited for; None waits
    hang_s        on the clock of this machine: a client that computes longer is ended and counted as hung, > 0
    fault_limit   a client whose training raised, hung or was not finite so often is not asked again, >= 1
    """

    drop_share: float = 0.0
    time_out_s: float | None = None
    hang_s: float = 300.0
    fault_limit: int = 3

    def __post_init__(self) -> None:
        in_range("failures.drop_share", self.drop_share, least=0.0)
        if self.drop_share > 1.0:
            raise InputError("must be a share of at most 1", place="failures.drop_share", value=self.drop_share)
        if self.time_out_s is not None:
            in_range("failures.time_out_s", self.time_out_s, above=0.0)
        in_range("failures.hang_s", self.hang_s, above=0.0)
        in_range("failures.fault_limit", self.fault_limit, least=1)

    def dropped_at(self, seed: int, round_: int, client: int) -> float | None:
        """The share (0-1) of its training after which the client breaks off in this round; None: it does not."""
        if self.drop_share == 0.0:
            return None
        lot, share = np.random.default_rng([seed, _STREAM, round_, client]).random(2)
        return float(share) if lot < self.drop_share else None
