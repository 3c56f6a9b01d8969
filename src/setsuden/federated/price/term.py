"""What can be charged in a federation, and to whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

from setsuden.errors import InputError


class Term(StrEnum):
    """One kind of cost; each is inside or outside the boundary of a bill."""

    COMPUTE = "compute"
    DISCARDED = "discarded compute"
    EVALUATION = "evaluation on clients"
    PERSONALISATION = "personalisation"
    MIXING = "mixing with peers"
    AWAKE = "awake while transferring"
    RADIO_DOWN = "radio receiving"
    RADIO_UP = "radio sending"
    WAITING = "waiting"
    NETWORK_DOWN = "network down"
    NETWORK_UP = "network up"
    PEER = "network between peers"
    DATA = "network, data upload"
    AGGREGATION = "aggregation"
    SERVER_EVALUATION = "evaluation on the server"
    SERVER_TRAINING = "training on the server"
    SERVER_IDLE = "server between tasks"
    AGGREGATOR = "edge aggregators at work"
    AGGREGATOR_IDLE = "edge aggregators between tasks"
    EMBODIED = "making the devices"
    SERVER_EMBODIED = "making the server"


class Party(StrEnum):
    """Who pays a term."""

    CLIENT = "clients"
    LINK = "links"
    SERVER = "server"


LINKS = frozenset({Term.NETWORK_DOWN, Term.NETWORK_UP, Term.PEER, Term.DATA})
SERVERS = frozenset(
    {
        Term.AGGREGATION,
        Term.SERVER_EVALUATION,
        Term.SERVER_TRAINING,
        Term.SERVER_IDLE,
        Term.AGGREGATOR,
        Term.AGGREGATOR_IDLE,
        Term.SERVER_EMBODIED,
    }
)
ALL = frozenset(Term)


def party(term: Term) -> Party:
    """Who pays ``term``."""
    return Party.LINK if term in LINKS else Party.SERVER if term in SERVERS else Party.CLIENT


def terms(names: Iterable[str | Term], allowed: Collection[Term] = ALL) -> frozenset[Term]:
    """The terms of those names (``waiting`` or ``WAITING``); InputError with those allowed."""
    by_name = {term.value: term for term in allowed} | {term.name.casefold(): term for term in allowed}
    found = set()
    for name in names:
        term = by_name.get(str(name)) or by_name.get(str(name).casefold())
        if term is None:
            known = ", ".join(term.value for term in Term if term in allowed)
            raise InputError("no such term of a bill", value=str(name), remedy=f"Use one of: {known}.")
        found.add(term)
    return frozenset(found)
