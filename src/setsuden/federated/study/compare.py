"""Federated against centralised to the same target: by country, device, topology and network model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from setsuden.federated.fleet import Device, Fleet, Place
from setsuden.federated.price import Bill, Ratios, Turn, central, price, ratio, ratios, turns
from setsuden.federated.study.central import Centralised
from setsuden.federated.trace import Trace
from setsuden.quantity import Estimate

VIEWS = ("attribution", "marginal")
DEFAULT_NETWORK = "attribution"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and on what a trace is priced; None: as the fleet declares it."""

    place: Place | None
    device: Device | None

    def fleet(self, declared: Fleet) -> Fleet:
        """The fleet so moved and so equipped."""
        moved = declared if self.place is None else declared.moved(self.place)
        return moved if self.device is None else moved.equipped(self.device)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison.

    upload      the centralised side with the clients' raw data sent to it first
    ratio, ratio_upload   federated over centralised carbon; None where the latter may be nothing
    """

    topology: str
    place: str | None
    device: str | None
    network: str
    federated: Bill
    centralised: Bill
    upload: Bill

    @property
    def ratio(self) -> Estimate | None:
        """Without the upload."""
        return ratio(self.federated, self.centralised)

    @property
    def ratio_upload(self) -> Estimate | None:
        """With the upload."""
        return ratio(self.federated, self.upload)


@dataclass(frozen=True, slots=True)
class Compared:
    """One topology beside training in one place.

    rows    as declared first; each country, each device, each country with each device; every network model of each
    turns   where the verdict turns, as declared, without and with upload
    ratios  between the countries that were named, on the default network; None for none
    """

    topology: str
    rows: tuple[Row, ...]
    turns: tuple[Turn, ...]
    turns_upload: tuple[Turn, ...]
    ratios: Ratios | None

    @property
    def declared(self) -> Row:
        """On the fleet as it is declared, by the default network model (or the first named)."""
        return self.rows[0]


def compared(
    trace: Trace,
    fleet: Fleet,
    centralised: Centralised,
    *,
    places: Sequence[Place] = (),
    devices: Sequence[Device] = (),
    networks: Sequence[str] = (DEFAULT_NETWORK,),
) -> Compared:
    """Price one trace, and training in one place beside it, in every scene by every network model."""
    header = trace.header
    macs = centralised.samples * header.training_macs
    looking = centralised.evaluated * header.forward_macs
    rows = []
    for scene in _scenes(places, devices):
        there = scene.fleet(fleet)
        for network in networks:
            bills = [
                central(header, there, macs=macs, evaluation_macs=looking, upload=upload, network=network)
                for upload in (False, True)
            ]
            rows.append(
                Row(
                    header.topology,
                    None if scene.place is None else scene.place.name,
                    None if scene.device is None else scene.device.name,
                    network,
                    price(trace, there, network=network),
                    *bills,
                )
            )
    first = rows[0]
    between = None
    if places:
        between = ratios(trace, fleet, places, macs=macs, evaluation_macs=looking, network=networks[0])
    return Compared(
        header.topology,
        tuple(rows),
        turns(trace, first.federated, first.centralised),
        turns(trace, first.federated, first.upload),
        between,
    )


def _scenes(places: Sequence[Place], devices: Sequence[Device]) -> Iterator[Scene]:
    for place in (None, *places):
        for device in (None, *devices):
            yield Scene(place, device)
