"""Federated against centralised: ratios on one grid and across grids, and the values at which the verdict turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from setsuden.decision import Affine, BreakEven, break_even
from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet, Place
from setsuden.federated.price.bill import Bill
from setsuden.federated.price.central import central
from setsuden.federated.price.forms import rule as rule_of
from setsuden.federated.price.price import price
from setsuden.federated.price.rule import Rule
from setsuden.federated.price.term import LINKS, SERVERS, Term
from setsuden.federated.trace import Trace
from setsuden.quantity import Estimate

Metric = Literal["carbon", "energy"]
_COMPUTE = frozenset({Term.COMPUTE, Term.DISCARDED, Term.EVALUATION, Term.PERSONALISATION, Term.MIXING})
_ONCE = frozenset({Term.DATA, Term.PERSONALISATION})
_OVERHEAD = SERVERS - {Term.SERVER_EMBODIED}


@dataclass(frozen=True, slots=True)
class Turn:
    """One input, and the value of it at which federated and centralised training cost the same, all else as it is.

    lever       ``link``, ``pue``, ``rounds`` or ``device``
    now, unit   its value now
    at          where the verdict turns; None where it does not for any positive value
    low, high   by the intervals of both bills; None where there is no such end
    federated   ``below`` or ``above``: where federated training costs less; ``always`` or ``never`` without a turn
    possible    False where the value cannot exist (a PUE below 1)
    """

    lever: str
    unit: str
    now: float
    at: float | None
    low: float | None
    high: float | None
    federated: Literal["below", "above", "always", "never"]
    possible: bool = True

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def ratio(federated: Bill, centralised: Bill, metric: Metric = "carbon") -> Estimate | None:
    """Federated over centralised; None where the centralised side may be nothing."""
    a, b = (getattr(bill, metric).within(None) for bill in (federated, centralised))
    return None if b.low <= 0 else a / b


def turns(trace: Trace, federated: Bill, centralised: Bill, metric: Metric = "carbon") -> tuple[Turn, ...]:
    """The turning points of four inputs, in closed form: both bills are straight lines in each of them.

    link     J/bit of every network, both bills; now: joules of networks over bits moved in the federated bill
    pue      of the centralised server; of the federation's too where both have the same
    rounds   of the federation, each costing what one costs now
    device   J/MAC of the clients' compute
    """
    at_clients = trace.turns.node >= 0
    return turning_points(
        federated,
        centralised,
        moved_bytes=float(trace.sends.bytes.sum()),
        macs=float(trace.turns.macs[at_clients].sum()),
        rounds=float(len(trace.rounds.round)),
        metric=metric,
    )


def turning_points(
    federated: Bill, centralised: Bill, *, moved_bytes: float, macs: float, rounds: float, metric: Metric = "carbon"
) -> tuple[Turn, ...]:
    """As ``turns``, for a federation of which only its totals are known: bytes over networks, clients' MACs, rounds."""
    bits = 8.0 * moved_bytes
    network, compute = (_part(federated, terms, "energy").value for terms in (LINKS, _COMPUTE))
    found = []
    if bits > 0 and network > 0:
        found.append(_turn("link", "J/bit", network / bits, federated, centralised, LINKS, LINKS, metric))
    same = federated.pue == centralised.pue  # where one overhead stands for both, it moves both
    mine = _OVERHEAD if same else frozenset[Term]()
    found.append(_turn("pue", "1", centralised.pue, federated, centralised, mine, _OVERHEAD, metric))
    if rounds > 0:
        found.append(_turn("rounds", "round", rounds, federated, centralised, set(Term) - _ONCE, (), metric))
    if macs > 0 and compute > 0:
        found.append(_turn("device", "J/MAC", compute / macs, federated, centralised, _COMPUTE, (), metric))
    return tuple(found)


def _turn(
    lever: str, unit: str, now: float, a: Bill, b: Bill, in_a: Iterable[Term], in_b: Iterable[Term], metric: Metric
) -> Turn:
    lines = [_affine(bill, frozenset(terms), metric) for bill, terms in ((a, in_a), (b, in_b))]
    met: BreakEven = break_even(*lines)
    if met.n is None:
        return Turn(lever, unit, now, None, None, None, "always" if met.cheaper == "a" else "never")
    ends = [None if end is None else end * now for end in (met.low, met.high)]
    side: Literal["below", "above"] = "below" if met.verdict == "a-below" else "above"
    return Turn(lever, unit, now, met.n * now, ends[0], ends[1], side, not (lever == "pue" and met.n * now < 1))


def _affine(bill: Bill, scaled: frozenset[Term], metric: Metric) -> Affine:
    return Affine(_part(bill, set(Term) - scaled, metric), _part(bill, scaled, metric))


def _part(bill: Bill, terms: Iterable[Term], metric: Metric) -> Estimate:
    return getattr(bill.of(terms), metric).within(None)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """Federated over centralised by place: rows where the clients are, columns where the data centre is.

    places      names; ``federated`` and ``centralised`` gCO2e (places,)
    """

    places: tuple[str, ...]
    federated: NDArray[np.float64]
    centralised: NDArray[np.float64]

    @property
    def cross_grid(self) -> NDArray[np.float64]:
        """(places, places): federated in the row's place over centralised in the column's."""
        return np.asarray(self.federated[:, None] / self.centralised[None, :])

    @property
    def same_grid(self) -> NDArray[np.float64]:
        """(places,): both in one place."""
        return np.asarray(self.federated / self.centralised)


def ratios(
    trace: Trace,
    fleet: Fleet,
    places: Sequence[Place],
    *,
    macs: float,
    evaluation_macs: float = 0.0,
    upload: bool = False,
    form: str | Rule = "setsuden",
    **terms: object,
) -> Ratios:
    """The federation with all its clients and its server in each place, and the data centre in each place.

    Neither ratio is ever to be shown without the other: what is cleaner across grids may be dirtier on one.
    """
    if not places:
        raise InputError("name at least one place to compare")
    chosen = rule_of(form, **terms) if isinstance(form, str) else form
    inside, outside = [], []
    for place in places:
        there = fleet.moved(place)
        inside.append(price(trace, there, chosen).carbon.value)
        centre = central(trace.header, there, macs=macs, evaluation_macs=evaluation_macs, upload=upload, form=chosen)
        outside.append(centre.carbon.value)
    if min(outside) <= 0:
        raise InputError("the centralised training costs nothing, so there is no ratio", value=macs)
    return Ratios(tuple(place.name for place in places), np.array(inside), np.array(outside))
