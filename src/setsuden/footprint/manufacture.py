"""The share of making the hardware that one use of it carries."""

from __future__ import annotations

from setsuden.catalogue import embodied
from setsuden.footprint.checks import given
from setsuden.quantity import Estimate
from setsuden.quantity.draws import DEFAULT_SEED, combine


def share(
    whole: Estimate | float,
    used: Estimate,
    *,
    lifetime: Estimate | None = None,
    reserved: float = 1.0,
    utilisation: Estimate | None = None,
    seed: int = DEFAULT_SEED,
) -> Estimate:
    """kgCO2e of manufacture carried by a use: M = TE * (TiR / EL) * (RR / ToR), ISO/IEC 21031 terms.

    whole         TE, kgCO2e to make the device (a bare number: kilograms)
    used          TiR, time the device was reserved for this use
    lifetime      EL, expected life; default the catalogue's server lifetime (3-6 years)
    reserved      RR / ToR, share of the device reserved, 0-1
    utilisation   share of its life in which the device works at all, 0-1: with it, idle years are carried by the
                  working ones; None counts calendar time, as the standard does
    """
    total = given("the embodied carbon in kg", whole, "kgCO2e")
    part = given("the reserved share", reserved, "1", high=1.0)
    life = lifetime or embodied.server_lifetime()
    inputs = [total, used.to("yr"), life.to("yr"), part]
    if utilisation is None:
        return combine(lambda te, tir, el, rr: te * tir / el * rr, inputs, "kgCO2e", seed=seed)
    busy = given("the utilisation", utilisation, "1", low=1e-6, high=1.0)
    return combine(lambda te, tir, el, rr, u: te * tir / (el * u) * rr, [*inputs, busy], "kgCO2e", seed=seed)
