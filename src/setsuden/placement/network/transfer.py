"""One transfer in both views at once, so that neither is ever shown alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from setsuden.errors import InputError
from setsuden.placement.network.link import Link
from setsuden.placement.network.radio import Radio
from setsuden.quantity import Estimate, Provenance

View = Literal["attribution", "marginal"]
VIEWS: tuple[View, ...] = get_args(View)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Energy of moving ``bits``: the radio is in both figures.

    attribution   what accounting charges: the network's average, J
    marginal      what the network draws more because of it: what a decision saves or costs, J
    """

    bits: float
    attribution: Estimate
    marginal: Estimate

    def by(self, view: View) -> Estimate:
        """The figure of one view."""
        return self.attribution if view == "attribution" else self.marginal


def transfer(size_bytes: float, link: Link, radio: Radio) -> Transfer:
    """Joules to move ``size_bytes`` >= 0 over a radio and a network, in both views."""
    if not 0 <= size_bytes < float("inf"):
        raise InputError("a size in bytes is a number of at least 0", value=size_bytes)
    bits = Estimate.exact(8.0 * size_bytes, "bit", Provenance.ASSUMED)
    return Transfer(8.0 * size_bytes, (link.average + radio.energy) * bits, (link.marginal + radio.energy) * bits)
