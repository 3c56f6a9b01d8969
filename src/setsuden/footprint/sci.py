"""Software Carbon Intensity: carbon per functional unit, and its two scores for AI."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.errors import InputError
from setsuden.footprint.checks import number
from setsuden.footprint.model import Footprint
from setsuden.quantity import Estimate


def sci(result: Footprint, units: float, functional_unit: str) -> Estimate:
    """SCI = ((E * I) + M) per R, in gCO2e per ``functional_unit``.

    units             R: how many were served by the energy of ``result``, positive
    functional_unit   a countable unit: inference, request, token, sample, epoch, parameter ...

    Location-based and without offsets. M is part of the score: InputError when the footprint has no embodied carbon.
    Source: ISO/IEC 21031:2024.
    """
    number("the number of functional units", units, low=1e-300)
    if result.embodied_carbon is None:
        raise InputError(
            "SCI includes the carbon of making the hardware, and this footprint has none",
            remedy="Give the part this use carries (embodied, or --embodied-kg); setsuden.footprint.share tells it.",
        )
    per = f"gCO2e/{functional_unit}"
    grams = result.total_carbon.to("gCO2e") * (1.0 / units)
    return Estimate(grams.value, grams.low, grams.high, per, grams.provenance, grams.boundary, grams.factors)


@dataclass(frozen=True, slots=True)
class SciForAi:
    """The two scores of SCI for AI, which are reported apart and never added.

    consumer   operating the system, gCO2e per unit of service (token, inference, image ...)
    provider   making the model: inception, design, training with all intermediate runs, deployment, retirement;
               gCO2e per training token, parameter or FLOP
    """

    consumer: Estimate
    provider: Estimate


def sci_for_ai(
    operation: Footprint,
    served: float,
    service_unit: str,
    development: Footprint,
    size: float,
    size_unit: str,
) -> SciForAi:
    """Both scores from the footprint of serving and that of development; see ``sci`` for units and errors.

    Source: Green Software Foundation, SCI for AI (draft for public review).
    """
    return SciForAi(sci(operation, served, service_unit), sci(development, size, size_unit))
