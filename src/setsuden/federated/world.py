"""What training must know of the world it runs in: how long things take there, who is awake, how clean the grid is.

The engine asks a ``World``; a fleet (devices, links, countries) is one, and
``EqualWorld`` is the one without declaration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class World(Protocol):
    """The virtual surroundings of ``clients`` clients. Times are seconds since the start of the training."""

    @property
    def clients(self) -> int:
        """How many clients there are."""
        ...

    @property
    def regions(self) -> tuple[str, ...] | None:
        """Country or region of each client; None where nothing was declared."""
        ...

    def compute_s(self, client: int, macs: float, steps: int) -> float:
        """Seconds in which the client does so many multiply-accumulates in so many steps."""
        ...

    def down_s(self, client: int, bytes_: int) -> float:
        """Seconds to receive so many bytes."""
        ...

    def up_s(self, client: int, bytes_: int) -> float:
        """Seconds to send so many bytes."""
        ...

    def available(self, time_s: float) -> NDArray[np.bool_]:
        """(clients,): who can be asked at that time."""
        ...

    def intensity_g_per_kwh(self, time_s: float) -> NDArray[np.float64] | None:
        """(clients,): carbon intensity of each client's grid at that time; None where nothing was declared."""
        ...

    def spare_w(self, time_s: float) -> NDArray[np.float64] | None:
        """(clients,): power that each client has to spare at that time; None where nothing was declared."""
        ...

    def turn_j(self, client: int, macs: float, steps: int, bytes_down: int, bytes_up: int) -> float | None:
        """Joules of one turn of the client, for budgets; None where nothing was declared."""
        ...


@dataclass(frozen=True, slots=True)
class EqualWorld:
    """Every client alike, always awake: for training without a declared fleet. Its seconds are no device's."""

    clients: int
    macs_per_s: float = 1e9
    bytes_per_s: float = 1e6

    @property
    def regions(self) -> None:
        """None: nothing was declared."""

    def compute_s(self, client: int, macs: float, steps: int) -> float:
        """By the one declared speed."""
        return macs / self.macs_per_s

    def down_s(self, client: int, bytes_: int) -> float:
        """By the one declared rate."""
        return bytes_ / self.bytes_per_s

    def up_s(self, client: int, bytes_: int) -> float:
        """By the one declared rate."""
        return bytes_ / self.bytes_per_s

    def available(self, time_s: float) -> NDArray[np.bool_]:
        """Everybody."""
        return np.ones(self.clients, dtype=np.bool_)

    def intensity_g_per_kwh(self, time_s: float) -> None:
        """None: nothing was declared."""

    def spare_w(self, time_s: float) -> None:
        """None: nothing was declared."""

    def turn_j(self, client: int, macs: float, steps: int, bytes_down: int, bytes_up: int) -> None:
        """None: nothing was declared."""
