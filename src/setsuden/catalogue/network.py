"""Energy of moving data, and how fast it moves.

Average intensities (kWh/GB) and marginal power models (W per Mbit/s) answer different questions and differ 34 to 450
times for one transfer: never add them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table
from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.quantity import Estimate

Link = Literal["fixed", "mobile"]


@dataclass(frozen=True, slots=True)
class NetworkEnergy:
    """One published figure; ``kind`` says what it may be used for (intensity, power_dynamic, j_per_bit, share ...)."""

    id: str
    segment: str
    technology: str
    kind: str
    value: float | None
    unit: str
    kwh_per_gb: float | None
    low: float | None
    high: float | None
    year: int | None
    region: str | None
    includes: str | None
    quality: str | None
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class NetworkSpeed:
    """Mean speed of one country, Mbit/s."""

    id: str
    country: str
    iso2: str | None
    technology: str
    down_mbps: float
    up_mbps: float | None
    statistic: str
    date: str
    source: Source


@dataclass(frozen=True, slots=True)
class NetworkModel:
    """A coefficient that a paper or a tool charges for moving a bit, by name.

    up_j_per_bit, down_j_per_bit   in and out of the device, J/bit; where ``form`` divides watts by a rate, at its rates
    charges_device                 true where the device's own power while it transfers is in the coefficient
    """

    id: str
    name: str
    form: str
    value: float
    unit: str
    up_j_per_bit: float
    down_j_per_bit: float
    up_mbps: float | None
    down_mbps: float | None
    charges_device: bool
    year: int | None
    note: str | None
    source: Source


ENERGY = Table("network_energy", NetworkEnergy)
SPEEDS = Table("network_speeds", NetworkSpeed)
MODELS = Table("network_models", NetworkModel)


def average_kwh_per_gb(link: Link) -> Estimate:
    """Average energy of the network per GB, home router and data centre not included: an attribution, not a saving."""
    return default(_symbol("k", link)).estimate("kWh/GB")


def marginal_w_per_mbps(link: Link) -> Estimate:
    """Extra joules of the network per Mbit (watts per Mbit/s) while data flows: what one more transfer adds."""
    return default(_symbol("m", link)).estimate("J/Mbit")


def _symbol(prefix: str, link: str) -> str:
    if link not in ("fixed", "mobile"):
        raise InputError("unknown kind of link", value=link, remedy="Use fixed or mobile.")
    return f"{prefix}_{link[:3]}"
