"""Accounting forms by name. Constants that a paper prints are in; those that it does not print must be given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Literal

from setsuden.errors import InputError
from setsuden.federated.price.rule import Network, NetworkGrid, PerBit, PerSecond, Rule, figure, network_model
from setsuden.federated.price.term import ALL, Term, terms
from setsuden.quantity import Estimate

Number = float | Estimate
_TRANSFERS = frozenset({Term.NETWORK_DOWN, Term.NETWORK_UP, Term.PEER})
_RADIO = frozenset({Term.RADIO_DOWN, Term.RADIO_UP})


def setsuden(
    *,
    network: str | Network = "attribution",
    without: Iterable[str | Term] = (),
    network_grid: NetworkGrid = "client",
    pue_on_network: bool = False,
    measured: bool = False,
) -> Rule:
    """Every term there is, less those named in ``without``; the fleet's own figures everywhere."""
    return Rule(
        form="setsuden",
        terms=ALL - terms(without),
        network=network_model(network),
        network_grid=network_grid,
        pue_on_network=pue_on_network,
        measured=measured,
    )


def qiu2023(*, variant: Literal["fedgreen", "wu"], router_w: Number, client_w: Number | None = None) -> Rule:
    """Qiu et al. (arXiv 2102.07627) as restated by others: completed training, and S (1/D + 1/U) times watts.

    variant    ``fedgreen``: the router's and the client's own watts while it transfers; ``wu``: the router's alone
    router_w   the paper's constant is not known here
    client_w   needed by ``fedgreen``; device power, rates and grids are the fleet's, the paper's are not known here
    """
    if variant not in ("fedgreen", "wu"):
        raise InputError("unknown variant of the form qiu2023", value=variant, remedy="Use fedgreen or wu.")
    if (variant == "fedgreen") != (client_w is not None):
        raise InputError("client_w belongs to the variant fedgreen, and is needed there", value=client_w)
    counted = frozenset({Term.COMPUTE}) | _TRANSFERS
    return Rule(
        form=f"qiu2023, {variant}",
        terms=counted if client_w is None else counted | _RADIO,
        network=PerSecond("router for as long as the transfer takes", figure("router_w", router_w, "W")),
        transfer_w=None if client_w is None else figure("client_w", client_w, "W"),
        sources=("form restated by FedGreen (Carbon.py) and by Wu et al. 2022, appendix B; constants as given",),
    )


def wu2022() -> Rule:
    """Wu et al. 2022, Sustainable AI, appendix B: 3 W x compute time + 7.5 W x transfer time; all else left out."""
    return Rule(
        form="wu2022",
        terms=frozenset({Term.COMPUTE, Term.DISCARDED}) | _TRANSFERS,
        network=PerSecond("router, 7.5 W for as long as the transfer takes", figure("router", 7.5, "W")),
        compute_w=figure("device", 3.0, "W"),
        sources=("Wu et al. 2022, appendix B: device 3 W, router 7.5 W",),
    )


def greenfl2023(*, network_j_per_bit: Number, server_g_per_kwh: Number) -> Rule:
    """Yousefpour et al. (arXiv 2303.14604): compute, Wi-Fi both ways, drop-outs, network per bit, server 90 W x 1.09.

    network_j_per_bit   the sum along the path; its six constants are not known here
    server_g_per_kwh    the weighted mean over its data centres is not known here
    """
    per_bit = figure("network_j_per_bit", network_j_per_bit, "J/bit")
    return Rule(
        form="greenfl2023",
        terms=frozenset({Term.COMPUTE, Term.DISCARDED, Term.SERVER_IDLE}) | _TRANSFERS | _RADIO,
        network=PerBit("energy per bit along the path, as given", per_bit, per_bit),
        server_w=figure("server", 90.0, "W"),
        pue=figure("PUE", 1.09, "1", low=1.0),
        server_grid=figure("server_g_per_kwh", server_g_per_kwh, "gCO2e/kWh"),
        sources=("arXiv 2303.14604, 4.2: aggregator 45 W, selector 45 W, PUE 1.09",),
    )


def nvflare2026(*, grid_g_per_kwh: Number = 475.0) -> Rule:
    """NVFlare with CodeCarbon (arXiv 2602.00343): rounds, evaluation and idle of the sites, 0.01 kWh/GB each way."""
    per_bit = figure("network", 0.01 * 3.6e6 / 8e9, "J/bit")
    return Rule(
        form="nvflare2026",
        terms=frozenset(
            {Term.COMPUTE, Term.DISCARDED, Term.EVALUATION, Term.PERSONALISATION, Term.WAITING, Term.AWAKE} | _TRANSFERS
        ),
        network=PerBit("0.01 kWh/GB, each way", per_bit, per_bit),
        grid=figure("grid_g_per_kwh", grid_g_per_kwh, "gCO2e/kWh"),
        sources=("arXiv 2602.00343, README: 0.01 kWh/GB, 0.475 kg/kWh",),
    )


def link_efficiency(
    *, up_bit_per_j: Number, down_bit_per_j: Number, side_bit_per_j: Number | None = None, pue: Number = 1.0
) -> Rule:
    """Our own form for server and peer-to-peer learning: compute + bits over link efficiency + PUE x aggregation.

    It is built from first principles and is no paper's: the formulas of Savazzi et al. are not known here.
    """
    ends = {
        name: _inverse(name, value)
        for name, value in (("up_bit_per_j", up_bit_per_j), ("down_bit_per_j", down_bit_per_j))
    }
    side = None if side_bit_per_j is None else _inverse("side_bit_per_j", side_bit_per_j)
    return Rule(
        form="link_efficiency (own form)",
        terms=frozenset({Term.COMPUTE, Term.DISCARDED, Term.MIXING, Term.AGGREGATION, Term.AGGREGATOR, Term.DATA})
        | _TRANSFERS,
        network=PerBit("bits over link efficiency", ends["up_bit_per_j"], ends["down_bit_per_j"], side),
        pue=figure("pue", pue, "1", low=1.0),
    )


def _inverse(name: str, value: Number) -> Estimate:
    given = figure(name, value, "bit/J")
    if given.low <= 0:
        raise InputError(f"{name} must be above 0", value=given.low)
    return Estimate(1 / given.value, 1 / given.high, 1 / given.low, "J/bit", given.provenance, None, given.factors)


FORMS: dict[str, Callable[..., Rule]] = {
    "setsuden": setsuden,
    "qiu2023": qiu2023,
    "wu2022": wu2022,
    "greenfl2023": greenfl2023,
    "nvflare2026": nvflare2026,
    "link_efficiency": link_efficiency,
}


def rule(form: str, **arguments: object) -> Rule:
    """The rule of a form by name; InputError that names what is missing or not known to the form."""
    if form not in FORMS:
        raise InputError("unknown accounting form", value=form, remedy=f"Use one of: {', '.join(FORMS)}.")
    known = inspect.signature(FORMS[form]).parameters
    strange = [name for name in arguments if name not in known]
    if strange:
        raise InputError(
            f"the form {form} has no argument {strange[0]}", remedy=f"It has: {', '.join(known) or 'none'}."
        )
    missing = [name for name, one in known.items() if one.default is inspect.Parameter.empty and name not in arguments]
    if missing:
        raise InputError(
            f"the form {form} needs {', '.join(missing)}",
            remedy="Its paper's value is not known here, so it must be given; nothing is filled in.",
        )
    return FORMS[form](**arguments)
