"""The placements of a study under one view of the network, term by term.

    device  e - s P t + s P T                                    s: share of its waiting, T: seconds between requests
    edge    radio (S + R) + e - s P t + s P T / n                n: sources that share it
    cloud   radio (S + R) + network (S + R) + PUE (e + P t (1 - u)/u)     u: utilisation
    split   device x share done + (radio, network) D_k + cloud x share left   D_k: activation that crosses the cut

In the attribution view the network is its average J/bit; in the marginal view what one more bit draws, plus the
standing power of the line where it exists only for this service.
"""

from __future__ import annotations

from dataclasses import replace

from setsuden.errors import InputError
from setsuden.placement.inference.split import shares
from setsuden.placement.inference.study import Local, Study
from setsuden.placement.inference.term import WITH_MAKING, Placement, Term
from setsuden.placement.judgement import also, judged
from setsuden.placement.network import Published, View
from setsuden.quantity import Estimate, Provenance
from setsuden.quantity.draws import combine

_KBIT = 8e3  # bits in a kilobyte
_TIME = judged("time of computing and of the radio, relative half-width", 0.2)


def placements(study: Study, view: View) -> tuple[Placement, ...]:
    """Device, edge (where there is one), cloud and every split, under one view.

    The attribution view charges the study's published coefficient, where it names one, in place of the average.
    """
    charged = study.published if view == "attribution" else None
    found = [
        Placement("device", _local(study.device, "device"), _seconds(_answered_s(study.device)), _busy(study.device))
    ]
    if study.edge is not None:
        terms = (*_radio(study, charged), *_local(study.edge, "edge"))
        latency = _seconds(_airtime(study, study.up_kb, study.down_kb) + _answered_s(study.edge))
        found.append(Placement("edge", terms, latency, _busy(study.edge)))
    terms = (*_radio(study, charged), *_network(study, view, charged), *_cloud(study, 1.0))
    latency = study.cloud.rtt_s + _carried(study, study.up_kb, study.down_kb) + _seconds(_served_s(study))
    found.append(Placement("cloud", terms, latency, 0.0))
    found += _splits(study, view, charged)
    machines = (study.device, study.edge, study.cloud)
    making = any(machine is not None and machine.making is not None for machine in machines)
    return tuple(replace(item, counted=WITH_MAKING) for item in found) if making else tuple(found)


def _local(local: Local, place: str, share: float = 1.0) -> tuple[Term, ...]:
    assert place in ("device", "edge")
    at = "device" if place == "device" else "edge"
    machine, charged = local.machine, local.idle_share
    terms = [Term("compute", at, _above_idle(local), f"{place} energy", scale=share)]  # type: ignore[arg-type]
    if charged > 0:
        if machine.idle is None:
            raise InputError(
                "the idle watts are unknown, and its waiting is to be charged",
                place=machine.name,
                remedy="Give idle_w, or idle_share: 0 if it would be switched on anyway.",
            )
        terms.append(
            Term("waiting", at, machine.idle, f"{place} idle watts", "interval", charged / local.shared_by)  # type: ignore[arg-type]
        )
    if local.making is not None:
        terms.append(
            Term("making", at, local.making, f"making the {place}", "interval", local.idle_share / local.shared_by)  # type: ignore[arg-type]
        )
    return tuple(terms)


def _above_idle(local: Local) -> Estimate:
    """What a request draws beyond the waiting that is charged: e - s P t, never below zero."""
    machine = local.machine
    if local.idle_share == 0 or machine.idle is None:
        return machine.energy
    less = local.idle_share * machine.idle.value * machine.busy_s
    e = machine.energy
    return replace(e, value=max(e.value - less, 0.0), low=max(e.low - less, 0.0), high=max(e.high - less, 0.0))


def _busy(local: Local) -> float:
    return local.machine.busy_s * local.shared_by


def _radio(study: Study, charged: Published | None, crossing_kb: float | None = None) -> tuple[Term, ...]:
    if charged is not None and charged.charges_device:
        return ()
    figure = study.radio.energy.to("J/kB")
    if crossing_kb is not None:
        once = replace(figure, unit="J/request")
        return (
            Term("radio", "device", once, "radio", scale=crossing_kb),
            Term("radio", "device", figure, "radio", "down"),
        )
    return (Term("radio", "device", figure, "radio", "up"), Term("radio", "device", figure, "radio", "down"))


