"""What one placement costs per request, as a sum of terms that are linear in payload and in time between requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from setsuden.decision import Composite, Metric, Option, Part
from setsuden.errors import InputError
from setsuden.quantity import Boundary, Estimate, Provenance, Scope
from setsuden.quantity.draws import combine

Kind = Literal["compute", "waiting", "radio", "network", "line", "making"]
Place = Literal["device", "edge", "network", "cloud"]
WITHIN = Boundary(Scope.FACILITY, network=True)
WITH_MAKING = Boundary(Scope.FACILITY, network=True, embodied=True)
_KWH = 3.6e6


@dataclass(frozen=True, slots=True)
class Term:
    """``figure x scale x weight``, in J/request (gCO2e/request for ``making``).

    weight   ``up`` and ``down`` (kB/request), ``interval`` (s/request), ``pue``; None for 1
    source   name of the unknown behind the figure: terms with one source are drawn and moved together
    """

    kind: Kind
    place: Place
    figure: Estimate
    source: str
    weight: str | None = None
    scale: float = 1.0

    def at(self, weights: Mapping[str, Estimate]) -> Estimate:
        """The term in a scenario."""
        scaled = self.figure * self.scale
        return scaled if self.weight is None else scaled * weights[self.weight]


@dataclass(frozen=True, slots=True)
class Placement:
    """One way to place the work.

    id         device, edge, cloud, or ``split:LAYER``
    latency    from the request to its answer, s
    busy_s     seconds between requests below which its busiest machine cannot keep up
    counted    what its carbon includes: making is inside where any machine of the question states it
    """

    id: str
    terms: tuple[Term, ...]
    latency: Estimate
    busy_s: float
    counted: Boundary = WITHIN

    def energy(self, weights: Mapping[str, Estimate]) -> Estimate:
        """J/request in a scenario; the interval encloses every combination."""
        parts = [term.at(weights) for term in self.terms if term.kind != "making"]
        found = parts[0]
        for part in parts[1:]:
            found = found + part
        return found.to("J/request").within(WITHIN)

    def option(self, intensity: Mapping[Place, Estimate]) -> Option:
        """For ``setsuden.decision``: energy, carbon, latency and busy time, with what is shared named alike."""
        energy, carbon = [], []
        for term in self.terms:
            figure = term.figure * term.scale
            if term.kind == "making":
                carbon.append(Part(figure.within(self.counted), term.weight, f"{term.source}, carbon"))
                continue
            energy.append(Part(figure.within(WITHIN), term.weight, term.source))
            grams = _carbon(figure, intensity[term.place])
            carbon.append(Part(grams.within(self.counted), term.weight, f"{term.source}, carbon"))
        metrics: dict[str, Metric] = {
            "energy": Composite(tuple(energy)),
            "carbon": Composite(tuple(carbon)),
            "latency": self.latency,
            "busy_time": Estimate.exact(self.busy_s, "s", Provenance.ASSUMED),
        }
        return Option(self.id, metrics)


def _carbon(figure: Estimate, intensity: Estimate) -> Estimate:
    """J per something as gCO2e per something."""
    if figure.value == 0:
        zero = 0.0
        return Estimate.exact(zero, _grams(figure.unit), figure.provenance)
    n = 4000  # the product of two independent figures needs no more
    return combine(lambda j, g: j * g / _KWH, (figure, intensity), _grams(figure.unit), n=n)


def _grams(unit: str) -> str:
    if unit == "W":
        return "gCO2e/s"
    head, slash, rest = unit.partition("/")
    if head != "J":
        raise InputError("a term must be in joules or watts", value=unit)
    return "gCO2e" + slash + rest


def scenario(up_kb: Estimate, down_kb: Estimate, rate_per_s: Estimate, pue: Estimate) -> dict[str, Estimate]:
    """The weights of a situation: payload up and down in kB per request, requests per second, PUE."""
    if rate_per_s.low <= 0:
        raise InputError("there must be requests", value=rate_per_s.value, remedy="Give a positive rate.")
    interval = Estimate(
        1 / rate_per_s.value, 1 / rate_per_s.high, 1 / rate_per_s.low, "s/request", rate_per_s.provenance
    )
    return {"up": up_kb, "down": down_kb, "interval": interval, "pue": pue}
