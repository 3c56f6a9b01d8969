"""The price of a trace on a fleet."""

from __future__ import annotations

from collections.abc import Sequence

from setsuden.federated.fleet import Fleet
from setsuden.federated.price.bill import Bill, exact_sums
from setsuden.federated.price.calendar import Clock, calendar
from setsuden.federated.price.charge import Desk, Lines, fits
from setsuden.federated.price.forms import rule as rule_of
from setsuden.federated.price.rule import Rule
from setsuden.federated.price.tariff import Tariff, tariff
from setsuden.federated.price.term import LINKS, Term
from setsuden.federated.trace import Trace


def price(
    trace: Trace, fleet: Fleet, form: str | Rule = "setsuden", *, clock: Clock | None = None, **terms: object
) -> Bill:
    """What ``trace`` costs on ``fleet``; nothing is trained again.

    form    an accounting form by name, with its arguments in ``terms``, or a rule of one's own
    clock   see ``calendar``

    A client that dropped out, was late or failed costs what it spent. Raises InputError where the form needs an
    argument, or where the fleet has fewer clients or aggregators than the trace.
    """
    chosen = rule_of(form, **terms) if isinstance(form, str) else form
    fits(trace, fleet)
    rates = tariff(fleet, chosen)
    when = calendar(trace, fleet, clock)
    lines = list(Desk(trace, fleet, chosen, rates, when).lines())
    last = float(when.round_end.max()) if len(when.round_end) else 0.0
    first = float(when.round_start.min()) if len(when.round_start) else 0.0
    return drawn_up(lines, fleet, chosen, rates, last - first, when.clock, ended_s=last)


def drawn_up(
    lines: Sequence[Lines],
    fleet: Fleet,
    rule: Rule,
    rates: Tariff,
    duration_s: float,
    clock: str,
    *,
    ended_s: float | None = None,
) -> Bill:
    """Lines with what a reader must know of them; those that cost nothing are left out."""
    lines = [line for line in lines if line.energy_j.any() or line.carbon_g.any()]
    return Bill(
        form=rule.form,
        boundary=rule.boundary(),
        lines=exact_sums(lines),
        places=rates.places,
        devices=tuple(group.device.name for group in fleet.groups),
        group=fleet.group,
        duration_s=duration_s,
        ended_s=duration_s if ended_s is None else ended_s,
        clock=clock,
        pue=(fleet.server.pue if rule.pue is None else rule.pue).value,
        network=bool(rule.terms & LINKS),
        embodied=any(line.term in (Term.EMBODIED, Term.SERVER_EMBODIED) and line.carbon_g.any() for line in lines),
        provenance=rates.provenance,
        factors=rates.factors,
    )
