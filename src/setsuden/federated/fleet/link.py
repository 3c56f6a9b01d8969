"""How a client reaches the server: how fast, over which radio, through which network."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.errors import InputError
from setsuden.placement.network import Link as Network
from setsuden.placement.network import Radio, speed, technology_of

_BYTES = 1e6 / 8  # bytes per second of one Mbit/s


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One kind of connection.

    down, up    bytes per second that a message reaches
    network     what is drawn between the home or cell and the data centre, in both views
    radio       of the device, J/bit; a device that states rx_w and tx_w is charged those instead
    note        where the rates come from
    """

    name: str
    down: float
    up: float
    network: Network
    radio: Radio
    note: str | None = None

    def __post_init__(self) -> None:
        if not (0 < self.down < float("inf") and 0 < self.up < float("inf")):
            raise InputError("a link has positive rates", place=self.name, value=(self.down, self.up))


def rates(technology: str, country: str, down_mbps: float | None, up_mbps: float | None) -> tuple[float, float, str]:
    """(down, up, where from) in bytes per second; what is not stated comes from the catalogue, or is asked for.

    The catalogue knows mean fixed download rates of some fifty countries, and both directions for the world
    (``WORLD``). It knows no upload rate of a country: InputError asks for it.
    """
    if down_mbps is not None and up_mbps is not None:
        return down_mbps * _BYTES, up_mbps * _BYTES, "stated"
    kind = technology_of(technology)
    if kind is None:
        raise InputError(
            "no rate is known for this kind of link", value=technology, remedy="Give down_mbps and up_mbps."
        )
    known = speed(country, kind)
    if down_mbps is None and known.down is None:
        raise InputError("no download rate is known for this country", value=country, remedy="Give down_mbps.")
    if up_mbps is None and known.up is None:
        raise InputError(
            "no upload rate is known for this country",
            value=country,
            remedy="Give up_mbps, or rates: WORLD for the world's means of both directions.",
        )
    down = down_mbps if known.down is None or down_mbps is not None else known.down.value
    up = up_mbps if known.up is None or up_mbps is not None else known.up.value
    assert down is not None
    assert up is not None
    source = next((figure.factors[0].source for figure in (known.down, known.up) if figure is not None), "stated")
    return down * _BYTES, up * _BYTES, f"{known.name}: {source}"
