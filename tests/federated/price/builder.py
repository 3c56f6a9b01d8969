"""Small fleets and traces built by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from setsuden.federated.fleet import Device, Fleet, Group, Link, Server, build, steady
from setsuden.federated.trace import SERVER, Header, Kind, Outcome, Rounds, Sends, Trace, Turns, Work
from setsuden.placement.network import link, radio
from setsuden.quantity import Estimate, Provenance


def exact(value: float, unit: str) -> Estimate:
    return Estimate.exact(value, unit, Provenance.ASSUMED)


def device(
    name: str = "board", *, macs_per_s: float = 1e9, active_w: float = 10.0, idle_w: float = 2.0, **more
) -> Device:
    return Device(name=name, macs_per_s=macs_per_s, active_w=exact(active_w, "W"), idle_w=exact(idle_w, "W"), **more)


def wired(down: float = 1e6, up: float = 5e5) -> Link:
    return Link(name="fixed", down=down, up=up, network=link("fixed"), radio=radio("wired"))


def group(name: str = "boards", *, g_per_kwh: float = 400.0, code: str = "XX", **more) -> Group:
    more.setdefault("device", device())
    more.setdefault("link", wired())
    more.setdefault("place", steady(code, g_per_kwh))
    return Group(name=name, **more)


def server(g_per_kwh: float = 100.0, pue: float = 1.5, **more) -> Server:
    more.setdefault("device", device("server", macs_per_s=1e10, active_w=100.0, idle_w=50.0))
    return Server(place=steady("SS", g_per_kwh), pue=exact(pue, "1"), **more)


def fleet(*groups: Group, counts: tuple[int, ...] | None = None, **more) -> Fleet:
    chosen = groups or (group(),)
    more.setdefault("server", server())
    return build(chosen, counts or (3,) * len(chosen), more.pop("server"), **more)


@dataclass
class Builder:
    """Rows one by one; ``trace()`` makes arrays of them."""

    clients: int = 3
    turns: list[tuple] = field(default_factory=list)
    sends: list[tuple] = field(default_factory=list)
    rounds: list[tuple] = field(default_factory=list)

    def round(self, number: int, start: float, end: float, selected: int = 0, completed: int = 0) -> Builder:
        self.rounds.append((number, start, end, selected, completed, np.nan, np.nan))
        return self

    def turn(
        self,
        number: int,
        node: int,
        macs: float,
        start: float,
        end: float,
        *,
        work=Work.TRAIN,
        outcome=Outcome.DONE,
        waited: float = 0.0,
        energy_j: float = np.nan,
    ) -> Builder:
        self.turns.append((number, node, work, outcome, 10, 1, macs, start, end, waited, np.nan, energy_j))
        return self

    def send(
        self, number: int, sender: int, receiver: int, size: int, start: float = 0.0, end: float = 0.0, kind=None
    ) -> Builder:
        kind = kind if kind is not None else Kind.MODEL if sender < 0 else Kind.UPDATE
        self.sends.append((number, sender, receiver, kind, size, start, end))
        return self

    def trace(self) -> Trace:
        def table(kind, rows):
            kinds = {
                "round": np.int32,
                "node": np.int32,
                "work": np.uint8,
                "outcome": np.uint8,
                "samples": np.int64,
                "steps": np.int64,
                "sender": np.int32,
                "receiver": np.int32,
                "kind": np.uint8,
                "bytes": np.int64,
                "selected": np.int32,
                "completed": np.int32,
            }
            columns = list(zip(*rows, strict=True)) or [()] * len(kind._fields)
            return kind(
                *(np.array(c, dtype=kinds.get(n, np.float64)) for n, c in zip(kind._fields, columns, strict=True))
            )

        header = Header(
            study="hand",
            model="none",
            parameters=100,
            model_bytes=400,
            forward_macs=1e3,
            training_macs=3e3,
            data="none",
            data_source="built by hand",
            data_licence="none",
            stand_in=True,
            sample_bytes=100,
            client_samples=(10,) * self.clients,
            partition="iid",
            algorithm="fedavg",
            topology="server",
            selection="random",
            compression="none",
            privacy=None,
            batch_size=10,
            local_epochs=1,
            engine="none",
            clock="virtual",
            seed=0,
        )
        return Trace(header, table(Turns, self.turns), table(Sends, self.sends), table(Rounds, self.rounds))


def synchronous(clients: int = 3, rounds: int = 2, macs: float = 2e9, size: int = 1_000_000) -> Trace:
    """Every client downloads (1 s), computes (2 s), uploads (2 s) each round of 6 s; the server then works 1 s."""
    made = Builder(clients)
    for number in range(rounds):
        begin = 6.0 * number
        made.round(number, begin, begin + 6.0, clients, clients)
        for client in range(clients):
            made.send(number, SERVER, client, size, begin, begin + 1)
            made.turn(number, client, macs, begin + 1, begin + 3)
            made.send(number, client, SERVER, size, begin + 3, begin + 5)
        made.turn(number, SERVER, 1e10, begin + 5, begin + 6, work=Work.AGGREGATE)
    return made.trace()
