"""Networks between the home or cell and the data centre: their average, their marginal and their standing power."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from setsuden.catalogue import network
from setsuden.catalogue.table import nearest
from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.placement.judgement import also, judged
from setsuden.quantity import Estimate, Factor, Provenance

_STANDING = judged("standing power of a line, relative half-width", 0.3)
_CORE = judged("core network, low end of the range", 6.67e-5, "kWh/GB")
_BETWEEN_LOW = judged("between data centres, low end", 0.0005, "kWh/GB")
_BETWEEN_HIGH = judged("between data centres, high end", 0.004, "kWh/GB")


@dataclass(frozen=True, slots=True)
class Link:
    """One kind of network, end to end without the device's own radio.

    average    J/bit: all energy of the network shared out over all its bits (attribution)
    marginal   J/bit: what the network draws more while one more bit flows (decision)
    standing   W of one more connection that exists only for this service; None where no figure is known
    """

    name: str
    average: Estimate
    marginal: Estimate
    standing: Estimate | None


def _row(row_id: str, low: float, high: float, unit: str) -> Estimate:
    row = network.ENERGY.get(row_id)
    assert row.value is not None
    factor = Factor(
        f"network, {row.technology}, {row.kind}",
        row.value,
        low,
        high,
        unit,
        str(row.source),
        row.year,
        row.source.licence,
    )
    return Estimate(row.value, low, high, unit, Provenance.ASSUMED, None, (factor,))


def _cellular(base_station: str, other: str, core: str = "aslan-core-2015") -> Estimate:
    """Base station by two sources, the first as value, plus the core network, J/bit."""
    first, second = (network.ENERGY.get(row_id).kwh_per_gb for row_id in (base_station, other))
    assert first is not None
    assert second is not None
    station = _row(base_station, min(first, second), max(first, second), "kWh/GB")
    return (station + also(_row(core, _CORE.value, 0.004, "kWh/GB"), _CORE)).to("J/bit")


def _fixed() -> Link:
    line = also(_row("power-line", 6.5 * 0.7, 6.5 * 1.3, "W"), _STANDING)
    router = default("p_rtr").estimate("W")
    return Link(
        "fixed",
        network.average_kwh_per_gb("fixed").to("J/bit"),
        network.marginal_w_per_mbps("fixed").to("J/bit"),
        line + router,
    )


def _mobile(name: str, average: Callable[[], Estimate]) -> Link:
    standing = also(_row("power-mobile-base", 1.2 * 0.7, 1.2 * 1.3, "W"), _STANDING)
    return Link(name, average(), network.marginal_w_per_mbps("mobile").to("J/bit"), standing)


def _between_data_centres() -> Link:
    row = _row("inter-dc", _BETWEEN_LOW.value, _BETWEEN_HIGH.value, "kWh/GB")
    figure = also(row, _BETWEEN_LOW, _BETWEEN_HIGH).to("J/bit")
    return Link("inter-dc", figure, network.marginal_w_per_mbps("fixed").to("J/bit"), None)


_MAKERS: dict[str, Callable[[], Link]] = {
    "fixed": _fixed,
    "mobile": lambda: _mobile("mobile", lambda: network.average_kwh_per_gb("mobile").to("J/bit")),
    "4g": lambda: _mobile("4g", lambda: _cellular("ran-4g", "golard-4g")),
    "5g": lambda: _mobile("5g", lambda: _cellular("ran-5g", "golard-5g")),
    "inter-dc": _between_data_centres,
}
LINKS: tuple[str, ...] = tuple(_MAKERS)


def link(name: str) -> Link:
    """The network called ``name``: fixed, mobile (any generation), 4g, 5g, inter-dc.

    Averages and margins come from the catalogue (k_fix, k_mob, m_fix, m_mob, network_energy). Standing power is Carbon
    Trust 2021, +-30 % by our judgement. 4g and 5g are base stations by two sources plus the core.
    """
    if name not in _MAKERS:
        raise InputError(
            "unknown network", value=name, remedy=f"Use one of: {', '.join(LINKS)}. {nearest(name, LINKS)}"
        )
    return _MAKERS[name]()
