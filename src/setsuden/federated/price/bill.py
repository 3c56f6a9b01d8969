"""A bill: what a federation costs in joules and grams, by whom, where, for what and when."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.price.charge import Lines
from setsuden.federated.price.term import Party, Term, party
from setsuden.quantity import Boundary, Estimate, Factor, Provenance, Scope
from setsuden.quantity.provenance import weakest

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cost:
    """Energy in J and carbon in gCO2e."""

    energy: Estimate
    carbon: Estimate

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"energy": self.energy.to_json(), "carbon": self.carbon.to_json()}


@dataclass(frozen=True, slots=True, eq=False)
class Clients:
    """Joules and grams of each client and its link, arrays (clients,): personal data, to be handled as such."""

    energy_j: Array
    carbon_g: Array


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Bill:
    """All lines, and their sums.

    lines      per term; every figure is a multiple of one power of two, 2^-50 of the total, so that sums in any order
               and by any grouping are exact: clients, links and server add up to the total to the last bit
    duration_s of all rounds; ``ended_s`` on the clock, with what came before them
    pue        of the server, as charged
    boundary   term -> counted or left out, with the coefficients of the form
    places     by row of ``Lines.place``; ``devices`` by group; ``group`` of each client
    """

    form: str
    boundary: dict[str, str]
    lines: tuple[Lines, ...]
    places: tuple[str, ...]
    devices: tuple[str, ...]
    group: NDArray[np.int16]
    duration_s: float
    ended_s: float
    clock: str
    pue: float
    network: bool
    embodied: bool
    provenance: Provenance
    factors: tuple[Factor, ...]
    single_clients: bool = True

    @property
    def total(self) -> Cost:
        """Everything inside the boundary."""
        return self._cost([(line, slice(None)) for line in self.lines])

    @property
    def energy(self) -> Estimate:
        """Joules in all."""
        return self.total.energy

    @property
    def carbon(self) -> Estimate:
        """gCO2e in all."""
        return self.total.carbon

    def by_term(self) -> dict[str, Cost]:
        """What for; terms that are inside and cost nothing are absent."""
        return self._grouped(lambda line: [(line.term.value, slice(None))])

    def by_party(self) -> dict[str, Cost]:
        """Clients, links, server."""
        found = self._grouped(lambda line: [(party(line.term).value, slice(None))])
        return {name.value: found[name.value] for name in Party if name.value in found}

    def by_country(self) -> dict[str, Cost]:
        """Where it is drawn: the grid whose intensity was charged."""
        return self._grouped(lambda line: _split(line, self.places, line.place))

    def by_device(self) -> dict[str, Cost]:
        """By kind of device of the client that caused it, its link included; machines under ``server``."""
        names = (*self.devices, "server")

        def rows(line: Lines) -> list[tuple[str, Any]]:
            group = np.full(len(line.node), len(self.devices), dtype=np.intp)
            own = line.node >= 0
            group[own] = self.group[line.node[own]]
            return _split(line, names, group)

        return self._grouped(rows)

    def by_round(self) -> tuple[NDArray[np.int32], Array, Array]:
        """(round numbers, J, gCO2e), best figures."""
        numbers = np.unique(np.concatenate([line.at for line in self.lines])) if self.lines else np.zeros(0, np.int32)
        joules, grams = np.zeros(len(numbers)), np.zeros(len(numbers))
        for line in self.lines:
            at = np.searchsorted(numbers, line.at)
            joules += np.bincount(at, line.energy_j[0], minlength=len(numbers))
            grams += np.bincount(at, line.carbon_g[0], minlength=len(numbers))
        return numbers, joules, grams

    def by_client(self) -> Clients:
        """Every client with its link, best figures; ask only where you may know who is who."""
        if not self.single_clients:
            raise InputError("a simulated bill knows groups of clients, no single ones", remedy="Use by_device.")
        joules, grams = np.zeros(len(self.group)), np.zeros(len(self.group))
        for line in self.lines:
            own = line.node >= 0
            joules += np.bincount(line.node[own], line.energy_j[0, own], minlength=len(joules))
            grams += np.bincount(line.node[own], line.carbon_g[0, own], minlength=len(grams))
        return Clients(joules, grams)

    def of(self, terms: Iterable[Term]) -> Cost:
        """The sum of some terms; nothing for none of them."""
        wanted = frozenset(terms)
        return self._cost([(line, slice(None)) for line in self.lines if line.term in wanted])

    def share(self, *terms: Term | str, of: str = "carbon") -> float:
        """Share of those terms in the total (``carbon`` or ``energy``), 0-1."""
        wanted = {str(term) for term in terms}
        parts = self.by_term()
        whole = self.carbon.value if of == "carbon" else self.energy.value
        if whole == 0:
            raise InputError("nothing was charged, so there are no shares", value=of)
        inside = [cost.carbon if of == "carbon" else cost.energy for name, cost in parts.items() if name in wanted]
        return math.fsum(figure.value for figure in inside) / whole

    def to_json(self, *, clients: bool = False) -> dict[str, Any]:
        """Plain data, schema ``bill``; single clients only where ``clients`` asks for them."""
        document: dict[str, Any] = {
            "form": self.form,
            "boundary": dict(self.boundary),
            "clock": self.clock,
            "duration_s": self.duration_s,
            "pue": self.pue,
            "total": self.total.to_json(),
            **{
                name: {key: cost.to_json() for key, cost in table.items()}
                for name, table in (
                    ("by_term", self.by_term()),
                    ("by_party", self.by_party()),
                    ("by_country", self.by_country()),
                    ("by_device", self.by_device()),
                )
            },
            "factors": [factor.to_json() for factor in self.factors],
        }
        if clients:
            each = self.by_client()
            document["by_client"] = {"energy_j": each.energy_j.tolist(), "carbon_g": each.carbon_g.tolist()}
        return document

    def _grouped(self, rows: Callable[[Lines], list[tuple[str, Any]]]) -> dict[str, Cost]:
        found: dict[str, list[tuple[Lines, Any]]] = {}
        for line in self.lines:
            for name, own in rows(line):
                found.setdefault(name, []).append((line, own))
        return {name: self._cost(parts) for name, parts in found.items()}

    def _cost(self, parts: Sequence[tuple[Lines, Any]]) -> Cost:
        energy, carbon = np.zeros(3), np.zeros(3)
        for line, own in parts:
            energy += line.energy_j[:, own].sum(axis=1)
            carbon += line.carbon_g[:, own].sum(axis=1)
        boundary = Boundary(Scope.FACILITY, self.network, self.embodied)
        provenance = Provenance.MEASURED if parts and all(line.measured for line, _ in parts) else self.provenance
        return Cost(
            _estimate(energy, "J", provenance, boundary, self.factors),
            _estimate(carbon, "gCO2e", weakest((provenance, self.provenance)), boundary, self.factors),
        )


def _estimate(
    figures: Array, unit: str, provenance: Provenance, boundary: Boundary, factors: tuple[Factor, ...]
) -> Estimate:
    value, low, high = (float(figure) for figure in figures)
    return Estimate(value, min(low, value), max(high, value), unit, provenance, boundary, factors)


def _split(line: Lines, names: Sequence[str], index: NDArray[np.intp]) -> list[tuple[str, Any]]:
    return [(names[one], index == one) for one in np.unique(index).tolist()]


def exact_sums(lines: Sequence[Lines]) -> tuple[Lines, ...]:
    """Lines rounded to multiples of one power of two so that every sum of them is exact; each moves by 2^-50 of all."""
    quanta = {}
    for name in ("energy_j", "carbon_g"):
        highest = sum(float(getattr(line, name)[2].sum()) for line in lines)
        quanta[name] = math.ldexp(1.0, math.frexp(highest)[1] - 51) if highest > 0 else 0.0
    return tuple(
        line._replace(
            energy_j=_multiples(line.energy_j, quanta["energy_j"]),
            carbon_g=_multiples(line.carbon_g, quanta["carbon_g"]),
        )
        for line in lines
    )


def _multiples(figures: Array, quantum: float) -> Array:
    return np.rint(figures / quantum) * quantum if quantum > 0 else figures
