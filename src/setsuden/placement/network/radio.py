"""The device's own radio: joules per bit it sends or receives, and how fast."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.network import ENERGY
from setsuden.errors import InputError
from setsuden.placement.judgement import also, judged
from setsuden.quantity import Estimate, Factor, Provenance

_LORA_PAYLOAD_BIT = 51 * 8
_LORA_AIRTIME_S = {"lora-sf7": 0.103, "lora-sf9": 0.329, "lora-sf12": 2.466}  # as in the rows of the catalogue
_WIFI_MBPS = 20.0


@dataclass(frozen=True, slots=True)
class Radio:
    """energy J/bit in either direction, goodput in Mbit/s; ``wired`` has no radio, its energy is zero by definition."""

    name: str
    energy: Estimate
    goodput_mbps: float


RADIOS = ("wifi", "wired", *_LORA_AIRTIME_S, "nb-iot")


def radio(name: str, goodput_mbps: float | None = None) -> Radio:
    """The radio called ``name``: wifi, wired, lora-sf7, lora-sf9, lora-sf12, nb-iot.

    goodput_mbps   for wifi, the power of the radio at 20 Mbit/s is spread over this rate instead; for nb-iot it must be
                   given, since repetitions decide it; LoRa has its own by the spreading factor

    wifi is a Pixel 7 that transmits at 20 Mbit/s (87 nJ/bit); the low end is a Fairphone 4 (31 nJ/bit).
    """
    if goodput_mbps is not None and not 0 < goodput_mbps < float("inf"):
        raise InputError("the rate of a radio must be positive", value=goodput_mbps)
    if name == "wired":
        return Radio(name, Estimate.exact(0.0, "J/bit", Provenance.ASSUMED), goodput_mbps or 100.0)
    if name == "wifi":
        rate = goodput_mbps or _WIFI_MBPS
        scale = _WIFI_MBPS / rate
        value, low = (_j_per_bit(row) * scale for row in ("wifi-pixel7-tx-20", "wifi-fp4-tx-20"))
        return Radio(name, _estimate("wifi-pixel7-tx-20", value, low, value), rate)
    if name in _LORA_AIRTIME_S:
        if goodput_mbps is not None:
            raise InputError("the rate of LoRa follows from its spreading factor", value=goodput_mbps)
        value = _j_per_bit(name)
        rate = _LORA_PAYLOAD_BIT / _LORA_AIRTIME_S[name] / 1e6
        spread = judged("LoRa energy per bit, times or divided by", 1.25)
        return Radio(name, also(_estimate(name, value, value * 0.8, value * 1.25), spread), rate)
    if name == "nb-iot":
        if goodput_mbps is None:
            raise InputError(
                "the energy per bit of NB-IoT depends on the rate it reaches",
                place="radio",
                value=name,
                remedy="Give goodput_mbps: 0.02 where the signal is good, far less with repetitions.",
            )
        watts = ENERGY.get("nbiot-tx").value
        assert watts is not None
        value = watts / (goodput_mbps * 1e6)
        spread = judged("NB-IoT energy per bit, times or divided by", 2.0)
        return Radio(name, also(_estimate("nbiot-tx", value, value * 0.5, value * 2.0), spread), goodput_mbps)
    raise InputError("unknown radio", value=name, remedy=f"Use one of: {', '.join(RADIOS)}.")


def _j_per_bit(row_id: str) -> float:
    value = ENERGY.get(row_id).value
    assert value is not None
    return value


def _estimate(row_id: str, value: float, low: float, high: float) -> Estimate:
    row = ENERGY.get(row_id)
    factor = Factor(
        f"device radio, {row.technology}", value, low, high, "J/bit", str(row.source), row.year, row.source.licence
    )
    return Estimate(value, low, high, "J/bit", Provenance.ASSUMED, None, (factor,))
