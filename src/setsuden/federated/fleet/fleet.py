"""A fleet: who the clients are, what they compute with, how they are connected, and where their power comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.fleet.device import Device
from setsuden.federated.fleet.link import Link
from setsuden.federated.fleet.place import HOURS, Place, whole_days
from setsuden.quantity import Estimate, Provenance

ALWAYS = (1.0,) * HOURS
ONE = Estimate.exact(1.0, "1", Provenance.ASSUMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Clients of one kind.

    available      share of them that can be asked in each hour of UTC, 0-1; a multiple of 24 values, repeated
    drop_out       share of turns that are begun and never delivered, 0-1
    spare_w        watts that one client has to spare in each hour of UTC; None where nothing was declared
    speed_spread, rate_spread   standard deviation of the logarithm of speed and of both rates between its clients
    """

    name: str
    device: Device
    link: Link
    place: Place
    available: tuple[float, ...] = ALWAYS
    drop_out: float = 0.0
    spare_w: tuple[float, ...] | None = None
    speed_spread: float = 0.0
    rate_spread: float = 0.0

    def __post_init__(self) -> None:
        for name, hours in (("available", self.available), ("spare_w", self.spare_w or ALWAYS)):
            if not whole_days(hours):
                raise InputError(f"{name} needs 24 hours, or whole days of them", place=self.name, value=len(hours))
        if max(self.available) > 1 or not 0 <= self.drop_out < 1:
            raise InputError("available and drop_out are shares from 0 to 1 (drop_out below 1)", place=self.name)
        if not (0 <= self.speed_spread <= 3 and 0 <= self.rate_spread <= 3):
            raise InputError("a spread is a standard deviation of logarithms, 0 to 3", place=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The machine that aggregates, or an edge aggregator.

    pue    of the place it stands in, 1 or more
    count  machines of this kind that are kept for the whole training
    """

    device: Device
    place: Place
    pue: Estimate = ONE
    count: float = 1.0

    def __post_init__(self) -> None:
        if self.pue.low < 1:
            raise InputError("PUE is at least 1", place=self.device.name, value=self.pue.low)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fleet:
    """Clients, server and edge aggregators.

    group           (clients,): index into ``groups``
    speed           (clients,): multiply-accumulates per second
    down, up        (clients,): bytes per second
    start_utc_hour  hour of the day, in UTC, at which the training begins
    """

    name: str
    groups: tuple[Group, ...]
    group: NDArray[np.int16]
    speed: NDArray[np.float64]
    down: NDArray[np.float64]
    up: NDArray[np.float64]
    server: Server
    aggregators: tuple[Server, ...] = ()
    start_utc_hour: float = 0.0
    seed: int = 0

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return len(self.group)

    @property
    def regions(self) -> tuple[str, ...]:
        """The place of every client."""
        names = [group.place.name for group in self.groups]
        return tuple(names[index] for index in self.group.tolist())

    def moved(self, place: Place, *, server: bool = True) -> Fleet:
        """The same fleet on another grid, its server and aggregators too unless ``server`` is False."""
        fleet = self._each(lambda group: replace(group, place=place))
        if not server:
            return fleet
        return replace(
            fleet,
            server=replace(self.server, place=place),
            aggregators=tuple(replace(one, place=place) for one in self.aggregators),
        )

    def equipped(self, device: Device) -> Fleet:
        """The same fleet with one kind of device everywhere; differences of speed between clients stay."""
        own = np.array([group.device.macs_per_s for group in self.groups])
        fleet = self._each(lambda group: replace(group, device=device))
        return replace(fleet, speed=self.speed / own[self.group] * device.macs_per_s)

    def _each(self, change: Callable[[Group], Group]) -> Fleet:
        return replace(self, groups=tuple(change(group) for group in self.groups))


def build(
    groups: Sequence[Group],
    counts: Sequence[int],
    server: Server,
    *,
    name: str = "fleet",
    aggregators: Sequence[Server] = (),
    start_utc_hour: float = 0.0,
    seed: int = 0,
) -> Fleet:
    """A fleet of ``counts[g]`` clients of each group, mixed in an order that depends on the seed alone.

    Speeds and rates of the clients of one group are log-normal about the group's own (its median).
    """
    if len(groups) != len(counts) or not groups or min(counts) < 0 or sum(counts) < 1:
        raise InputError("give a number of clients for each group, one client or more", value=list(counts))
    if not 0 <= start_utc_hour < HOURS:
        raise InputError("the start is an hour of the day in UTC, 0 to below 24", value=start_utc_hour)
    rng = np.random.default_rng([seed, 0xF1EE7])
    group = np.repeat(np.arange(len(groups), dtype=np.int16), counts)
    rng.shuffle(group)
    spread = np.array([[one.speed_spread, one.rate_spread] for one in groups])
    middle = np.array([[one.device.macs_per_s, one.link.down, one.link.up] for one in groups])
    speed, down, up = (middle[group, column] for column in range(3))
    if spread[:, 0].any():
        speed *= np.exp(spread[group, 0] * rng.standard_normal(len(group)))
    if spread[:, 1].any():
        faster = np.exp(spread[group, 1] * rng.standard_normal(len(group)))
        down *= faster
        up *= faster
    return Fleet(
        name=name,
        groups=tuple(groups),
        group=group,
        speed=speed,
        down=down,
        up=up,
        server=server,
        aggregators=tuple(aggregators),
        start_utc_hour=start_utc_hour,
        seed=seed,
    )