def _network(study: Study, view: View, charged: Published | None, crossing_kb: float | None = None) -> tuple[Term, ...]:
    if charged is not None:
        up, down, source = charged.up, charged.down, "network"
    elif view == "attribution":
        up, down, source = study.link.average, study.link.average, "network average"
    else:
        up, down, source = study.link.marginal, study.link.marginal, "network margin"
    terms = []
    for figure, weight in ((up.to("J/kB"), "up"), (down.to("J/kB"), "down")):
        if weight == "up" and crossing_kb is not None:
            terms.append(Term("network", "network", replace(figure, unit="J/request"), source, scale=crossing_kb))
        else:
            terms.append(Term("network", "network", figure, source, weight))
    if study.per_hop is not None and study.hops > 0:
        hop = study.per_hop.to("J/kB")
        if crossing_kb is None:
            terms.append(Term("network", "network", hop, "hop", "up", study.hops))
        else:
            once = replace(hop, unit="J/request")
            terms.append(Term("network", "network", once, "hop", scale=study.hops * crossing_kb))
        terms.append(Term("network", "network", hop, "hop", "down", study.hops))
    if view == "marginal" and study.new_connection:
        if study.link.standing is None:
            raise InputError("no standing power is known for this network", place="network.link", value=study.link.name)
        terms.append(Term("line", "network", study.link.standing, "line", "interval"))
    return tuple(terms)


def _cloud(study: Study, share: float) -> tuple[Term, ...]:
    remote = study.cloud
    terms = [Term("compute", "cloud", remote.machine.energy, "cloud energy", "pue", share)]
    if remote.machine.idle is not None and remote.utilisation.value < 1:
        busy_s = remote.machine.busy_s
        waiting = combine(
            lambda watts, u: watts * busy_s * (1 - u.clip(0.01, 1)) / u.clip(0.01, 1),
            (remote.machine.idle, remote.utilisation),
            "J/request",
        )
        terms.append(Term("waiting", "cloud", waiting, "cloud waiting", "pue", share))
    if remote.making is not None:
        per_request = remote.machine.busy_s / remote.utilisation.value * share
        figure = replace(remote.making, unit="gCO2e/request")
        terms.append(Term("making", "cloud", figure, "making the server", None, per_request))
    return tuple(terms)


def _splits(study: Study, view: View, charged: Published | None) -> list[Placement]:
    if not study.layers:
        return []
    found = []
    inner = list(zip(study.layers, shares(study.layers), strict=True))[:-1]
    for number, (layer, done) in enumerate(inner, start=1):
        crossing_kb = layer.output_bytes / 1e3
        terms = (
            *_local(study.device, "device", done),
            *_radio(study, charged, crossing_kb),
            *_network(study, view, charged, crossing_kb),
            *_cloud(study, 1 - done),
        )
        crossing = Estimate.exact(crossing_kb, "kB/request", Provenance.ASSUMED)
        seconds = _answered_s(study.device) * done + _served_s(study)
        latency = study.cloud.rtt_s + _carried(study, crossing, study.down_kb) + _seconds(seconds)
        found.append(Placement(f"split:{number}", terms, latency, study.device.machine.busy_s * done))
    return found


def _airtime(study: Study, up: Estimate, down: Estimate) -> float:
    return (up.value + down.value) * _KBIT / (study.radio.goodput_mbps * 1e6)


def _carried(study: Study, up: Estimate, down: Estimate) -> Estimate:
    """Seconds through radio and line; in each direction the slower of the two sets the pace."""
    total = _seconds(0.0)
    speed = study.speed
    for size, rate in ((up, speed.up if speed else None), (down, speed.down if speed else None)):
        megabits = size.value * _KBIT / 1e6
        radio = _seconds(megabits / study.radio.goodput_mbps)
        if rate is None:
            total = total + radio
            continue
        line = (megabits / rate.value, megabits / rate.high, megabits / rate.low)
        ends = [max(a, b) for a, b in zip((radio.value, radio.low, radio.high), line, strict=True)]
        total = total + also(replace(radio, value=ends[0], low=ends[1], high=ends[2]), *rate.factors)
    return total


def _answered_s(local: Local) -> float:
    return local.machine.busy_s * local.machine.at_once


def _served_s(study: Study) -> float:
    remote = study.cloud
    return remote.wait_s + remote.machine.busy_s * max(remote.batch, remote.machine.at_once)


def _seconds(value: float) -> Estimate:
    return also(Estimate.relative(value, 0.2, "s", Provenance.ASSUMED), _TIME)
