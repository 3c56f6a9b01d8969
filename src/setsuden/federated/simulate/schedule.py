"""What is simulated: the work of a turn, and how turns make rounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet

Array = NDArray[np.float64]
_APART = 1e-9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Work:
    """What one client does in one turn.

    samples         (clients,) held by each client, above 0
    macs_per_sample multiply-accumulates of training on one, forward and backward
    epochs          over its samples
    bytes_down, bytes_up   of the two messages
    batch_size      samples per step, for devices whose steps take time besides; None: one step a turn
    """

    samples: Array
    macs_per_sample: float
    bytes_down: int
    bytes_up: int
    epochs: int = 1
    batch_size: int | None = None

    def __post_init__(self) -> None:
        if not len(self.samples) or not float(self.samples.min()) > 0:
            raise InputError("every client holds samples", place="samples")
        for name in ("macs_per_sample", "bytes_down", "bytes_up", "epochs"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} must be above 0", value=getattr(self, name))

    @property
    def steps(self) -> Array:
        """Of each client in a turn."""
        if self.batch_size is None:
            return np.ones(len(self.samples))
        return np.asarray(np.ceil(self.samples / self.batch_size) * self.epochs)


def log_normal_samples(clients: int, median: float, spread: float, seed: int = 0) -> Array:
    """Data sizes whose logarithms have the standard deviation ``spread``; not rounded."""
    return np.asarray(median * np.exp(spread * np.random.default_rng([seed, 0xDA7A]).standard_normal(clients)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchronous:
    """Rounds that end with the ``cohort``-th update.

    rounds          how many
    cohort          updates that a round waits for
    over_selection  clients asked for each update wanted, 1 or more; the rest is cut off when the cohort is full
    timeout_s       a round ends at the latest then; needed where clients drop out
    waiting         who has delivered stays awake until the round ends
    drop_at         share of its compute that a client has done when it drops out, 0-1
    server_macs     of the server's work between two rounds
    """

    rounds: int
    cohort: int
    over_selection: float = 1.0
    timeout_s: float = math.inf
    waiting: bool = False
    drop_at: float = 0.5
    server_macs: float = 0.0

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.cohort < 1:
            raise InputError("rounds and cohort are 1 or more", value=(self.rounds, self.cohort))
        if not 1 <= self.over_selection < math.inf:
            raise InputError("over_selection is 1 or more", value=self.over_selection)
        _common(self.timeout_s, self.drop_at, self.server_macs)

    @property
    def asked(self) -> int:
        """Clients asked in each round."""
        return math.ceil(self.cohort * self.over_selection - 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffered:
    """Asynchronous rounds: ``concurrency`` clients at work at any time, an update of the model each ``buffer`` results.

    Whoever ends, however that is, is replaced at once. A client that drops out is noticed when it does.
    """

    rounds: int
    concurrency: int
    buffer: int
    timeout_s: float = math.inf
    drop_at: float = 0.5
    server_macs: float = 0.0

    def __post_init__(self) -> None:
        if min(self.rounds, self.concurrency, self.buffer) < 1:
            raise InputError(
                "rounds, concurrency and buffer are 1 or more", value=(self.rounds, self.concurrency, self.buffer)
            )
        _common(self.timeout_s, self.drop_at, self.server_macs)


def _common(timeout_s: float, drop_at: float, server_macs: float) -> None:
    if not timeout_s > 0:
        raise InputError("a time-out is a positive time", value=timeout_s)
    if not 0 <= drop_at <= 1:
        raise InputError("drop_at is a share from 0 to 1", value=drop_at)
    if not 0 <= server_macs < math.inf:
        raise InputError("the server's work is a number of MACs", value=server_macs)


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """Seconds of each stage of every client's turn, arrays (clients,), and the MACs between download and upload."""

    down: Array
    compute: Array
    up: Array
    macs: Array

    @property
    def total(self) -> Array:
        """Seconds of the whole turn."""
        return self.down + self.compute + self.up


def stages(fleet: Fleet, work: Work) -> Stages:
    """How long every client of ``fleet`` takes over ``work``."""
    if len(work.samples) != fleet.clients:
        raise InputError(f"the fleet has {fleet.clients} clients, the data {len(work.samples)}", place=fleet.name)
    macs = work.samples * (work.macs_per_sample * work.epochs)
    compute = macs / fleet.speed
    step_s = np.array([group.device.step_s for group in fleet.groups])
    if step_s.any():
        compute += step_s[fleet.group] * work.steps
    down, up = work.bytes_down / fleet.down, work.bytes_up / fleet.up
    # No two clients end at the same instant: whoever is alike is put in an order, by less than a billionth of the turn.
    order = np.random.default_rng([fleet.seed, 0x71E5]).random(fleet.clients)
    return Stages(down, compute + _APART * (down + compute + up) * order, up, macs)
