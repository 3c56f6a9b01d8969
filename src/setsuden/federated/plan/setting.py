"""What a planner may choose: local epochs, concurrency, who is asked, how updates are packed, when it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet
from setsuden.federated.fleet.hours import by_hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """A compression, as far as a plan must know it.

    up, down   encoded bytes over those of the plain model, above 0, as counted in a real run
    """

    name: str
    up: float = 1.0
    down: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.up <= 2 and 0 < self.down <= 2):
            raise InputError(
                "packed over plain bytes is above 0 and at most 2", place=self.name, value=(self.up, self.down)
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who may be asked.

    share   of the clients awake that stay eligible in each hour, whole groups, best first: the cleanest grids of the
            hour (``clean``) or the fastest devices (``fast``); 1 leaves everybody in
    """

    name: str = "random"
    order: str = "any"
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.order not in ("any", "clean", "fast"):
            raise InputError("unknown order of asking", value=self.order, remedy="Use any, clean or fast.")
        if not 0 < self.share <= 1 or (self.order == "any" and self.share != 1):
            raise InputError("a share above 0 and up to 1, and 1 where the order is any", value=self.share)

    def of(self, fleet: Fleet) -> Fleet:
        """The fleet with nobody awake but those eligible."""
        if self.order == "any" or self.share == 1:
            return fleet
        rows = [group.available for group in fleet.groups] + [group.place.hours for group in fleet.groups]
        together = by_hour(rows)
        awake, grid = together[: len(fleet.groups)], together[len(fleet.groups) :]
        clients = np.bincount(fleet.group, minlength=len(fleet.groups))[:, None] * awake
        speed = np.array([[-group.device.macs_per_s] for group in fleet.groups])
        ranked = np.argsort(
            grid if self.order == "clean" else np.broadcast_to(speed, grid.shape), axis=0, kind="stable"
        )
        ordered = np.take_along_axis(clients, ranked, axis=0)
        before = np.cumsum(ordered, axis=0) - ordered
        kept = before < self.share * clients.sum(axis=0) - 1e-9
        mask = np.zeros_like(awake)
        np.put_along_axis(mask, ranked, kept.astype(np.float64), axis=0)
        groups = [
            replace(group, available=tuple((hours * own).tolist()))
            for group, hours, own in zip(fleet.groups, awake, mask, strict=True)
        ]
        return replace(fleet, groups=tuple(groups))

    def never_asked(self, fleet: Fleet) -> float:
        """Share of the fleet's clients that are in no hour eligible: whom the model will not have seen."""
        chosen = self.of(fleet)
        silent = np.array([not any(group.available) for group in chosen.groups])
        return float(silent[fleet.group].mean())


RANDOM = Asking()
PLAIN = Packing(name="plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One way to run the federation.

    concurrency   updates that a round waits for; asynchronous: clients at work at any time
    start_hour    of the day, UTC
    """

    epochs: int = 1
    concurrency: int = 10
    packing: Packing = PLAIN
    asking: Asking = RANDOM
    asynchronous: bool = False
    start_hour: float = 0.0

    def updates(self, buffer_share: float) -> int:
        """Results of clients that make one step of the server; asynchronous: a share of the concurrency."""
        return max(1, round(self.concurrency * buffer_share)) if self.asynchronous else self.concurrency

    @property
    def id(self) -> str:
        """A name that tells all of it."""
        kind = "async" if self.asynchronous else "sync"
        parts = (f"{kind} {self.concurrency}", f"{self.epochs} ep", self.packing.name, self.asking.name)
        return ", ".join((*parts, f"from {self.start_hour:g} h"))


def settings(
    *,
    epochs: Sequence[int] = (1,),
    concurrency: Sequence[int] = (10,),
    packing: Sequence[Packing] = (PLAIN,),
    asking: Sequence[Asking] = (RANDOM,),
    asynchronous: Sequence[bool] = (False,),
    start_hours: Sequence[float] = (0.0,),
) -> tuple[Setting, ...]:
    """Every combination."""
    return tuple(
        Setting(
            epochs=one[0], concurrency=one[1], packing=one[2], asking=one[3], asynchronous=one[4], start_hour=one[5]
        )
        for one in product(epochs, concurrency, packing, asking, asynchronous, start_hours)
    )
