"""A fleet as the world that training runs in."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.fleet.fleet import Fleet, Group
from setsuden.federated.fleet.hours import by_hour
from setsuden.federated.fleet.place import HOURS


@dataclass(frozen=True, slots=True, eq=False)
class FleetWorld:
    """Implements ``federated.world.World``: the fleet's own speeds, rates, hours and grids. Best figures only."""

    fleet: Fleet
    _available: NDArray[np.float64] = field(init=False, repr=False)
    _intensity: NDArray[np.float64] = field(init=False, repr=False)
    _spare: NDArray[np.float64] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        groups = self.fleet.groups
        spare = [group.spare_w for group in groups]
        known = any(hours is not None for hours in spare)
        object.__setattr__(self, "_available", by_hour([group.available for group in groups]))
        object.__setattr__(self, "_intensity", by_hour([group.place.hours for group in groups]))
        nothing = (0.0,) * HOURS
        object.__setattr__(self, "_spare", by_hour([hours or nothing for hours in spare]) if known else None)

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return self.fleet.clients

    @property
    def regions(self) -> tuple[str, ...]:
        """The place of every client."""
        return self.fleet.regions

    def compute_s(self, client: int, macs: float, steps: int) -> float:
        """MACs over the client's speed, plus what each step takes besides."""
        return macs / float(self.fleet.speed[client]) + steps * self._group(client).device.step_s

    def down_s(self, client: int, bytes_: int) -> float:
        """Bytes over the client's download rate."""
        return bytes_ / float(self.fleet.down[client])

    def up_s(self, client: int, bytes_: int) -> float:
        """Bytes over the client's upload rate."""
        return bytes_ / float(self.fleet.up[client])

    def available(self, time_s: float) -> NDArray[np.bool_]:
        """(clients,): who is awake; a share of a group is drawn anew every hour, from the fleet's seed."""
        hour = self._hour(time_s)
        share = self._available[self.fleet.group, hour % self._available.shape[1]]
        if np.array_equal(self._available, np.rint(self._available)):
            return np.asarray(share > 0.5)
        drawn = np.random.default_rng([self.fleet.seed, 0xA3A1, hour]).random(self.fleet.clients)
        return np.asarray(drawn < share)

    def intensity_g_per_kwh(self, time_s: float) -> NDArray[np.float64]:
        """(clients,): of the hour."""
        return np.asarray(self._intensity[self.fleet.group, self._hour(time_s) % self._intensity.shape[1]])

    def spare_w(self, time_s: float) -> NDArray[np.float64] | None:
        """(clients,): of the hour; None where no group declares any."""
        if self._spare is None:
            return None
        return np.asarray(self._spare[self.fleet.group, self._hour(time_s) % self._spare.shape[1]])

    def turn_j(self, client: int, macs: float, steps: int, bytes_down: int, bytes_up: int) -> float:
        """Joules of the device: computing, and awake and on the air while it transfers. No network, no waiting."""
        group = self._group(client)
        device, radio = group.device, group.link.radio.energy.value
        down_s, up_s = self.down_s(client, bytes_down), self.up_s(client, bytes_up)
        if device.j_per_mac is not None:
            compute = macs * device.j_per_mac.value
        else:
            assert device.active_w is not None
            compute = self.compute_s(client, macs, steps) * device.active_w.value
        receive = 8 * bytes_down * radio if device.rx_w is None else down_s * device.rx_w.value
        send = 8 * bytes_up * radio if device.tx_w is None else up_s * device.tx_w.value
        return compute + receive + send + (down_s + up_s) * device.idle_w.value

    def _group(self, client: int) -> Group:
        return self.fleet.groups[int(self.fleet.group[client])]

    def _hour(self, time_s: float) -> int:
        return int(self.fleet.start_utc_hour + time_s / 3600.0)


def world(fleet: Fleet, clients: int | None = None) -> FleetWorld:
    """The world of ``fleet``; InputError where it does not have as many clients as the data."""
    if clients is not None and clients != fleet.clients:
        raise InputError(
            f"the fleet has {fleet.clients} clients, the data {clients}",
            place=fleet.name,
            remedy="Give the number of clients when the fleet is read.",
        )
    return FleetWorld(fleet)
