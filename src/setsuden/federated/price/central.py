"""Training in one place, priced by the same rule: the other side of every comparison."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet, Server
from setsuden.federated.price.bill import Bill
from setsuden.federated.price.forms import rule as rule_of
from setsuden.federated.price.price import price
from setsuden.federated.price.rule import Rule
from setsuden.federated.price.term import Term
from setsuden.federated.trace import SERVER, Header, Kind, Outcome, Rounds, Sends, Trace, Turns, Work

_OWN = frozenset({Term.SERVER_TRAINING, Term.SERVER_EVALUATION, Term.SERVER_EMBODIED})


def central(
    header: Header,
    fleet: Fleet,
    *,
    macs: float,
    evaluation_macs: float = 0.0,
    server: Server | None = None,
    upload: bool = False,
    form: str | Rule = "setsuden",
    **terms: object,
) -> Bill:
    """What it costs to train the model of ``header`` on a server.

    macs      multiply-accumulates of the whole training, forward and backward: samples x epochs x MACs per sample of a
              centralised run to the same target
    server    device, PUE and grid; None: the fleet's own server
    upload    the clients' raw samples (``header.sample_bytes`` each) are sent to the server first, over their links

    The form's terms for links and radio apply to the upload; the form's PUE and grids apply to the server. Its fixed
    server power and its power while training do not: those are of an aggregator and of clients.
    """
    if not (macs >= 0 and evaluation_macs >= 0 and np.isfinite(macs + evaluation_macs)):
        raise InputError("work is a finite number of MACs, not negative", value=(macs, evaluation_macs))
    chosen = rule_of(form, **terms) if isinstance(form, str) else form
    inside = (chosen.terms | _OWN | ({Term.DATA} if upload else set())) - {Term.SERVER_IDLE, Term.AGGREGATOR_IDLE}
    if Term.SERVER_EMBODIED not in chosen.terms:
        inside -= {Term.SERVER_EMBODIED}
    on = replace(fleet, server=server or fleet.server, aggregators=())
    return price(
        _trace(header, on, macs, evaluation_macs, upload),
        on,
        replace(chosen, terms=frozenset(inside), server_w=None, measured=False),
        clock="trace",
    )


def _trace(header: Header, fleet: Fleet, macs: float, evaluation_macs: float, upload: bool) -> Trace:
    if header.clients > fleet.clients:
        raise InputError(f"the data has {header.clients} clients, the fleet {fleet.clients}", place=fleet.name)
    held = np.array(header.client_samples, dtype=np.int64) * header.sample_bytes if upload else np.zeros(0, np.int64)
    seconds = held / fleet.up[: len(held)]
    begin = float(seconds.max(initial=0.0))
    work = np.array([macs, evaluation_macs])
    lasting = work / fleet.server.device.macs_per_s
    ends = begin + np.cumsum(lasting)
    two, one, none = np.zeros(2, np.int32), np.zeros(1, np.int32), np.zeros(len(held))
    blank, dark = np.full(2, np.nan), np.full(1, np.nan)
    turns = Turns(
        two,
        np.full(2, SERVER, np.int32),
        np.array([Work.TRAIN, Work.EVALUATE], np.uint8),
        np.full(2, Outcome.DONE, np.uint8),
        np.zeros(2, np.int64),
        np.zeros(2, np.int64),
        work,
        ends - lasting,
        ends,
        np.zeros(2),
        blank,
        blank,
    )
    sends = Sends(
        np.zeros(len(held), np.int32),
        np.arange(len(held), dtype=np.int32),
        np.full(len(held), SERVER, np.int32),
        np.full(len(held), Kind.DATA, np.uint8),
        held,
        none,
        seconds,
    )
    rounds = Rounds(one, np.array([begin]), ends[-1:], one, one, dark, dark)
    return Trace(header, turns, sends, rounds)
